// Gives wholly free addresses and prefixes back to the subnet (spec vpc-cni §3.6, too high).
import { assignedIn, type Eni } from "../pool/data-store.ts";
import { surplus } from "../pool/targets.ts";
import type { IpamdContext } from "./context.ts";

/** Returns what the targets do not ask for. Rejects with EC2's error; what EC2 kept is taken in again when reconciled. */
export async function returnSurplus(context: IpamdContext): Promise<void> {
  const { store, settings, clock } = context;
  let left = surplus(store.stats(clock.now()), settings);
  // Upstream's order is a map's; the youngest first lets interfaces become empty, so that they can go.
  for (const eni of [...store.enis.values()].reverse()) {
    if (left <= 0 || context.isStopping()) return;
    if (eni.isExcluded) continue;
    left -= await returnFree(context, eni, left, (cidr) => cidr.isPrefix === store.prefixMode);
  }
}

/** Returns the free CIDRs of an interface whose subnet may no longer serve pods. */
export async function returnExcluded(context: IpamdContext): Promise<void> {
  for (const eni of [...context.store.enis.values()]) {
    if (eni.isExcluded) await returnFree(context, eni, Number.POSITIVE_INFINITY, () => true);
  }
}

/** Returns free CIDRs of the mode that is off: left over from before prefix delegation was switched. */
export async function returnOtherMode(context: IpamdContext): Promise<void> {
  const { store } = context;
  for (const eni of [...store.enis.values()]) {
    await returnFree(context, eni, Number.POSITIVE_INFINITY, (cidr) => cidr.isPrefix !== store.prefixMode);
  }
}

async function returnFree({ store, ec2, freed }: IpamdContext, eni: Eni, most: number, matches: (cidr: { isPrefix: boolean }) => boolean) {
  const free = [...eni.cidrs.values()].filter((cidr) => matches(cidr) && assignedIn(cidr) === 0).slice(0, most);
  if (free.length === 0) return 0;
  for (const { cidr } of free) {
    store.removeCidr(eni.id, cidr);
    freed.add(cidr);
  }
  const singles = free.filter((cidr) => !cidr.isPrefix).map(({ cidr }) => cidr.replace("/32", ""));
  const prefixes = free.filter((cidr) => cidr.isPrefix).map(({ cidr }) => cidr);
  await ec2.unassign(eni.id, singles, prefixes);
  return free.length;
}
