// The recent past of a store and those who follow it.
import { CompactedError, type StoreEvent, type Subscription } from "./store.ts";

interface Watcher {
  readonly prefix: string;
  fromRevision: number;
  readonly listener: (events: readonly StoreEvent[]) => void;
}

const keyOf = (event: StoreEvent) => (event.type === "put" ? event.entry.key : event.key);

/** Durable events in revision order, bounded, and the watchers they go to. */
export class History {
  #events: StoreEvent[] = [];
  #compacted: number;
  readonly #limit: number;
  readonly #watchers = new Set<Watcher>();
  readonly #onError: (error: unknown) => void;
  readonly #onForget: (events: readonly StoreEvent[]) => void;

  /** `onForget` is told which events leave the history. */
  constructor(revision: number, limit: number, onError: (error: unknown) => void, onForget: (events: readonly StoreEvent[]) => void) {
    this.#compacted = revision;
    this.#limit = limit;
    this.#onError = onError;
    this.#onForget = onForget;
  }

  get compactedRevision(): number {
    return this.#compacted;
  }

  /** Adds committed events, delivers them and forgets the oldest beyond the limit. */
  append(events: readonly StoreEvent[]): void {
    for (const event of events) this.#events.push(event);
    // Trimmed in steps of half the limit so that appending stays linear.
    if (this.#events.length > this.#limit * 1.5) this.compact(this.#events[this.#events.length - this.#limit - 1]!.revision);
    for (const watcher of this.#watchers) this.#deliver(watcher, events);
  }

  /** Forgets events up to `revision`; what is not yet durable cannot be forgotten. */
  compact(revision: number): void {
    const keep = this.#events.findIndex((event) => event.revision > revision);
    const dropped = keep === -1 ? this.#events : this.#events.slice(0, keep);
    if (dropped.length === 0) return;
    this.#compacted = dropped[dropped.length - 1]!.revision;
    this.#events = keep === -1 ? [] : this.#events.slice(keep);
    this.#onForget(dropped);
  }

  /** Durable events after a revision, in order. Throws {@link CompactedError} if some are gone. */
  since(revision: number): readonly StoreEvent[] {
    if (revision < this.#compacted) throw new CompactedError(this.#compacted);
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.revision > revision) high = middle;
      else low = middle + 1;
    }
    return this.#events.slice(low);
  }

  watch(prefix: string, fromRevision: number, listener: (events: readonly StoreEvent[]) => void): Subscription {
    if (fromRevision < this.#compacted) throw new CompactedError(this.#compacted);
    const watcher: Watcher = { prefix, fromRevision, listener };
    this.#watchers.add(watcher);
    this.#deliver(watcher, this.#events);
    return { close: () => this.#watchers.delete(watcher) };
  }

  close(): void {
    this.#watchers.clear();
  }

  #deliver(watcher: Watcher, events: readonly StoreEvent[]): void {
    const wanted = events.filter((event) => event.revision > watcher.fromRevision && keyOf(event).startsWith(watcher.prefix));
    if (wanted.length === 0) return;
    try {
      watcher.listener(wanted);
    } catch (error) {
      this.#onError(error);
    }
  }
}
