// The one interface of durable state: a revisioned key-value log. AWS records and Kubernetes objects both live behind it.

/** A stored value. `revision` is that of its last write, `createRevision` that of the write that made it. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
  readonly createRevision: number;
  /** What the value's reader made of it, kept with the entry so that it is made once. */
  parsed?: unknown;
}

/** One change, in commit order. `previous` is the entry the change replaced or removed. */
export type StoreEvent =
  | { readonly type: "put"; readonly revision: number; readonly entry: Entry; readonly previous: Entry | undefined }
  | { readonly type: "delete"; readonly revision: number; readonly key: string; readonly previous: Entry };

/** Where to begin a listing and how much to take. */
export interface ListOptions {
  /** Only keys strictly greater than this one. */
  readonly after?: string;
  readonly limit?: number;
}

/** A running watch. */
export interface Subscription {
  close(): void;
}

/** Reads and writes inside {@link Store.transact}. */
export interface Transaction {
  get(key: string): Entry | undefined;
  list(prefix: string, options?: ListOptions): Entry[];
  /** Writes a value and returns the revision the write will have. */
  put(key: string, value: Uint8Array): number;
  /** Removes a key; false if it was not there. */
  delete(key: string): boolean;
}

/**
 * A revisioned key-value store with one writer (this process).
 *
 * Reads and writes are synchronous against memory, so a read-modify-write inside one tick is atomic. Writes become durable in commit
 * order shortly afterwards (group commit); {@link flushed} resolves when everything written so far is on disk, and whoever
 * acknowledges a write to the outside waits for it. Watchers see a change only after it is durable. Every put and delete takes the
 * next revision; revisions grow strictly and are never used twice, not even after a crash.
 */
export interface Store {
  /** Revision of the newest write, durable or not; 0 in a new store. */
  readonly revision: number;
  /** Events at or below this revision are gone; see {@link watch}. */
  readonly compactedRevision: number;
  get(key: string): Entry | undefined;
  /** Entries whose key begins with `prefix`, in key order. */
  list(prefix: string, options?: ListOptions): Entry[];
  /**
   * How entries under `prefix` were at a past revision, for those that have changed since: undefined for keys that did not exist.
   * Throws {@link CompactedError} if the events since are gone.
   */
  changedSince(prefix: string, revision: number): ReadonlyMap<string, Entry | undefined>;
  /** Number of keys that begin with `prefix`. */
  count(prefix: string): number;
  /** Runs `change` on a consistent view. All its writes are applied together, or none if it throws. Must not await. A nested call joins the outer one. */
  transact<T>(change: (transaction: Transaction) => T): T;
  /** Resolves when every write made so far is durable; rejects with {@link StoreClosedError} or the disk's error. */
  flushed(): Promise<void>;
  /**
   * Delivers every event on keys under `prefix` with a revision greater than `fromRevision`, first those of the past, in order, then live ones.
   * Throws {@link CompactedError} if some of them are gone. The listener is called outside any transaction, in batches of one commit.
   */
  watch(prefix: string, fromRevision: number, listener: (events: readonly StoreEvent[]) => void): Subscription;
  /** Forgets events up to and including `revision`; current values stay. */
  compact(revision: number): void;
  /** Makes everything durable and releases the files. */
  close(): Promise<void>;
}

/** The asked-for events were compacted away; the watcher must list again (HTTP 410 in Kubernetes). */
export class CompactedError extends Error {
  readonly compactedRevision: number;
  constructor(compactedRevision: number) {
    super(`events up to revision ${compactedRevision} are compacted`);
    this.compactedRevision = compactedRevision;
  }
}

/** The store was used after close. */
export class StoreClosedError extends Error {}
