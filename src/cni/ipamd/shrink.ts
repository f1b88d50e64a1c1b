// Gives wholly free addresses and prefixes back to the subnet (spec vpc-cni §3.6, too high).
import { assignedIn, type DataStore } from "../pool/data-store.ts";
import type { Ec2 } from "./ec2.ts";

/** Returns up to `units` free CIDRs, interface by interface. Rejects with EC2's error; what EC2 kept stays out of the pool until reconciled. */
export async function returnSurplus(store: DataStore, units: number, ec2: Ec2): Promise<void> {
  let left = units;
  for (const eni of store.enis.values()) {
    if (left <= 0) return;
    const free = [...eni.cidrs.values()].filter((cidr) => cidr.isPrefix === store.prefixMode && assignedIn(cidr) === 0).slice(0, left);
    if (free.length === 0) continue;
    for (const { cidr } of free) store.removeCidr(eni.id, cidr);
    left -= free.length;
    const names = free.map(({ cidr }) => (store.prefixMode ? cidr : cidr.replace("/32", "")));
    await ec2.unassign(eni.id, store.prefixMode ? [] : names, store.prefixMode ? names : []);
  }
}
