// Remembers which reads the process has lately made for itself, so that polling does not fill the event history.
import type { CallRecord } from "../ports.ts";

const WINDOW_MS = 15 * 60 * 1000;
const MAX_REMEMBERED = 10_000;

/** Reads by principal and operation within a quarter of an hour; bounded. */
export class RepeatedReads {
  readonly #last = new Map<string, number>();

  /** Whether a like read was recorded within the window. If not, this one counts as recorded. */
  seen({ account, region, caller, service, operation, time }: CallRecord): boolean {
    const key = `${account}/${region}/${caller.arn}/${service}:${operation}`;
    const last = this.#last.get(key);
    if (last !== undefined && time - last < WINDOW_MS) return true;
    this.#last.delete(key);
    if (this.#last.size >= MAX_REMEMBERED) this.#last.delete(this.#last.keys().next().value!);
    this.#last.set(key, time);
    return false;
  }
}
