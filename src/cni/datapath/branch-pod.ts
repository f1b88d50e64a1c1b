// The network of a pod with security groups of its own (spec vpc-cni §4.5).
import { branchTable, hostVeth, MAIN_TABLE, vlanLink } from "./names.ts";
import { anywhere, hostCidr, type NetworkPlan } from "./plan.ts";
import { type PodAttachment, podInside, podRules } from "./pod.ts";

/** How traffic of such pods is led: all of it by the VLAN, or only what leaves the node. */
export type EnforcingMode = "strict" | "standard";

/** Host interfaces of pods in strict mode begin so. */
const STRICT_PREFIX = "vlan";
const STRICT = 10;

/** A pod and its branch interface. */
export interface BranchAttachment extends Omit<PodAttachment, "table"> {
  readonly mode: EnforcingMode;
  readonly vlanId: number;
  readonly branchMac: string;
  /** Link of the trunk. */
  readonly trunkLink: string;
  /** The subnet's gateway: base + 1, or fe80:ec2::1. */
  readonly gateway: string;
  readonly eniMtu: number;
}

/** What the plugin makes for the pod. */
export function branchPodPlan(pod: BranchAttachment): NetworkPlan {
  const { namespace, name, address, vlanId, gateway, mode } = pod;
  const table = branchTable(vlanId);
  const veth = hostVeth(mode === "strict" ? STRICT_PREFIX : pod.vethPrefix, namespace, name);
  const vlan = vlanLink(vlanId);
  const inside = podInside({ ...pod, table }, veth);
  const home = mode === "strict" ? table : MAIN_TABLE;
  return {
    ...inside,
    links: [
      ...inside.links,
      { place: "host", name: vlan, kind: "vlan", mtu: pod.eniMtu, mac: pod.branchMac, vlanId, parent: pod.trunkLink },
    ],
    routes: [
      ...inside.routes,
      { place: "host", table, destination: hostCidr(gateway), device: vlan, scope: "link" },
      { place: "host", table, destination: anywhere(address), device: vlan, via: gateway },
      { place: "host", table: home, destination: hostCidr(address), device: veth, scope: "link" },
    ],
    rules: mode === "strict" ? [vlan, veth].map((iif) => ({ priority: STRICT, iif, table })) : podRules(address, table),
  };
}
