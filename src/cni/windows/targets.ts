// How far a Windows node's pool is from its targets (spec vpc-cni §7.3).
import { PREFIX_SIZE, targetState } from "../pool/targets.ts";
import type { PoolCounts } from "./address-pool.ts";
import type { WindowsSettings } from "./settings.ts";

/** Addresses (or prefixes) to be had in addition, or to be given back: negative. */
export function deviation({ used, warm, groups, freeGroups }: PoolCounts, settings: WindowsSettings): number {
  const { prefixes, warmPrefixTarget, ...targets } = settings;
  // What cools down is of no use to a pod, but its prefix is there.
  const total = prefixes ? groups * PREFIX_SIZE : used + warm;
  const holdings = { total, assigned: used, prefixes: groups, freePrefixes: freeGroups };
  const state = targetState(holdings, { ...targets, prefixDelegation: prefixes });
  return state ? state.short - state.over : warmPrefixTarget - freeGroups;
}
