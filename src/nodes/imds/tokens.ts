// Session tokens of IMDSv2: opaque, for as long as was asked for, up to six hours.
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";

const LONGEST_SECONDS = 21_600;
/** Tokens kept at most; the oldest are forgotten first. */
const MOST = 10_000;

/** Tokens of one instance. */
export class SessionTokens {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ends = new Map<string, number>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A token and its life in seconds; undefined if `ttl`, a header's text, is not a whole number from 1 to 21600. */
  issue(ttl: string | undefined): { readonly token: string; readonly seconds: number } | undefined {
    const seconds = /^\d{1,5}$/.test(ttl ?? "") ? Number(ttl) : 0;
    if (seconds < 1 || seconds > LONGEST_SECONDS) return undefined;
    const token = Buffer.from(this.#random.bytes(40)).toString("base64url");
    this.#ends.set(token, this.#clock.now() + seconds * 1000);
    if (this.#ends.size > MOST) this.#ends.delete(this.#ends.keys().next().value as string);
    return { token, seconds };
  }

  isValid(token: string): boolean {
    const end = this.#ends.get(token);
    if (end !== undefined && end <= this.#clock.now()) this.#ends.delete(token);
    return end !== undefined && end > this.#clock.now();
  }
}
