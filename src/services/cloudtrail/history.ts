// Event history: the events of 90 days, per account and region, newest first.
import type { Entry, Store } from "../../store/store.ts";
import type { CloudTrailEvent } from "./event.ts";

/** How long events are kept (CloudTrail User Guide, event history). */
export const RETENTION_MS = 90 * 24 * 3600 * 1000;

const MAX_TIME = 9_999_999_999_999;
const PRUNE_EVERY = 500;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One stored event. `key` says where to go on. */
export interface StoredEvent {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/**
 * Events lie in the store under `cloudtrail/event/<account>/<region>/<descending time and number>`: appending is one write, the newest
 * come first in key order and old ones are at the end. The value is the text of the event, as readers get it.
 */
export class EventHistory {
  readonly #store: Store;
  readonly #limit: number;
  readonly #appended = new Map<string, number>();
  #sequence = 0;

  /** `limit`: events kept per account and region; beyond it the oldest go before their 90 days. */
  constructor(store: Store, limit = 20_000) {
    this.#store = store;
    this.#limit = limit;
  }

  /** Stores an event. `time` in epoch milliseconds. */
  append(account: string, region: string, time: number, event: CloudTrailEvent): void {
    const sequence = ++this.#sequence;
    const prefix = scope(account, region);
    const key = `${prefix}${descending(time)}-${String(999_999 - (sequence % 1_000_000)).padStart(6, "0")}-${event.eventID}`;
    const value = encoder.encode(JSON.stringify(event));
    this.#store.transact((tx) => tx.put(key, value));
    const appended = (this.#appended.get(prefix) ?? 0) + 1;
    this.#appended.set(prefix, appended);
    if (appended % PRUNE_EVERY === 0) this.#prune(prefix, time);
  }

  /**
   * Events of `from` to `to` (epoch milliseconds, inclusive), newest first, after the event whose key was `after`. Reads a bit at a time.
   */
  *read(account: string, region: string, from: number, to: number, after?: string): Iterable<StoredEvent> {
    const prefix = scope(account, region);
    const oldest = descending(from);
    let last = prefix + (after ?? descending(to));
    for (;;) {
      const entries = this.#store.list(prefix, { after: last, limit: 200 });
      for (const entry of entries) {
        const key = entry.key.slice(prefix.length);
        if (key.slice(0, oldest.length) > oldest) return;
        yield { key, bytes: entry.value };
      }
      if (entries.length < 200) return;
      last = (entries.at(-1) as Entry).key;
    }
  }

  #prune(prefix: string, now: number): void {
    const expired = this.#store.list(prefix, { after: prefix + descending(now - RETENTION_MS) });
    const excess = this.#store.count(prefix) > this.#limit ? this.#store.list(prefix).slice(this.#limit) : [];
    if (expired.length + excess.length === 0) return;
    this.#store.transact((tx) => {
      for (const { key } of [...expired, ...excess]) tx.delete(key);
    });
  }
}

/** Reads an event back. */
export function parseEvent(bytes: Uint8Array): { text: string; event: CloudTrailEvent } {
  const text = decoder.decode(bytes);
  return { text, event: JSON.parse(text) };
}

const scope = (account: string, region: string) => `cloudtrail/event/${account}/${region}/`;

const descending = (time: number) => String(MAX_TIME - Math.max(0, Math.min(MAX_TIME, Math.floor(time)))).padStart(13, "0");
