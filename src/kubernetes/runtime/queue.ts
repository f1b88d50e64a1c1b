// A work queue of keys: each key is waiting at most once, never worked on twice at the same time, and retried with growing delays.
import type { Clock, Timer } from "../../base/clock.ts";

/** Delay bounds of retries in milliseconds; the defaults are client-go's (5 ms doubling to 1000 s). */
export interface Backoff {
  readonly base: number;
  readonly limit: number;
}

/** Keys to be worked on. `onReady` is called whenever a key becomes available. */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { due: number; timer: Timer }>();
  onReady: () => void = () => {};

  constructor(clock: Clock, backoff: Backoff = { base: 5, limit: 1_000_000 }) {
    this.#clock = clock;
    this.#backoff = backoff;
  }

  /** Queues `key` now; while it is being worked on it is remembered and queued when the work is done. */
  add(key: string): void {
    this.#dropDelay(key);
    if (this.#working.has(key)) this.#again.add(key);
    else if (!this.#waiting.has(key)) {
      this.#waiting.add(key);
      this.onReady();
    }
  }

  /** Queues `key` after `milliseconds`; of several delays the earliest counts. */
  addAfter(key: string, milliseconds: number): void {
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const due = this.#clock.now() + milliseconds;
    const present = this.#delayed.get(key);
    if (present && present.due <= due) return;
    present?.timer.cancel();
    this.#delayed.set(key, { due, timer: this.#clock.after(milliseconds, () => this.add(key)) });
  }

  /** Queues `key` after a delay that doubles with every call until {@link forget}. */
  retry(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(this.#backoff.base * 2 ** failures, this.#backoff.limit));
  }

  /** Resets the retry delay of `key`. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often `key` was retried since it was last forgotten. */
  retries(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Takes the key that has waited longest, or undefined. The taker calls {@link done}. */
  take(): string | undefined {
    const [key] = this.#waiting;
    if (key === undefined) return undefined;
    this.#waiting.delete(key);
    this.#working.add(key);
    return key;
  }

  /** Ends the work on `key`; queues it again if it was added meanwhile. */
  done(key: string): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** True while keys wait or are worked on; delayed keys do not count. */
  get busy(): boolean {
    return this.#waiting.size > 0 || this.#working.size > 0;
  }

  /** Cancels everything that is waiting. */
  close(): void {
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    this.onReady = () => {};
  }

  #dropDelay(key: string): void {
    this.#delayed.get(key)?.timer.cancel();
    this.#delayed.delete(key);
  }
}
