// How many requests may be under way at once, shared fairly: who holds more than a fair share waits when the server is full.
import { tooManyRequests } from "../../api/status.ts";
import type { UserInfo } from "../../auth/types.ts";

/** Most requests under way at once; kube-apiserver's defaults are 400 and 200. */
export interface FlightLimits {
  readonly reads: number;
  readonly writes: number;
}

interface Lane {
  readonly limit: number;
  total: number;
  readonly byUser: Map<string, number>;
}

/** Counts requests under way. Watches and other streams are not counted, and system:masters never waits. */
export class Flights {
  readonly #reads: Lane;
  readonly #writes: Lane;

  constructor({ reads, writes }: FlightLimits) {
    this.#reads = { limit: reads, total: 0, byUser: new Map() };
    this.#writes = { limit: writes, total: 0, byUser: new Map() };
  }

  get underWay(): { readonly readOnly: number; readonly mutating: number } {
    return { readOnly: this.#reads.total, mutating: this.#writes.total };
  }

  /** Takes a place and returns what gives it back. Throws 429 with Retry-After when there is none. */
  enter({ username, groups }: UserInfo, mutating: boolean): () => void {
    const lane = mutating ? this.#writes : this.#reads;
    const held = lane.byUser.get(username) ?? 0;
    if (lane.total >= lane.limit && !groups.includes("system:masters")) {
      const users = lane.byUser.size + (held === 0 ? 1 : 0);
      if (held >= Math.max(1, Math.floor(lane.limit / users))) throw tooManyRequests("too many requests, please try again later", 1);
    }
    lane.total++;
    lane.byUser.set(username, held + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      lane.total--;
      const rest = (lane.byUser.get(username) ?? 1) - 1;
      if (rest > 0) lane.byUser.set(username, rest);
      else lane.byUser.delete(username);
    };
  }
}
