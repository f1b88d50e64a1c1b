// Time as a dependency: everything that waits or stamps takes a Clock, so that tests step it and `--timing` scales it.

/** A pending call made by {@link Clock.after}. */
export interface Timer {
  cancel(): void;
}

/** Source of time. Production uses {@link systemClock}; tests use {@link FakeClock}. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `run` once, `milliseconds` from now. A pending timer does not keep the process alive. */
  after(milliseconds: number, run: () => void): Timer;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timeout = setTimeout(run, Math.min(milliseconds, 0x7fffffff));
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** A clock that moves only when told to. Timers fire in order of their due time while it is stepped. */
export class FakeClock implements Clock {
  #now: number;
  #sequence = 0;
  #pending: { due: number; sequence: number; run: () => void }[] = [];

  constructor(start: number | string = "2026-01-01T00:00:00Z") {
    this.#now = new Date(start).getTime();
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): Timer {
    const entry = { due: this.#now + Math.max(0, milliseconds), sequence: this.#sequence++, run };
    this.#pending.push(entry);
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== entry);
      },
    };
  }

  /** Moves time forward, firing every timer that becomes due, and lets promise callbacks run between them. */
  async step(milliseconds: number): Promise<void> {
    const target = this.#now + milliseconds;
    for (;;) {
      const next = this.#pending.filter((entry) => entry.due <= target).sort((a, b) => a.due - b.due || a.sequence - b.sequence)[0];
      if (!next) break;
      this.#pending = this.#pending.filter((entry) => entry !== next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = target;
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Moves time forward at once, as after a machine slept: whatever was due by then fires once, late. */
  async leap(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    const due = this.#pending.filter((entry) => entry.due <= this.#now).sort((a, b) => a.due - b.due || a.sequence - b.sequence);
    this.#pending = this.#pending.filter((entry) => !due.includes(entry));
    for (const entry of due) {
      entry.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Number of timers that have not fired. */
  get pending(): number {
    return this.#pending.length;
  }
}

/** Resolves after `milliseconds` of the given clock. */
export function sleep(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(milliseconds, resolve);
  });
}
