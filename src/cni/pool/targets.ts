// The pool's arithmetic: when it is too low, too high, and by how much (spec vpc-cni §3.6).
import { hasIpTargets, type IpamSettings } from "../settings.ts";
import type { PoolStats } from "./data-store.ts";

/** Addresses in a delegated /28. */
export const PREFIX_SIZE = 16;

/** What the instance type and the mode give. */
export interface PoolLimits {
  /** Secondary slots of one interface: addresses, or prefixes in prefix mode. */
  readonly slotsPerEni: number;
  readonly maxEnis: number;
  readonly maxPods: number;
}

/** Units are addresses, or prefixes in prefix mode. */
export interface TargetState {
  readonly short: number;
  readonly over: number;
}

/** What a pool holds: addresses in all and in use, and prefixes. */
export type PoolHoldings = Pick<PoolStats, "total" | "assigned" | "prefixes" | "freePrefixes">;
/** What rules a pool by counts of addresses. */
export type IpTargets = Pick<IpamSettings, "warmIpTarget" | "minimumIpTarget" | "prefixDelegation">;

/** Distance from WARM_IP_TARGET and MINIMUM_IP_TARGET; undefined if neither rules the pool. */
export function targetState(stats: PoolHoldings, settings: IpTargets): TargetState | undefined {
  if (!hasIpTargets(settings)) return undefined;
  const { warmIpTarget: warm, minimumIpTarget: minimum } = settings;
  const available = stats.total - stats.assigned;
  const short = Math.max(warm - available, 0, minimum - stats.total);
  if (settings.prefixDelegation) {
    const needed = (addresses: number) => Math.ceil(addresses / PREFIX_SIZE);
    const overWarm = Math.max(Math.min(stats.freePrefixes, stats.prefixes - needed(stats.assigned + warm)), 0);
    const over = Math.max(Math.min(overWarm, stats.prefixes - needed(minimum)), 0);
    return { short: needed(short), over };
  }
  return { short, over: Math.max(Math.min(Math.max(available - warm, 0), stats.total - minimum), 0) };
}

/** The settings of a network card: cards other than the first keep one warm address, whatever is set. */
export function settingsOfCard(settings: IpamSettings, card: number): IpamSettings {
  return card === 0 ? settings : { ...settings, warmIpTarget: 1, minimumIpTarget: 1, prefixDelegation: settings.ipv6 };
}

/** Whether the pool should grow. */
export function isTooLow(stats: PoolStats, settings: IpamSettings, limits: PoolLimits): boolean {
  if (stats.total >= limits.maxPods) return false;
  const target = targetState(stats, settings);
  if (target) return target.short > 0;
  const available = stats.total - stats.assigned;
  const perUnit = settings.prefixDelegation ? PREFIX_SIZE : limits.slotsPerEni;
  const units = settings.prefixDelegation ? settings.warmPrefixTarget : settings.warmEniTarget;
  return available < units * perUnit || (units === 0 && available === 0);
}

/** Units to ask for on interfaces that exist; 0 means none. */
export function wantedOnExisting(stats: PoolStats, settings: IpamSettings, limits: PoolLimits): number {
  const target = targetState(stats, settings);
  if (settings.prefixDelegation) {
    if (target) return Math.max(1, target.short);
    return settings.warmPrefixTarget > 0 ? Math.max(1, settings.warmPrefixTarget - stats.freePrefixes) : 1;
  }
  return target ? target.short : limits.slotsPerEni;
}

/** Units a new interface begins with; 0 means no interface is made. */
export function wantedOnNew(stats: PoolStats, settings: IpamSettings, limits: PoolLimits): number {
  const target = targetState(stats, settings);
  if (target) return Math.min(target.short, limits.slotsPerEni);
  if (!settings.prefixDelegation) return limits.slotsPerEni;
  return Math.min(Math.max(settings.warmPrefixTarget - stats.freePrefixes, 0), limits.slotsPerEni);
}

/** Wholly free units that may go back to the subnet. */
export function surplus(stats: PoolStats, settings: IpamSettings): number {
  const target = targetState(stats, settings);
  if (target) return target.over;
  if (!settings.prefixDelegation) return 0;
  return Math.max(0, stats.freePrefixes - settings.warmPrefixTarget);
}
