// The network of an ordinary pod (spec vpc-cni §4.4).
import { hostVeth, MAIN_TABLE } from "./names.ts";
import { anywhere, hostCidr, type NetworkPlan, plan } from "./plan.ts";

/** Priorities of rules on the host (spec vpc-cni §4.6). */
export const TO_POD = 512;
export const FROM_POD = 1536;

/** A pod and the address it got. */
export interface PodAttachment {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  /** Table of the interface that owns the address. */
  readonly table: number;
  readonly vethPrefix: string;
  /** MAC of the host's end of the pair. */
  readonly hostMac: string;
  readonly mtu: number;
  /** Counts the interfaces of a pod with several. */
  readonly index?: number;
}

/** What the plugin makes for a pod. */
export function podPlan(pod: PodAttachment): NetworkPlan {
  const { namespace, name, address, table, vethPrefix, index = 0 } = pod;
  const veth = hostVeth(vethPrefix, namespace, name, index);
  const cidr = hostCidr(address);
  const inside = podInside(pod, veth);
  return {
    ...inside,
    routes: [...inside.routes, { place: "host", table: MAIN_TABLE, destination: cidr, device: veth, scope: "link" }],
    rules: podRules(address, table),
  };
}

/** The rules of a pod on the host: one more if its address is not the primary interface's. */
export function podRules(address: string, table: number): NetworkPlan["rules"] {
  const cidr = hostCidr(address);
  const toPod = { priority: TO_POD, to: cidr, table: MAIN_TABLE };
  return table === MAIN_TABLE ? [toPod] : [toPod, { priority: FROM_POD, from: cidr, table }];
}

/** Both ends of the pair, and what is inside the pod: address, gateway, neighbour. */
export function podInside({ address, hostMac, mtu, index = 0 }: PodAttachment, veth: string): NetworkPlan {
  const isV6 = address.includes(":");
  const gateway = isV6 ? `fe80::${(index + 1).toString(16)}` : `169.254.1.${index + 1}`;
  const device = index === 0 ? "eth0" : `mNicIf${index}`;
  const table = index === 0 ? MAIN_TABLE : index;
  return plan({
    links: [
      { place: "host", name: veth, kind: "veth", mtu, mac: hostMac },
      { place: "pod", name: device, kind: "veth", mtu },
    ],
    addresses: [{ place: "pod", device, cidr: hostCidr(address) }],
    routes: [
      { place: "pod", table, destination: hostCidr(gateway), device, scope: "link" },
      { place: "pod", table, destination: anywhere(address), device, via: gateway },
    ],
    neighbours: [{ place: "pod", device, address: gateway, mac: hostMac }],
    sysctls: {
      [`net.ipv6.conf.${veth}.accept_ra`]: "0",
      [`net.ipv6.conf.${veth}.accept_redirects`]: "1",
      [`net.ipv6.conf.${veth}.forwarding`]: "0",
    },
  });
}
