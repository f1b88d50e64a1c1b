// What makes a cluster itself across restarts: signing keys, port. Kept beside its objects.
import { Collection } from "../store/collection.ts";
import type { Store } from "../store/store.ts";
import type { KeyStorage, SigningKey } from "./signing-keys.ts";

interface Listener {
  readonly port: number;
}

/** A cluster's identity in its own store. */
export class IdentityState {
  readonly #keys: Collection<{ keys: readonly SigningKey[] }>;
  readonly #listener: Collection<Listener>;
  readonly #bootstrap: Collection<{ done: boolean }>;

  constructor(store: Store) {
    this.#keys = new Collection(store, "atoll/signing-keys");
    this.#listener = new Collection(store, "atoll/listener");
    this.#bootstrap = new Collection(store, "atoll/bootstrap");
  }

  get keyStorage(): KeyStorage {
    return {
      read: () => this.#keys.get("service-accounts")?.keys ?? [],
      write: (keys) => void this.#keys.put("service-accounts", { keys }),
    };
  }

  /** Port of the last run; 0 before the first: clients' kubeconfigs stay valid over restarts. */
  get port(): number {
    return this.#listener.get("api")?.port ?? 0;
  }

  set port(port: number) {
    if (port !== this.port) this.#listener.put("api", { port });
  }

  /** Whether the objects of a new cluster have been put into it. */
  get bootstrapped(): boolean {
    return this.#bootstrap.get("objects")?.done ?? false;
  }

  set bootstrapped(done: boolean) {
    this.#bootstrap.put("objects", { done });
  }
}
