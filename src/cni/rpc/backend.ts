// ipamd's side of the RPC: AddNetwork, DelNetwork and what the network policy agent asks (spec vpc-cni §3.12).
import type { Log } from "../../base/log.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { POD_ENI } from "../branch/names.ts";
import { type BranchDetails, readPodEni } from "../branch/pod-annotation.ts";
import { usesBranch } from "../branch/pod-claims.ts";
import { gatewayOf, IPV6_GATEWAY } from "../datapath/gateway.ts";
import { interfaceTable } from "../datapath/names.ts";
import { untranslatedCidrs } from "../datapath/nat.ts";
import type { Ipamd } from "../ipamd/ipamd.ts";
import { type Assignment, UNKNOWN_POD } from "../pool/data-store.ts";
import {
  type AddNetworkReply,
  type AddNetworkRequest,
  type CniRpc,
  type DelNetworkReply,
  type DelNetworkRequest,
  type IpAllocation,
  type NetworkPolicyConfigs,
  RpcError,
} from "./messages.ts";
import { type AnnotatedPods, annotatePodIp } from "./pod-ip-annotation.ts";

/** Links of the host before its first interface: lo is 1. */
const FIRST_LINK = 2;

/** Index of an interface's link on the host. */
export const linkIndexOf = (deviceNumber: number): number => deviceNumber + FIRST_LINK;

/** The VPC's blocks, as the metadata service tells them. */
export interface VpcCidrs {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

/** What the back end answers from. */
export interface BackendOptions {
  /** Of the daemon: the plugin's must be the same. */
  readonly version: string;
  readonly ipamd: Ipamd;
  readonly node: { readonly instanceId: string; readonly region: string; readonly ipv4?: string; readonly ipv6?: string };
  readonly pods: AnnotatedPods;
  readonly log: Log;
  vpcCidrs(): Promise<VpcCidrs>;
  /** A pod of the API server; undefined if there is none. */
  pod(namespace: string, name: string): KubeObject | undefined;
}

/** Serves the plugin out of one ipamd. */
export function cniBackend(options: BackendOptions): CniRpc {
  return {
    addNetwork: (request) => addNetwork(options, request),
    delNetwork: (request) => delNetwork(options, request),
    networkPolicyConfigs: () => networkPolicyConfigs(options),
  };
}

async function addNetwork(options: BackendOptions, request: AddNetworkRequest): Promise<AddNetworkReply> {
  checkVersion(options, request.ClientVersion);
  const { ipamd, vpcCidrs, log } = options;
  const { settings } = ipamd;
  const { ipv4, ipv6 } = await vpcCidrs();
  const snat = { externalSnat: settings.externalSnat, excludedCidrs: settings.excludeSnatCidrs };
  const rest = {
    UseExternalSNAT: settings.externalSnat,
    VPCv4CIDRs: settings.ipv6 ? [] : untranslatedCidrs(snat, ipv4),
    VPCv6CIDRs: settings.ipv6 ? ipv6 : [],
    NetworkPolicyMode: settings.networkPolicyMode,
  };
  const failed = { ...ORDINARY, ...rest, Success: false, IPAllocationMetadata: [] };
  const branch = branchOf(options, request);
  if (branch === "missing") {
    ipamd.counters.add("pod_eni_error_count", { fn: "AddNetwork" });
    return failed;
  }
  if (branch) return { ...rest, ...branch };
  try {
    const allocations = (await assign(options, request)).map(allocationOf);
    await annotate(options, request, allocations, false);
    return { ...ORDINARY, ...rest, Success: true, IPAllocationMetadata: allocations };
  } catch (error) {
    log.info({ pod: `${request.K8S_POD_NAMESPACE}/${request.K8S_POD_NAME}`, cause: (error as Error).message }, "no address for pod");
    return failed;
  }
}

const ORDINARY = { PodVlanId: 0, PodENIMAC: "", PodENISubnetGW: "", ParentIfIndex: 0 };

type BranchReply = Pick<
  AddNetworkReply,
  "Success" | "IPAllocationMetadata" | "PodVlanId" | "PodENIMAC" | "PodENISubnetGW" | "ParentIfIndex"
>;

/** What a pod with security groups of its own gets; `missing` while trunk or annotation are; undefined for ordinary pods. */
function branchOf({ ipamd, pod: podNamed }: BackendOptions, request: AddNetworkRequest): BranchReply | "missing" | undefined {
  if (!ipamd.settings.podEni) return undefined;
  const pod = podNamed(request.K8S_POD_NAMESPACE, request.K8S_POD_NAME);
  if (!pod) return "missing";
  if (!usesBranch(pod)) return undefined;
  const trunk = [...ipamd.store.enis.values()].find(({ isTrunk }) => isTrunk);
  const branch = readPodEni(pod.metadata.annotations?.[POD_ENI])?.[0];
  if (!trunk || !branch) return "missing";
  return {
    Success: true,
    IPAllocationMetadata: [branchAllocation(branch, ipamd.settings.ipv6)],
    PodVlanId: branch.vlanId,
    PodENIMAC: branch.mac,
    PodENISubnetGW: ipamd.settings.ipv6 ? IPV6_GATEWAY : gatewayOf(branch.subnetCidr),
    ParentIfIndex: linkIndexOf(trunk.deviceNumber),
  };
}

/** A branch may have addresses of both families; the pod has that of the cluster's. */
const branchAllocation = ({ privateIp, ipv6Address }: BranchDetails, ipv6: boolean): IpAllocation => ({
  IPv4Addr: ipv6 ? "" : privateIp,
  IPv6Addr: ipv6 ? ipv6Address : "",
  DeviceNumber: -1,
  RouteTableId: 0,
});

async function assign({ ipamd }: BackendOptions, request: AddNetworkRequest): Promise<readonly Assignment[]> {
  const { settings } = ipamd;
  if (request.ContainerID === "" || request.IfName === "" || request.NetworkName === "")
    throw new Error("the request names no sandbox, interface or network");
  if (settings.ipv6 && !settings.prefixDelegation) throw new Error("IPv6 addresses come from prefixes, and prefix delegation is off");
  if (request.RequiresMultiNICAttachment && !settings.multiNic)
    throw new Error("the pod asks for several interfaces, ENABLE_MULTI_NIC is off");
  const meta = { namespace: request.K8S_POD_NAMESPACE, name: request.K8S_POD_NAME, uid: request.ContainerID };
  return request.RequiresMultiNICAttachment ? ipamd.assignOnEveryCard(keyOf(request), meta) : [await ipamd.assign(keyOf(request), meta)];
}

const keyOf = ({ NetworkName, ContainerID, IfName }: AddNetworkRequest | DelNetworkRequest) => ({
  networkName: NetworkName,
  containerId: ContainerID,
  ifName: IfName,
});

function allocationOf({ address, deviceNumber, card }: Assignment): IpAllocation {
  const isV6 = address.includes(":");
  return {
    IPv4Addr: isV6 ? "" : address,
    IPv6Addr: isV6 ? address : "",
    DeviceNumber: deviceNumber,
    RouteTableId: interfaceTable(deviceNumber, card),
  };
}

async function delNetwork(options: BackendOptions, request: DelNetworkRequest): Promise<DelNetworkReply> {
  checkVersion(options, request.ClientVersion);
  const { ipamd } = options;
  const allocations = ipamd.unassign(keyOf(request), request.Reason).map(allocationOf);
  const reply = { Success: true, IPAllocationMetadata: allocations, PodVlanId: 0, NetworkPolicyMode: ipamd.settings.networkPolicyMode };
  if (allocations.length === 0) return { ...reply, ...releasedBranch(options, request) };
  await annotate(options, request, allocations, true);
  return reply;
}

/** What a pod that holds no address of the pools had: its branch interface, for the plugin to tear down. */
function releasedBranch({ ipamd, pod: podNamed }: BackendOptions, request: DelNetworkRequest): Partial<DelNetworkReply> {
  if (!ipamd.settings.podEni) throw new RpcError("Unknown", UNKNOWN_POD);
  const pod = podNamed(request.K8S_POD_NAMESPACE, request.K8S_POD_NAME);
  if (!pod) return {};
  if (request.K8S_POD_UID !== "" && pod.metadata.uid !== request.K8S_POD_UID)
    throw new RpcError("Unknown", `pod UID mismatch: ${request.K8S_POD_UID} is gone, ${pod.metadata.uid} has its name`);
  const branch = readPodEni(pod.metadata.annotations?.[POD_ENI])?.[0];
  if (!branch) throw new RpcError("Unknown", `the annotation ${POD_ENI} of the pod is malformed or empty`);
  return { IPAllocationMetadata: [branchAllocation(branch, ipamd.settings.ipv6)], PodVlanId: branch.vlanId };
}

/** An annotation that cannot be written does not keep a pod from its address. */
async function annotate(
  { ipamd, pods, log }: BackendOptions,
  { K8S_POD_NAMESPACE: namespace, K8S_POD_NAME: name }: AddNetworkRequest | DelNetworkRequest,
  [first]: readonly IpAllocation[],
  isRelease: boolean,
): Promise<void> {
  if (!ipamd.settings.annotatePodIp) return;
  const address = first?.IPv4Addr || first?.IPv6Addr || "";
  try {
    await (isRelease ? annotatePodIp(pods, namespace, name, "", address) : annotatePodIp(pods, namespace, name, address));
  } catch (error) {
    ipamd.counters.add("ipamd_error_count", { fn: "annotatePod" });
    log.warn({ pod: `${namespace}/${name}`, error: (error as Error).message }, "pod could not be annotated with its address");
  }
}

function checkVersion({ version }: BackendOptions, given: string): void {
  if (given !== version)
    throw new RpcError("FailedPrecondition", `wrong client version ${JSON.stringify(given)} (!= ${JSON.stringify(version)})`);
}

function networkPolicyConfigs({ ipamd: { settings }, node }: BackendOptions): NetworkPolicyConfigs {
  return {
    NetworkPolicyMode: settings.networkPolicyMode,
    MultiNICEnabled: settings.multiNic,
    NodeIPv4: settings.ipv4 ? (node.ipv4 ?? "") : "",
    NodeIPv6: settings.ipv6 ? (node.ipv6 ?? "") : "",
    InstanceID: node.instanceId,
    Region: node.region,
  };
}
