// Which interface a node can do without (spec vpc-cni §3.4, removable ENI).
import type { IpamSettings } from "../settings.ts";
import { type DataStore, type Eni, podsOn } from "./data-store.ts";
import { PREFIX_SIZE } from "./targets.ts";

/** An interface is not removed before it is this old. */
export const MINIMUM_AGE = 60_000;

/** The first interface that is old enough, serves nobody and is not needed for a target; undefined if there is none. */
export function removableEni(store: DataStore, settings: IpamSettings, now: number): Eni | undefined {
  for (const eni of store.enis.values()) {
    if (eni.isPrimary || eni.isTrunk || eni.isEfa || now - eni.createdAt < MINIMUM_AGE || podsOn(eni) > 0 || store.isCooling(eni, now))
      continue;
    if (!isNeeded(eni, store, settings)) return eni;
  }
  return undefined;
}

function isNeeded(candidate: Eni, store: DataStore, settings: IpamSettings): boolean {
  let total = 0;
  let assigned = 0;
  let freePrefixes = 0;
  for (const eni of store.enis.values()) {
    if (eni === candidate || eni.isExcluded) continue;
    const pods = podsOn(eni);
    assigned += pods;
    for (const cidr of eni.cidrs.values()) {
      if (cidr.isPrefix !== store.prefixMode) continue;
      total += cidr.size;
      if (cidr.isPrefix && ![...cidr.addresses.values()].some((address) => address.key)) freePrefixes++;
    }
  }
  const round = (addresses: number) => (store.prefixMode ? Math.ceil(addresses / PREFIX_SIZE) * PREFIX_SIZE : addresses);
  if (settings.warmIpTarget > 0 && total - assigned < round(settings.warmIpTarget)) return true;
  if (settings.minimumIpTarget > 0 && total < round(settings.minimumIpTarget)) return true;
  return store.prefixMode && settings.warmPrefixTarget > 0 && freePrefixes < settings.warmPrefixTarget;
}
