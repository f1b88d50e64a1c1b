// Runs random worlds until so many operations are done, and says what happened. A failure names its seed.
import { PoolWorld, type Tally } from "./pool-world.ts";

/** Rejects with the seed of the world in which something did not hold; `PoolWorld(seed).run(perWorld)` repeats it. */
export async function runWorlds({ operations, perWorld, firstSeed = 1 }: { operations: number; perWorld: number; firstSeed?: number }) {
  const sum: Tally = { operations: 0, assigned: 0, refused: 0, launched: 0, restarts: 0, mishaps: 0 };
  const began = performance.now();
  let seed = firstSeed;
  for (; sum.operations < operations; seed++) {
    const world = new PoolWorld(seed);
    try {
      await world.run(perWorld);
    } catch (error) {
      throw new Error(`seed ${seed}, operation ${world.tally.operations} of ${perWorld}: ${(error as Error).message}`, { cause: error });
    }
    for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += world.tally[key];
  }
  const rate = Math.round(sum.operations / ((performance.now() - began) / 1000));
  const said = Object.entries(sum).map(([name, count]) => `${count.toLocaleString("en")} ${name}`);
  return `${said.join(", ")} in ${seed - firstSeed} worlds (seeds ${firstSeed} to ${seed - 1}), ${rate.toLocaleString("en")} operations/s`;
}
