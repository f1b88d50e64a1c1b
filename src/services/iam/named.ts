// Entities of one kind by account and name, without regard to case.
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { noSuchEntity } from "./errors.ts";
import type { NamedRecord } from "./records.ts";

const key = (account: string, name: string) => `${account}/${name.toLowerCase()}`;

/** A table of entities that have a name. */
export class Named<T extends NamedRecord> {
  readonly #records: Collection<T>;
  readonly #missing: (name: string) => string;

  /** `missing` words the NoSuchEntity message. */
  constructor(store: Store, kind: string, missing: (name: string) => string) {
    this.#records = new Collection<T>(store, kind);
    this.#missing = missing;
  }

  find(account: string, name: string): Readonly<T> | undefined {
    return this.#records.get(key(account, name));
  }

  /** Throws NoSuchEntity. */
  require(account: string, name: string): Readonly<T> {
    const record = this.find(account, name);
    if (!record) throw noSuchEntity(this.#missing(name));
    return record;
  }

  /** The entity an ARN names; ARNs, unlike names, are compared with regard to case. */
  byArn(arn: string): Readonly<T> | undefined {
    const [, , , , account, ...rest] = arn.split(":");
    const record = account && this.find(account, rest.join(":").split("/").at(-1) ?? "");
    return record && record.arn === arn ? record : undefined;
  }

  /** All of an account, by name. */
  list(account: string): Readonly<T>[] {
    return this.#records.list(`${account}/`);
  }

  count(account: string): number {
    return this.#records.count(`${account}/`);
  }

  put(record: T): T {
    return this.#records.put(key(record.accountId, record.name), record);
  }

  /** Replaces an entity under its name. Throws NoSuchEntity. */
  update(account: string, name: string, change: (record: Readonly<T>) => T): T {
    return this.put(change(this.require(account, name)));
  }

  delete(account: string, name: string): void {
    this.#records.delete(key(account, name));
  }
}
