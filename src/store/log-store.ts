// The store engine: an ordered map in memory, an event history, and a persistence that receives commits in groups.
import { History } from "./history.ts";
import { KeyIndex } from "./key-index.ts";
import {
  type Entry,
  type ListOptions,
  type Store,
  StoreClosedError,
  type StoreEvent,
  type Subscription,
  type Transaction,
} from "./store.ts";
import { type ReadValue, StoredEntry } from "./stored-entry.ts";

/** What is known of an entry at the start; without `value` it is read when asked for. */
export interface LoadedEntry {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly value?: Uint8Array;
}

/** Where commits go. Calls are synchronous: the engine batches them once per turn of the event loop. */
export interface Persistence {
  /** All entries of an existing store and the highest revision that may have been handed out. */
  load(): { readonly revision: number; readonly entries: Iterable<LoadedEntry> };
  /** The committed value of a key that has one. Absent where the engine must keep every value in memory. */
  readonly read?: ReadValue;
  /** Writes the net effect of a group of events; `revision` is that of its last event. All or nothing. */
  commit(changes: ReadonlyMap<string, Entry | undefined>, revision: number): void;
  close(): void;
}

/** Settings of the engine. */
export interface LogStoreOptions {
  /** Events kept for late watchers. */
  readonly historyLimit?: number;
  /** Receives what a watcher's listener throws, and disk errors; default: rethrown outside the store. */
  readonly onError?: (error: unknown) => void;
}

/** See {@link Store}; this class is its only implementation, over several persistences. */
export class LogStore implements Store {
  readonly #index = new KeyIndex();
  readonly #history: History;
  readonly #persistence: Persistence;
  readonly #read: ReadValue | undefined;
  readonly #onError: (error: unknown) => void;
  #revision: number;
  #staged: StoreEvent[] = [];
  #depth = 0;
  #flush: { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } | undefined;
  #closed = false;
  readonly #transaction: Transaction = {
    get: (key) => this.#index.get(key),
    list: (prefix, options) => this.#index.list(prefix, options),
    put: (key, value) => this.#put(key, value),
    delete: (key) => this.#delete(key),
  };

  constructor(persistence: Persistence, options: LogStoreOptions = {}) {
    this.#persistence = persistence;
    this.#onError =
      options.onError ??
      ((error) => {
        setImmediate(() => {
          throw error;
        });
      });
    this.#read = persistence.read && ((key) => this.#readValue(key));
    const { revision, entries } = persistence.load();
    for (const { key, revision, createRevision, value } of entries) {
      this.#index.set(new StoredEntry(key, revision, createRevision, this.#read, value));
    }
    this.#revision = revision;
    this.#history = new History(revision, options.historyLimit ?? 20_000, this.#onError, (events) => this.#cool(events));
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#history.compactedRevision;
  }

  get(key: string): Entry | undefined {
    return this.#index.get(key);
  }

  list(prefix: string, options?: ListOptions): Entry[] {
    return this.#index.list(prefix, options);
  }

  changedSince(prefix: string, revision: number): ReadonlyMap<string, Entry | undefined> {
    const before = new Map<string, Entry | undefined>();
    const undurable = this.#staged.filter((event) => event.revision > revision);
    for (const event of [...this.#history.since(revision), ...undurable]) {
      const key = event.type === "put" ? event.entry.key : event.key;
      if (key.startsWith(prefix) && !before.has(key)) before.set(key, event.previous);
    }
    return before;
  }

  count(prefix: string): number {
    return this.#index.count(prefix);
  }

  transact<T>(change: (transaction: Transaction) => T): T {
    if (this.#closed) throw new StoreClosedError("the store is closed");
    const savepoint = this.#staged.length;
    this.#depth++;
    try {
      return change(this.#transaction);
    } catch (error) {
      this.#rollBack(savepoint);
      throw error;
    } finally {
      this.#depth--;
      if (this.#depth === 0 && this.#staged.length > 0) this.#scheduleFlush();
    }
  }

  flushed(): Promise<void> {
    if (this.#staged.length === 0) return Promise.resolve();
    return this.#scheduleFlush();
  }

  watch(prefix: string, fromRevision: number, listener: (events: readonly StoreEvent[]) => void): Subscription {
    return this.#history.watch(prefix, fromRevision, listener);
  }

  compact(revision: number): void {
    this.#history.compact(revision);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#staged.length > 0) this.#commit();
    this.#history.close();
    this.#persistence.close();
  }

  #put(key: string, value: Uint8Array): number {
    this.#assertInTransaction();
    const previous = this.#index.get(key);
    const revision = ++this.#revision;
    previous?.warm();
    const entry = new StoredEntry(key, revision, previous?.createRevision ?? revision, this.#read, value);
    this.#index.set(entry);
    this.#staged.push({ type: "put", revision, entry, previous });
    return revision;
  }

  #delete(key: string): boolean {
    this.#assertInTransaction();
    const previous = this.#index.get(key);
    if (!previous) return false;
    previous.warm();
    this.#index.delete(key);
    this.#staged.push({ type: "delete", revision: ++this.#revision, key, previous });
    return true;
  }

  /** Values of entries that nothing in the history shows any more stay on disk alone. */
  #cool(events: readonly StoreEvent[]): void {
    for (const event of events) {
      if (event.type !== "put") continue;
      const current = this.#index.get(event.entry.key);
      if (current === event.entry) current.cool();
    }
  }

  #readValue(key: string): Uint8Array {
    if (this.#closed) throw new StoreClosedError("the store is closed");
    return this.#persistence.read!(key);
  }

  #assertInTransaction(): void {
    if (this.#depth === 0) throw new Error("a transaction was used after it ended");
  }

  #rollBack(savepoint: number): void {
    for (const event of this.#staged.splice(savepoint).reverse()) {
      if (event.previous) this.#index.set(event.previous as StoredEntry);
      else if (event.type === "put") this.#index.delete(event.entry.key);
      this.#revision = event.revision - 1;
    }
  }

  #scheduleFlush(): Promise<void> {
    if (!this.#flush) {
      this.#flush = Promise.withResolvers<void>();
      this.#flush.promise.catch(() => {});
      setImmediate(() => this.#commit());
    }
    return this.#flush.promise;
  }

  #commit(): void {
    const flush = this.#flush;
    this.#flush = undefined;
    const events = this.#staged;
    this.#staged = [];
    try {
      if (events.length > 0) this.#persistence.commit(netEffect(events), this.#revision);
    } catch (error) {
      // Kept for the next attempt: memory is ahead of the disk, and only in order may it catch up.
      this.#staged = events.concat(this.#staged);
      if (flush) flush.reject(error);
      else this.#onError(error);
      return;
    }
    flush?.resolve();
    this.#history.append(events);
  }
}

function netEffect(events: readonly StoreEvent[]): Map<string, Entry | undefined> {
  const changes = new Map<string, Entry | undefined>();
  for (const event of events) {
    if (event.type === "put") changes.set(event.entry.key, event.entry);
    else changes.set(event.key, undefined);
  }
  return changes;
}
