// The certificate authorities of a cluster: those it trusts, and the one that signs. Kept beside the cluster's objects.
import { Collection } from "../store/collection.ts";
import type { Store } from "../store/store.ts";
import { createAuthority, type KeyPair } from "./pki.ts";
import { type AuthoritiesWanted, FIRST_AUTHORITY } from "./provider.ts";

const FIRST_YEARS = 10;
const SUCCESSOR_YEARS = 5;
const CURRENT = "current";
const ALONE: AuthoritiesWanted = { trusted: [FIRST_AUTHORITY], signer: FIRST_AUTHORITY };

/** A cluster's authorities. */
export class Authorities {
  readonly #pairs: Collection<KeyPair>;
  readonly #arrangement: Collection<AuthoritiesWanted>;

  private constructor(store: Store) {
    this.#pairs = new Collection(store, "atoll/authority");
    this.#arrangement = new Collection(store, "atoll/authorities");
  }

  /** Those of the cluster of a store; a new cluster gets its first one, valid ten years from `now` (epoch milliseconds). */
  static async open(store: Store, now: number): Promise<Authorities> {
    const authorities = new Authorities(store);
    await authorities.#ensure(authorities.#current.trusted, now);
    return authorities;
  }

  get #current(): AuthoritiesWanted {
    return this.#arrangement.get(CURRENT) ?? ALONE;
  }

  /** The authority that signs. */
  get signer(): KeyPair {
    return this.#pair(this.#current.signer);
  }

  /** PEM certificates of those that are trusted, the signer's first. */
  get bundle(): string {
    const { signer, trusted } = this.#current;
    const others = trusted.filter((name) => name !== signer);
    return [signer, ...others].map((name) => this.#pair(name).certificate.trim()).join("\n");
  }

  /**
   * Trusts exactly these from now on, and signs with one of them; those that are missing are made, valid five years from `now`, and
   * others are forgotten with their keys. Resolves to their certificates, base64 of PEM, by name.
   */
  async arrange(wanted: AuthoritiesWanted, now: number): Promise<Readonly<Record<string, string>>> {
    if (!wanted.trusted.includes(wanted.signer)) throw new Error(`the signing authority ${wanted.signer} must be trusted`);
    await this.#ensure(wanted.trusted, now);
    this.#arrangement.put(CURRENT, wanted);
    for (const [name] of this.#pairs.entries()) if (!wanted.trusted.includes(name)) this.#pairs.delete(name);
    return Object.fromEntries(wanted.trusted.map((name) => [name, Buffer.from(this.#pair(name).certificate).toString("base64")]));
  }

  async #ensure(names: readonly string[], now: number): Promise<void> {
    for (const name of names) {
      if (this.#pairs.has(name)) continue;
      const years = name === FIRST_AUTHORITY ? FIRST_YEARS : SUCCESSOR_YEARS;
      this.#pairs.put(name, await createAuthority("kubernetes", now, years));
    }
  }

  #pair(name: string): KeyPair {
    const pair = this.#pairs.get(name);
    if (!pair) throw new Error(`the cluster has lost the key of its authority ${name}`);
    return pair;
  }
}
