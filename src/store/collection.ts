// Typed JSON records of one kind over a Store: what AWS-side services keep.
import type { Entry, Store, StoreEvent, Subscription } from "./store.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function parse<T>(entry: Entry): T {
  entry.parsed ??= JSON.parse(decoder.decode(entry.value));
  return entry.parsed as T;
}

/** A change to a record. `record` is absent after a deletion, `previous` before a creation. */
export interface RecordEvent<T> {
  readonly key: string;
  readonly revision: number;
  readonly record: T | undefined;
  readonly previous: T | undefined;
}

/**
 * Records of one kind, by key. Keys are paths such as `111122223333/us-west-2/vpc-0a1b`; a prefix names a scope.
 * Records are shared and must be treated as immutable: replace, never mutate. Dates are kept as epoch milliseconds.
 */
export class Collection<T extends object> {
  readonly #store: Store;
  readonly #prefix: string;

  /** `kind` is a path such as `ec2/subnet`. */
  constructor(store: Store, kind: string) {
    this.#store = store;
    this.#prefix = `${kind}/`;
  }

  get(key: string): Readonly<T> | undefined {
    const entry = this.#store.get(this.#prefix + key);
    return entry && parse<T>(entry);
  }

  has(key: string): boolean {
    return this.#store.get(this.#prefix + key) !== undefined;
  }

  /** Records whose key begins with `scope`, in key order. End a scope with "/" to stay within it. */
  list(scope = ""): Readonly<T>[] {
    return this.#store.list(this.#prefix + scope).map((entry) => parse<T>(entry));
  }

  /** Like {@link list}, with the keys. */
  entries(scope = ""): [key: string, record: Readonly<T>][] {
    return this.#store.list(this.#prefix + scope).map((entry) => [entry.key.slice(this.#prefix.length), parse<T>(entry)]);
  }

  count(scope = ""): number {
    return this.#store.count(this.#prefix + scope);
  }

  put(key: string, record: T): T {
    this.#store.transact((tx) => tx.put(this.#prefix + key, encoder.encode(JSON.stringify(record))));
    return record;
  }

  /** Replaces an existing record by what `change` makes of it. Returns undefined, and writes nothing, if there is none. */
  update(key: string, change: (record: Readonly<T>) => T): T | undefined {
    const current = this.get(key);
    return current && this.put(key, change(current));
  }

  delete(key: string): boolean {
    return this.#store.transact((tx) => tx.delete(this.#prefix + key));
  }

  /** Calls `listener` for every change after `fromRevision` (default: now) under `scope`. */
  watch(listener: (event: RecordEvent<T>) => void, scope = "", fromRevision = this.#store.revision): Subscription {
    return this.#store.watch(this.#prefix + scope, fromRevision, (events) => {
      for (const event of events) listener(this.#event(event));
    });
  }

  #event(event: StoreEvent): RecordEvent<T> {
    const key = (event.type === "put" ? event.entry.key : event.key).slice(this.#prefix.length);
    return {
      key,
      revision: event.revision,
      record: event.type === "put" ? parse<T>(event.entry) : undefined,
      previous: event.previous && parse<T>(event.previous),
    };
  }
}
