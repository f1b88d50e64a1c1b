// aws-cni ADD (spec vpc-cni §4.2).
import { hostVeth } from "../datapath/names.ts";
import { type AddNetworkReply, RpcError } from "../rpc/messages.ts";
import { type NetConf, type PodArgs, readArgs, readConf } from "./conf.ts";
import { CniError } from "./errors.ts";
import { addResult, addressOf, type CniResult } from "./result.ts";
import type { PluginCall, PluginSurroundings } from "./surroundings.ts";

/** Gives a pod its network. Throws CniError; the address is then back in the pool. */
export async function add(call: PluginCall, surroundings: PluginSurroundings): Promise<CniResult> {
  const conf = readConf(call.stdin);
  const pod = readArgs(call.args);
  const rpc = await surroundings.dial().catch((error: Error) => {
    throw new CniError(`add cmd: failed to connect to backend server: ${error.message}`);
  });
  const { K8S_POD_UID: _, ...base } = podRequest(call, conf, pod, surroundings.version);
  const reply = await rpc
    .addNetwork({ ...base, Netns: call.netns, RequiresMultiNICAttachment: conf.requiresMultiNic })
    .catch((error: Error) => {
      throw new CniError(`add cmd: Error received from AddNetwork gRPC call: ${grpcText(error)}`);
    });
  if (!reply.Success) throw new CniError("add cmd: failed to assign an IP address to container");
  const veths = vethsOf(conf, pod, reply);
  try {
    setUp(conf, pod, reply, surroundings);
  } catch (error) {
    const request = { ...podRequest(call, conf, pod, surroundings.version), Reason: "SetupNSFailed" };
    await rpc.delNetwork(request).catch(() => {});
    throw new CniError(`add command: failed to setup network: ${(error as Error).message}`);
  }
  await enforcePolicies(reply, pod, surroundings);
  return addResult(conf.cniVersion, { ...pod, netns: call.netns, ifName: call.ifName }, reply, veths);
}

/** The part AddNetwork's and DelNetwork's requests share. */
export function podRequest({ containerId, ifName }: PluginCall, { name: network }: NetConf, pod: PodArgs, version: string) {
  return {
    ClientVersion: version,
    K8S_POD_NAME: pod.name,
    K8S_POD_NAMESPACE: pod.namespace,
    K8S_POD_INFRA_CONTAINER_ID: pod.infraContainerId,
    K8S_POD_UID: pod.uid,
    ContainerID: containerId,
    IfName: ifName,
    NetworkName: network,
  };
}

/** An error as Go's gRPC client prints it. */
export const grpcText = (error: Error): string => (error instanceof RpcError ? error : new RpcError("Unknown", error.message)).message;

function vethsOf({ vethPrefix, mode }: NetConf, { namespace, name }: PodArgs, reply: AddNetworkReply): string[] {
  const prefix = reply.PodVlanId > 0 && mode === "strict" ? "vlan" : vethPrefix;
  return reply.IPAllocationMetadata.map((_, index) => hostVeth(prefix, namespace, name, index));
}

function setUp({ vethPrefix, mtu, mode }: NetConf, { namespace, name }: PodArgs, reply: AddNetworkReply, { driver }: PluginSurroundings) {
  const { IPAllocationMetadata: allocations, PodVlanId: vlanId } = reply;
  const pods = allocations.map((each, index) => ({ namespace, name, index, address: addressOf(each), vethPrefix, mtu }));
  const [first] = pods;
  if (vlanId === 0) {
    driver.setUp(pods.map((pod, index) => ({ ...pod, table: allocations[index]?.RouteTableId ?? 0 })));
  } else if (first) {
    const { PodENIMAC: branchMac, PodENISubnetGW: gateway, ParentIfIndex: parentIndex } = reply;
    driver.setUpBranch({ ...first, mode, vlanId, branchMac, gateway, parentIndex });
  }
}

/** No agent is asked without a mode; one that refuses or cannot be reached keeps the pod from starting. */
async function enforcePolicies(
  reply: AddNetworkReply,
  { namespace, name }: PodArgs,
  { dialPolicyAgent }: PluginSurroundings,
): Promise<void> {
  const { NetworkPolicyMode: mode, IPAllocationMetadata } = reply;
  if (mode === "") return;
  const pod = { namespace, name, mode, interfaceCount: IPAllocationMetadata.length };
  const done = await dialPolicyAgent()
    .then((agent) => agent.enforce(pod))
    .catch(() => false);
  if (!done) throw new CniError("add cmd: failed to setup network policy");
}
