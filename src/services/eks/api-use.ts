// Who used deprecated Kubernetes APIs of a cluster, and how often within 30 days (spec eks-control-plane §7.4).
import { createHash } from "node:crypto";
import type { ApiUseRecord } from "./api-use-records.ts";
import type { EksState } from "./state.ts";

const DAY = 24 * 3600 * 1000;
const WINDOW = 30 * DAY;
/** User agents told apart per API; those beyond are counted together, so that strangers cannot fill memory. */
const MOST_AGENTS = 50;
const LONGEST_AGENT = 256;

/** A request to a deprecated API. */
export interface ApiUse extends Pick<ApiUseRecord, "group" | "version" | "plural" | "userAgent"> {
  /** Epoch milliseconds. */
  readonly at: number;
}

const today = (at: number) => Math.floor(at / DAY);

/** Counts a request. */
export function recordApiUse({ apiUses }: EksState, clusterKey: string, use: ApiUse): void {
  const { group, version, plural, at } = use;
  const scope = `${clusterKey}/${group}/${version}/${plural}/`;
  const agent = use.userAgent.slice(0, LONGEST_AGENT);
  const keyOf = (userAgent: string) => `${scope}${createHash("sha256").update(userAgent).digest("hex").slice(0, 16)}`;
  const userAgent = apiUses.has(keyOf(agent)) || apiUses.count(scope) < MOST_AGENTS ? agent : "other";
  const before = apiUses.get(keyOf(userAgent))?.days ?? {};
  const recent = Object.fromEntries(Object.entries(before).filter(([day]) => Number(day) > today(at - WINDOW)));
  const day = `${today(at)}`;
  apiUses.put(keyOf(userAgent), { group, version, plural, userAgent, days: { ...recent, [day]: (recent[day] ?? 0) + 1 }, lastAt: at });
}

/** A user agent's requests of the last 30 days to one API. */
export interface ApiClient extends Pick<ApiUseRecord, "group" | "version" | "plural" | "userAgent" | "lastAt"> {
  readonly requests: number;
}

/** What was used within the last 30 days. */
export function recentApiUse({ apiUses }: EksState, clusterKey: string, now: number): ApiClient[] {
  return apiUses
    .list(`${clusterKey}/`)
    .filter(({ lastAt }) => now - lastAt < WINDOW)
    .map(({ days, ...rest }) => {
      const counted = Object.entries(days).filter(([day]) => Number(day) > today(now - WINDOW));
      return { ...rest, requests: counted.reduce((sum, [, count]) => sum + count, 0) };
    });
}
