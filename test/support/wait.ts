// Waiting for what another part of the system brings about.
import { setTimeout as sleep } from "node:timers/promises";

const PERIOD = 25;
const PATIENCE = 15_000;

/** Asks `probe` until it returns something; rejects, naming `what`, when that takes too long. */
export async function eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE / 1000} s`);
    await sleep(PERIOD);
  }
}
