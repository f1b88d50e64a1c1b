// Growth on interfaces that exist (spec vpc-cni §3.6, addresses on existing ENIs).
import type { Eni } from "../pool/data-store.ts";
import { wantedOnExisting } from "../pool/targets.ts";
import type { IpamdContext } from "./context.ts";
import { isFull, isShortage } from "./errors.ts";
import { cidrsOf } from "./metadata.ts";

/** Adds addresses to the first interface that yields some; false if none does. Rejects with EC2's error. */
export async function addAddresses(context: IpamdContext): Promise<boolean> {
  const { store, limits, settings, clock } = context;
  const want = wantedOnExisting(store.stats(clock.now()), settings, limits);
  if (want <= 0) return false;
  for (const eni of [...store.enis.values()]) {
    const room = limits.slotsPerEni - eni.cidrs.size;
    if (room <= 0 || !servesPods(context, eni)) continue;
    try {
      if ((await assign(context, eni, Math.min(room, want))) > 0) return true;
    } catch (error) {
      if (!isShortage(error) || !settings.subnetDiscovery) throw error;
    }
    if (context.isStopping()) return false;
  }
  return false;
}

function servesPods({ settings }: IpamdContext, eni: Eni): boolean {
  return !eni.isExcluded && !eni.isTrunk && !(settings.customNetworking && eni.isPrimary);
}

/** Asks for addresses, and for one when the whole wish is refused: a nearly full subnet still serves a pod. Returns how many came. */
async function assign(context: IpamdContext, eni: Eni, want: number): Promise<number> {
  const { store, ec2 } = context;
  const ask = (count: number) => ec2.assign(eni.id, store.prefixMode ? { prefixes: count } : { addresses: count });
  try {
    const granted = await ask(want).catch((error) => (want > 1 && !isFull(error) ? ask(1) : Promise.reject(error)));
    return addNew(context, eni, store.prefixMode ? granted : granted.map((address) => `${address}/32`));
  } catch (error) {
    if (!isFull(error)) throw error;
    // Somebody else gave the interface addresses, or an answer was lost: what EC2 shows is the pool's.
    const [described] = await ec2.describe([eni.id]);
    return described ? addNew(context, eni, cidrsOf(described)) : 0;
  }
}

function addNew({ store, freed }: IpamdContext, eni: Eni, cidrs: readonly string[]): number {
  let added = 0;
  for (const cidr of cidrs) {
    if (!store.enis.has(eni.id) || eni.cidrs.has(cidr)) continue;
    store.addCidr(eni.id, cidr);
    freed.forget(cidr);
    if (eni.cidrs.get(cidr)?.isPrefix === store.prefixMode) added++;
  }
  return added;
}
