// Tries again with growing pauses, as ipamd does with EC2 (spec vpc-cni §3.2).
import { type Clock, sleep } from "../../base/clock.ts";

/** Pauses in milliseconds: `first`, then doubled up to `longest`. */
export interface Pace {
  readonly tries: number;
  readonly first: number;
  readonly longest: number;
}

/** Of the wait for a new interface to show its addresses. */
export const WAIT_PACE: Pace = { tries: 12, first: 100, longest: 60_000 };
/** Of detaching an interface. */
export const DETACH_PACE: Pace = { tries: 12, first: 200, longest: 60_000 };
/** Of deleting an interface. */
export const DELETE_PACE: Pace = { tries: 12, first: 500, longest: 60_000 };
/** Of tagging an interface. */
export const TAG_PACE: Pace = { tries: 5, first: 300, longest: 15_000 };
/** Pause between detaching an interface and deleting it. */
export const DETACH_PAUSE = 2000;

/** The same pace without pauses. */
export function hurried(pace: Pace): Pace {
  return { ...pace, first: 0, longest: 0 };
}

/** Runs `attempt` until it succeeds or `isFinal` says that trying again is useless. Rejects with the last error. */
export async function retry<T>(
  clock: Clock,
  pace: Pace,
  attempt: () => Promise<T>,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T> {
  let pause = pace.first;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries >= pace.tries || isFinal(error)) throw error;
    }
    if (pause > 0) await sleep(clock, pause);
    pause = Math.min(pause * 2, pace.longest);
  }
}
