// A node's kernel as the plugin and the daemon leave it: rebuilt from what ipamd holds, to be asked how a packet goes.
import { branchPodPlan, type EnforcingMode } from "../datapath/branch-pod.ts";
import { gatewayOf, IPV6_GATEWAY } from "../datapath/gateway.ts";
import { hostRules, hostSysctls, interfacePlan } from "../datapath/host.ts";
import { HostNetworkState } from "../datapath/host-network.ts";
import { hostVeth, interfaceTable, MAIN_TABLE } from "../datapath/names.ts";
import { natChains } from "../datapath/nat.ts";
import { plan } from "../datapath/plan.ts";
import { podPlan } from "../datapath/pod.ts";
import { boolean, type Environment, integer, list, mark } from "../settings/parse.ts";
import { readSettings } from "../settings.ts";

/** An interface of the node. */
export interface HostEni {
  readonly id: string;
  readonly device: number;
  readonly card: number;
  readonly mac: string;
  readonly primaryIp: string;
  readonly subnetCidr: string;
  readonly isTrunk: boolean;
}

/** A pod with a network of its own. */
export interface HostPod {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  /** Interface that owns the address; undefined for a branch. */
  readonly eniId: string | undefined;
  /** What the plugin set up; absent: the settings in force now are taken. */
  readonly setUp?: { readonly vethPrefix: string; readonly mtu: number };
  readonly branch?: {
    readonly vlanId: number;
    readonly mac: string;
    readonly subnetCidr: string;
    /** Of the pod's set-up; absent: that in force now. */
    readonly mode?: EnforcingMode;
  };
}

/** What a node is rebuilt from. */
export interface HostView {
  readonly environment: Environment;
  /** Of the init container; the defaults if absent. */
  readonly initEnvironment?: Environment;
  readonly vpcCidrs: readonly string[];
  readonly enis: readonly HostEni[];
  readonly pods: readonly HostPod[];
}

const HOST_MAC = "0e:00:00:00:00:01";

/** Name of the host's link of an interface. */
export const linkOf = ({ device, card }: Pick<HostEni, "device" | "card">): string =>
  card === 0 ? `eth${device}` : `eth${card}-${device}`;

/** Name of the host's end of a pod's pair. */
export function vethOf(pod: HostPod, environment: Environment): string {
  const strict = pod.branch && modeOf(environment, pod) === "strict";
  const prefix = pod.setUp?.vethPrefix ?? (environment.AWS_VPC_K8S_CNI_VETHPREFIX || "eni");
  return hostVeth(strict ? "vlan" : prefix, pod.namespace, pod.name);
}

/** The mode a pod was set up in, else the one in force: changes bear on new pods only. */
export const modeOf = (environment: Environment, pod?: HostPod): EnforcingMode =>
  pod?.branch?.mode ?? (environment.POD_SECURITY_GROUP_ENFORCING_MODE === "standard" ? "standard" : "strict");

/** Links, rules, routes and chains of the node. */
export function hostState({ environment, initEnvironment = {}, vpcCidrs, enis, pods }: HostView): HostNetworkState {
  const state = new HostNetworkState();
  const mtu = integer(environment.AWS_VPC_ENI_MTU, 9001);
  const podMtu = integer(environment.POD_MTU, mtu);
  const vethPrefix = environment.AWS_VPC_K8S_CNI_VETHPREFIX || "eni";
  const { ipv6, podEni, externalSnat, excludeSnatCidrs } = readSettings(environment);
  const nodePort = boolean(environment.AWS_VPC_CNI_NODE_PORT_SUPPORT, true);
  const strictBranches = podEni && modeOf(environment) === "strict";
  const connmark = mark(environment.AWS_VPC_K8S_CNI_CONNMARK);
  const externalServiceCidrs = list(environment.AWS_EXTERNAL_SERVICE_CIDRS);
  state.apply(plan({ rules: hostRules({ ipv6, nodePort, strictBranches, externalServiceCidrs, connmark }) }));
  for (const eni of enis) {
    const gateway = gatewayOf(eni.subnetCidr);
    const link = linkOf(eni);
    if (eni.device === 0 && eni.card === 0) {
      // The kernel's own: what DHCP and router advertisements configure on the first interface.
      const routes = [
        { place: "host", table: MAIN_TABLE, destination: eni.subnetCidr, device: link, scope: "link" },
        { place: "host", table: MAIN_TABLE, destination: "0.0.0.0/0", device: link, via: gateway },
        ...(ipv6 ? ([{ place: "host", table: MAIN_TABLE, destination: "::/0", device: link, via: IPV6_GATEWAY }] as const) : []),
      ] as const;
      const sysctls = hostSysctls(link, ipv6, boolean(initEnvironment.DISABLE_TCP_EARLY_DEMUX, false));
      state.apply(plan({ links: [{ place: "host", name: link, kind: "device", mtu, mac: eni.mac }], routes, sysctls }));
      const facts = { primaryIp: eni.primaryIp, primaryLink: link, vpcCidrs };
      const randomizeSnat = environment.AWS_VPC_K8S_CNI_RANDOMIZESNAT || "prng";
      if (!ipv6)
        state.applyChains(
          natChains({ externalSnat, excludedCidrs: excludeSnatCidrs, randomizeSnat, nodePort, vethPrefix, connmark }, facts),
        );
    } else {
      state.apply(interfacePlan({ ...eni, link, gateway, mtu }));
    }
  }
  const trunk = enis.find((eni) => eni.isTrunk);
  for (const pod of pods) {
    const made = { vethPrefix, mtu: podMtu, ...pod.setUp };
    const base = { namespace: pod.namespace, name: pod.name, address: pod.address, hostMac: HOST_MAC, ...made };
    const owner = enis.find(({ id }) => id === pod.eniId);
    if (pod.branch) {
      const { vlanId, mac: branchMac, subnetCidr } = pod.branch;
      const trunkLink = trunk ? linkOf(trunk) : "";
      const gateway = pod.address.includes(":") ? IPV6_GATEWAY : gatewayOf(subnetCidr);
      state.apply(branchPodPlan({ ...base, mode: modeOf(environment, pod), vlanId, branchMac, trunkLink, gateway, eniMtu: mtu }));
    } else {
      state.apply(podPlan({ ...base, table: owner ? interfaceTable(owner.device, owner.card) : MAIN_TABLE }));
    }
  }
  return state;
}
