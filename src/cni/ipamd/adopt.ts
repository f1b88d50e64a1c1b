// Takes an interface of the instance into the pool (spec vpc-cni §3.3 step 4).
import { isPrimary } from "./classify.ts";
import type { IpamdContext } from "./context.ts";
import type { InterfaceFacts } from "./ec2.ts";
import { cidrsOf } from "./metadata.ts";

/** Sets the interface up on the host and adds it with its addresses. Rejects with the host's error; nothing is added then. */
export async function adoptInterface(context: IpamdContext, eni: InterfaceFacts, isExcluded: boolean): Promise<void> {
  const { store, host, clock } = context;
  await host.setUp(eni);
  if (store.enis.has(eni.id)) return;
  store.addEni({
    id: eni.id,
    createdAt: clock.now(),
    isPrimary: isPrimary(eni),
    isTrunk: eni.type === "trunk",
    isEfa: eni.type.startsWith("efa"),
    deviceNumber: eni.deviceIndex,
    subnetId: eni.subnetId,
    primaryIp: eni.primaryIp,
    isExcluded,
  });
  for (const cidr of servableCidrs(context, eni)) store.addCidr(eni.id, cidr);
}

/** The CIDRs of an interface that may enter the pool: none of a trunk, none of the primary interface under custom networking. */
export function servableCidrs({ settings }: IpamdContext, eni: InterfaceFacts): string[] {
  if (eni.type === "trunk" || (settings.customNetworking && isPrimary(eni))) return [];
  return settings.ipv6 ? [...eni.prefixes6] : cidrsOf(eni).filter((cidr) => !cidr.includes(":"));
}
