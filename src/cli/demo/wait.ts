// Waiting for a condition that another process brings about.
import { setTimeout as sleep } from "node:timers/promises";

const PERIOD_MS = 50;
const PATIENCE_MS = 60_000;

/** Asks `probe` until it returns something; rejects when that takes too long, naming `what`. */
export async function waitFor<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  for (let waited = 0; waited < PATIENCE_MS; waited += PERIOD_MS) {
    const found = await probe();
    if (found !== undefined) return found;
    await sleep(PERIOD_MS);
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
}
