// What the daemon sets up on a node before pods come: rules, and a table for every interface (spec vpc-cni §4.6).
import { parseCidr } from "../../vpc/cidr.ts";
import { interfaceTable, MAIN_TABLE } from "./names.ts";
import { anywhere, hostCidr, type NetworkPlan, plan, type Rule } from "./plan.ts";

/** Mark of connections that came in by the primary interface, unless AWS_VPC_K8S_CNI_CONNMARK says another. */
export const CONNMARK = "0x80";
const NODE_PORT = 1024;
const EXTERNAL_SERVICES = 1535;
const FROM_INTERFACE = 32_765;
const LOCAL_DEFAULT = 0;
const LOCAL_MOVED = 20;

/** What the node's rules depend on. */
export interface HostSettings {
  readonly ipv6: boolean;
  readonly nodePort: boolean;
  /** Whether pods with security groups run in strict mode. */
  readonly strictBranches: boolean;
  readonly externalServiceCidrs: readonly string[];
  /** {@link CONNMARK} if absent. */
  readonly connmark?: string;
}

/** The node's own rules, by priority. Entries of externalServiceCidrs that are no IPv4 CIDRs are left out. */
export function hostRules({ ipv6, nodePort, strictBranches, externalServiceCidrs, connmark = CONNMARK }: HostSettings): Rule[] {
  const local: Rule = { priority: strictBranches ? LOCAL_MOVED : LOCAL_DEFAULT, table: "local" };
  const discovery: Rule = { priority: LOCAL_DEFAULT, from: "fe80:ec2::1", protocol: "icmpv6", table: "local" };
  const services = ipv6 ? [] : externalServiceCidrs.filter((cidr) => cidr.includes("/") && parseCidr(cidr)?.family === 4);
  return [
    ...(ipv6 && strictBranches ? [discovery] : []),
    local,
    ...(nodePort && !ipv6 ? [{ priority: NODE_PORT, mark: `${connmark}/${connmark}`, table: MAIN_TABLE }] : []),
    ...services.map((to) => ({ priority: EXTERNAL_SERVICES, to, table: MAIN_TABLE })),
  ];
}

/** What the init container and the daemon set in the kernel. `earlyDemuxOff` lets TCP probes reach pods in strict mode. */
export function hostSysctls(primaryLink: string, ipv6: boolean, earlyDemuxOff: boolean): Readonly<Record<string, string>> {
  return {
    [`net.ipv4.conf.${primaryLink}.rp_filter`]: "2",
    "net.ipv4.tcp_early_demux": earlyDemuxOff ? "0" : "1",
    ...(ipv6 && {
      "net.ipv6.conf.all.disable_ipv6": "0",
      "net.ipv6.conf.all.forwarding": "1",
      [`net.ipv6.conf.${primaryLink}.accept_ra`]: "2",
    }),
  };
}

/** A secondary interface on the host. */
export interface HostInterface {
  readonly link: string;
  readonly mac: string;
  readonly device: number;
  readonly card: number;
  readonly primaryIp: string;
  /** The subnet's block; its second address is the gateway. */
  readonly subnetCidr: string;
  readonly gateway: string;
  readonly mtu: number;
  readonly isTrunk?: boolean;
}

/** Link, address and table of a secondary interface; the kernel's own route to the subnet is not part of main. */
export function interfacePlan(eni: HostInterface): NetworkPlan {
  const { link, primaryIp, gateway } = eni;
  const table = interfaceTable(eni.device, eni.card);
  const length = eni.subnetCidr.split("/")[1] ?? "32";
  return plan({
    links: [{ place: "host", name: link, kind: "device", mtu: eni.mtu, mac: eni.mac }],
    addresses: [{ place: "host", device: link, cidr: `${primaryIp}/${length}` }],
    routes: [
      { place: "host", table, destination: hostCidr(gateway), device: link, scope: "link" },
      { place: "host", table, destination: anywhere(primaryIp), device: link, via: gateway },
    ],
    rules: eni.isTrunk ? [] : [{ priority: FROM_INTERFACE, from: hostCidr(primaryIp), table }],
  });
}
