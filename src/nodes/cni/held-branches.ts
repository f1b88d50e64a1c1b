// Branch interfaces of pods that were there before the CNI: the kernel would have kept what the plugin made.

import { POD_ENI } from "../../cni/branch/names.ts";
import { readPodEni } from "../../cni/branch/pod-annotation.ts";
import { isFinished, usesBranch } from "../../cni/branch/pod-claims.ts";
import { gatewayOf, IPV6_GATEWAY } from "../../cni/datapath/gateway.ts";
import type { Ipamd } from "../../cni/ipamd/ipamd.ts";
import type { BranchSetup } from "../../cni/plugin/driver.ts";
import { linkIndexOf } from "../../cni/rpc/backend.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";

/** How the pods' interfaces are taken to have been set up. */
export type BranchSettings = Pick<BranchSetup, "mode" | "vethPrefix" | "mtu">;

/** What pods with an address have by their annotation; nothing while the node's trunk is not known. */
export function heldBranches(pods: readonly KubeObject[], { store, settings }: Ipamd, how: BranchSettings): BranchSetup[] {
  const trunk = [...store.enis.values()].find(({ isTrunk }) => isTrunk);
  if (!settings.podEni || !trunk) return [];
  return pods.flatMap((pod): BranchSetup[] => {
    const branch = usesBranch(pod) && !isFinished(pod) ? readPodEni(pod.metadata.annotations?.[POD_ENI])?.[0] : undefined;
    const address: string | undefined = pod.status?.podIP;
    if (!branch || !address) return [];
    const { namespace = "", name } = pod.metadata;
    const { vlanId, mac: branchMac, subnetCidr } = branch;
    const gateway = settings.ipv6 ? IPV6_GATEWAY : gatewayOf(subnetCidr);
    return [{ ...how, namespace, name, index: 0, address, vlanId, branchMac, gateway, parentIndex: linkIndexOf(trunk.deviceNumber) }];
  });
}
