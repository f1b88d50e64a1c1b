// Watches every served resource type; types may come and go.
import type { ResourceType } from "../../api/object.ts";
import type { ResourceCatalog } from "../../runtime/catalog.ts";
import type { Change } from "../../runtime/store.ts";
import type { Stores } from "../../runtime/stores.ts";

/** Never have owners worth collecting by, and are many. */
const ignored = new Set(["events", "events.events.k8s.io"]);

/** One subscription per served type. */
export class CatalogWatch {
  readonly #stores: Stores;
  readonly #catalog: ResourceCatalog;
  readonly #listener: (type: ResourceType, change: Change) => void;
  readonly #subscriptions = new Map<ResourceType, { close(): void }>();

  constructor(stores: Stores, catalog: ResourceCatalog, listener: (type: ResourceType, change: Change) => void) {
    this.#stores = stores;
    this.#catalog = catalog;
    this.#listener = listener;
  }

  /** Subscribes to new types and lets go of those no longer served. */
  sync(): void {
    const served = new Set(
      this.#catalog()
        .map(({ type }) => type)
        .filter((type) => !ignored.has(type)),
    );
    for (const type of served) {
      if (this.#subscriptions.has(type)) continue;
      this.#subscriptions.set(
        type,
        this.#stores.of(type).subscribe((change) => this.#listener(type, change)),
      );
    }
    for (const [type, subscription] of this.#subscriptions) {
      if (served.has(type)) continue;
      subscription.close();
      this.#subscriptions.delete(type);
      this.#stores.drop(type);
    }
  }

  close(): void {
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
  }
}
