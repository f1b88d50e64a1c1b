// The real EC2 service as nodes call it, with failures on the way: calls refused, answers lost, calls that never return.
import { AwsError } from "../../src/aws/errors.ts";
import type { Invoke } from "../../src/aws/operation.ts";
import type { FakeClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { callOf, ec2, type Harness } from "../ec2/harness.ts";

/** `refused`: nothing happens. `lost`: it happens and the caller hears of an error. `hangs`: it happens and the caller never hears. */
export type Mishap = "refused" | "lost" | "hangs";

/** What goes wrong, and how often. */
export interface Trouble {
  readonly operation: string;
  readonly code: string;
  readonly mishap: Mishap;
  times: number;
}

/** EC2 over a store that outlives its process. */
export class FlakyEc2 {
  readonly store: Store = memoryStore();
  readonly clock: FakeClock;
  readonly #seed: number;
  #processes = 0;
  api: Harness;
  trouble: Trouble | undefined;
  mishaps = 0;

  constructor(clock: FakeClock, seed: number) {
    this.clock = clock;
    this.#seed = seed;
    this.api = this.#begin();
  }

  /** The process ends and another one begins with what the store holds. */
  restart(): void {
    this.api = this.#begin();
  }

  /** Calls as nodes make them. */
  readonly invoke: Invoke = (async (_service: string, operation: string, input: object) => {
    const { trouble, api } = this;
    const strikes = trouble?.operation === operation && trouble.times-- > 0;
    if (!strikes) return api.run(operation as "DescribeVpcs", input);
    this.mishaps++;
    if (trouble.mishap !== "refused") await api.run(operation as "DescribeVpcs", input);
    if (trouble.mishap === "hangs") return new Promise(() => {});
    throw new AwsError(trouble.code, `the API answers ${trouble.code}`);
  }) as unknown as Invoke;

  readonly caller = () => callOf().caller;

  #begin(): Harness {
    return ec2({ store: this.store, clock: this.clock, random: seededRandom(this.#seed * 1000 + this.#processes++) });
  }
}
