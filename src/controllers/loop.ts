// A work queue of keys: each key is reconciled by one call at a time, again after changes, and later after failures.
import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { rest } from "../base/rest.ts";

/** When to look at a key again although nothing changed. */
export interface Again {
  /** Milliseconds. */
  readonly after: number;
}

/** Brings one key closer to what is wanted. `failures` counts the throws since the last success. */
export type Reconcile = (key: string, failures: number) => Promise<Again | undefined>;

interface Entry {
  running: boolean;
  dirty: boolean;
  failures: number;
  timer: Timer | undefined;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;

/** A level-triggered control loop. */
export class Loop {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #reconcile: Reconcile;
  readonly #entries = new Map<string, Entry>();
  #active = 0;
  #closed = false;
  #waiting: (() => void)[] = [];

  constructor(name: string, clock: Clock, log: Log, reconcile: Reconcile) {
    this.#name = name;
    this.#clock = clock;
    this.#log = log.child({ controller: name });
    this.#reconcile = reconcile;
  }

  /** Asks for a key to be reconciled soon. While it is being reconciled, it will be once more afterwards. */
  add(key: string): void {
    if (this.#closed) return;
    const entry = this.#entries.get(key) ?? { running: false, dirty: false, failures: 0, timer: undefined };
    this.#entries.set(key, entry);
    entry.timer?.cancel();
    entry.timer = undefined;
    if (entry.running) {
      entry.dirty = true;
      return;
    }
    entry.running = true;
    this.#active++;
    setImmediate(() => this.#run(key, entry));
  }

  /** Whether a key is queued or running. */
  get busy(): boolean {
    return this.#active > 0;
  }

  /** Resolves when no key is queued or running. Keys that wait for a time do not count. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes no more work and resolves when what runs has ended. */
  close(): Promise<void> {
    this.#closed = true;
    for (const entry of this.#entries.values()) {
      entry.timer?.cancel();
      entry.dirty = false;
    }
    return this.idle();
  }

  async #run(key: string, entry: Entry): Promise<void> {
    entry.dirty = false;
    let again: Again | undefined;
    const began = performance.now();
    try {
      if (!this.#closed) again = await this.#reconcile(key, entry.failures);
      entry.failures = 0;
    } catch (error) {
      again = { after: Math.min(FIRST_RETRY_MS * 2 ** entry.failures, LAST_RETRY_MS) };
      entry.failures++;
      this.#log.warn({ key, err: error, retryInMs: again.after }, `${this.#name} will be tried again`);
    }
    if (entry.dirty) await rest(performance.now() - began);
    entry.running = false;
    this.#active--;
    if (entry.dirty) this.add(key);
    else if (again && !this.#closed) entry.timer = this.#clock.after(again.after, () => this.add(key));
    else if (entry.failures === 0) this.#entries.delete(key);
    if (this.#active === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
