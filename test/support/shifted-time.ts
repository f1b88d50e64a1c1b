// Time that runs as always and can be stepped, for Atoll in the test's process and for its child processes alike.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock, Timer } from "../../src/base/clock.ts";

/** Node's option that shifts `Date` in a program by what the file says. */
export const SHIFTED_NODE = ["--import", new URL("shift-date.ts", import.meta.url).href];
const SHIFTED_PYTHON = join(dirname(fileURLToPath(import.meta.url)), "shifted-python");

interface Pending {
  readonly due: number;
  readonly run: () => void;
  timeout: NodeJS.Timeout;
}

/** A clock that is ahead of the machine's by all its steps, and tells child processes through a file. */
export class ShiftedTime implements Clock {
  readonly #file: string;
  readonly #pending = new Set<Pending>();
  #offset = 0;

  /** `file` is where the milliseconds stand. */
  constructor(file: string) {
    this.#file = file;
    writeFileSync(file, "0");
  }

  /** How far this clock is ahead, in milliseconds. */
  get offset(): number {
    return this.#offset;
  }

  /** Variables for programs that follow: Node ones started with {@link SHIFTED_NODE}, Python ones as they are. */
  get environment(): Record<string, string> {
    return { SHIFTED_TIME_FILE: this.#file, PYTHONPATH: SHIFTED_PYTHON, PYTHONDONTWRITEBYTECODE: "1" };
  }

  now(): number {
    return Date.now() + this.#offset;
  }

  after(milliseconds: number, run: () => void): Timer {
    const entry: Pending = { due: this.now() + milliseconds, run, timeout: setTimeout(() => {}, 0) };
    this.#pending.add(entry);
    this.#arm(entry);
    return {
      cancel: () => {
        clearTimeout(entry.timeout);
        this.#pending.delete(entry);
      },
    };
  }

  /** Moves time forward; what has become due runs as soon as it can. */
  step(milliseconds: number): void {
    this.#offset += milliseconds;
    writeFileSync(this.#file, String(this.#offset));
    for (const entry of this.#pending) this.#arm(entry);
  }

  #arm(entry: Pending): void {
    clearTimeout(entry.timeout);
    const fire = () => {
      this.#pending.delete(entry);
      entry.run();
    };
    entry.timeout = setTimeout(fire, Math.min(Math.max(entry.due - this.now(), 0), 0x7fffffff));
    entry.timeout.unref();
  }
}
