// Remembers what was given back to EC2, because the metadata service may show it a while longer (spec vpc-cni §3.11).
import type { Clock } from "../../base/clock.ts";

/** How long a given-back CIDR is not believed to be there. */
const MEMORY = 60_000;

/** CIDRs given back, and since when. */
export class FreedCidrs {
  readonly #since = new Map<string, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(cidr: string): void {
    this.#since.set(cidr, this.#clock.now());
  }

  /** `recent`: not to be believed; `old`: to be asked of EC2; undefined: never given back. */
  state(cidr: string): "recent" | "old" | undefined {
    const since = this.#since.get(cidr);
    if (since === undefined) return undefined;
    return this.#clock.now() - since <= MEMORY ? "recent" : "old";
  }

  forget(cidr: string): void {
    this.#since.delete(cidr);
  }
}
