// What a process holds: what is alive in its heap, and what the system gives it.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that are alive, in the heap and outside it, after a collection. */
export function liveBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Resident bytes, now and at their highest since the process began. */
export function residentBytes(): { now: number; highest: number } {
  return { now: process.memoryUsage().rss, highest: process.resourceUsage().maxRSS * 1024 };
}
