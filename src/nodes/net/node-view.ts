// A node, its pool and its host network, as the judgements of `atoll net explain` need them.
import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import { CNI_CONFIG_MAP, POD_ENI } from "../../cni/branch/names.ts";
import { readPodEni } from "../../cni/branch/pod-annotation.ts";
import { usesBranch } from "../../cni/branch/pod-claims.ts";
import { isWindowsIpamOn } from "../../cni/branch/settings.ts";
import type { EnforcingMode } from "../../cni/datapath/branch-pod.ts";
import type { Attached } from "../../cni/datapath/model-driver.ts";
import type { NodeFacts, PodFacts, WindowsFacts } from "../../cni/explain/address-facts.ts";
import { holderOf } from "../../cni/explain/holder.ts";
import type { HostPod, HostView } from "../../cni/explain/host-view.ts";
import { poolFacts } from "../../cni/explain/pool-facts.ts";
import { wantsAddress } from "../../cni/windows/pod-address.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { environmentOf } from "../cni-host.ts";
import { SimulatedNode } from "../simulated-node.ts";
import type { SimulatedNodes } from "../simulated-nodes.ts";
import { WindowsNode } from "../windows-node.ts";
import type { VpcFacts } from "./vpc-facts.ts";

/** A node that runs; undefined if none does. */
export type Node = ReturnType<SimulatedNodes["byName"]>;

const isDone = (pod: KubeObject) => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
const podsOn = (cluster: EmbeddedCluster, node: string) =>
  cluster
    .client()
    .list("pods")
    .filter((pod) => pod.spec.nodeName === node && !isDone(pod));
/** The aws-node pod of a node, if one is there that has not finished. */
export const awsNodeOn = (cluster: EmbeddedCluster, node: string) =>
  podsOn(cluster, node).find((pod) => pod.metadata.namespace === "kube-system" && pod.metadata.labels?.["k8s-app"] === "aws-node");

/** The pod with what its events say. */
export function podFacts(cluster: EmbeddedCluster, pod: KubeObject): PodFacts {
  const { namespace = "", name, uid } = pod.metadata;
  const events = cluster.client().list("events", { namespace });
  const last = (reason: string) => events.filter((each) => each.reason === reason && each.involvedObject?.uid === uid).at(-1)?.message;
  const condition = pod.status?.conditions?.find((each: { type: string }) => each.type === "PodScheduled");
  const unscheduled: string | undefined = condition?.status === "False" ? condition.message : last("FailedScheduling");
  const sandbox: string | undefined =
    last("BranchAllocationFailed") ??
    last("BranchENIAnnotationFailed") ??
    last("ResourceAllocationFailed") ??
    last("FailedCreatePodSandBox");
  return {
    ...{ namespace, name, phase: pod.status?.phase ?? "Pending", node: pod.spec.nodeName || undefined },
    ...{ address: pod.status?.podIP || undefined, hostNetwork: pod.spec.hostNetwork === true },
    wantsBranch: pod.spec.containers?.[0]?.resources?.limits?.[POD_ENI] !== undefined,
    wantsWindowsAddress: wantsAddress(pod),
    ...(unscheduled && { unscheduled }),
    ...(sandbox && { sandbox }),
  };
}

/** The pod's node; undefined if it has no object or nothing runs behind it. */
export function nodeFactsOf(cluster: EmbeddedCluster, name: string, node: Node): NodeFacts | undefined {
  const object = cluster.client().get("nodes", "", name);
  if (!object || !node) return undefined;
  const ready = object.status?.conditions?.find((each: { type: string }) => each.type === "Ready");
  const cni = node instanceof SimulatedNode ? node.cni : undefined;
  return {
    ...{
      name,
      ready: ready?.status === "True",
      condition: ready?.message ?? "no condition yet",
      cordoned: object.spec?.unschedulable === true,
    },
    ...{ fargate: node.boot.fargate !== undefined, instanceType: node.boot.instanceType },
    maxPods: Number(object.status?.capacity?.pods ?? 0),
    pods: podsOn(cluster, name).length,
    awsNode: awsNodeOn(cluster, name)?.status?.phase,
    branches: Number(object.status?.capacity?.[POD_ENI] ?? 0),
    ...(cni?.startFailure !== undefined && { cniFailure: cni.startFailure }),
    ...(cni?.ipamd && { pool: poolFacts(cni.ipamd) }),
    ...(node instanceof WindowsNode && { windows: windowsFactsOf(cluster, name) }),
  };
}

function windowsFactsOf(cluster: EmbeddedCluster, node: string): WindowsFacts {
  const client = cluster.client();
  const told = client
    .list("events")
    .filter(({ involvedObject, reason }) => involvedObject?.kind === "Node" && involvedObject.name === node && REFUSALS.has(reason));
  const refusal = told.at(-1);
  return {
    ipam: isWindowsIpamOn(client.get("configmaps", "kube-system", CNI_CONFIG_MAP)?.data),
    ...(refusal && { refusal: refusal.message }),
  };
}

/** Reasons of events in which the VPC resource controller says what EC2 refused. */
const REFUSALS = new Set(["NoPodAddress", "InsufficientCidrBlocks"]);

/** The host network of a node: its interfaces in EC2, and the pods with addresses of their own. */
export function hostViewOf(cluster: EmbeddedCluster, node: NonNullable<Node>, vpc: VpcFacts): HostView {
  const { privateDnsName: name, instanceId } = node.boot;
  const awsNode = awsNodeOn(cluster, name);
  const subnetCidr = (id: string | undefined) => vpc.subnets.find((subnet) => subnet.id === id)?.cidr ?? "";
  return {
    environment: { ENABLE_IPv4: "true", ...(awsNode && environmentOf(awsNode)) },
    ...(awsNode && { initEnvironment: environmentOf(awsNode, "aws-vpc-cni-init") }),
    // The chains of the host are IPv4's.
    vpcCidrs: vpc.cidrs.filter((cidr) => !cidr.includes(":")),
    enis: vpc.interfaces
      .filter(({ Attachment }) => Attachment?.InstanceId === instanceId)
      .map((eni) => ({
        ...{ id: eni.NetworkInterfaceId ?? "", device: eni.Attachment?.DeviceIndex ?? 0, card: eni.Attachment?.NetworkCardIndex ?? 0 },
        ...{ mac: eni.MacAddress ?? "", primaryIp: eni.PrivateIpAddress ?? "", subnetCidr: subnetCidr(eni.SubnetId) },
        isTrunk: eni.InterfaceType === "trunk",
      })),
    pods: podsOn(cluster, name)
      .filter((pod) => pod.status?.podIP && !pod.spec.hostNetwork)
      .map((pod) => ({ ...hostPod(pod, vpc, setUpMode(node, pod)), ...madeFor(node, pod) })),
  };
}

/** A pod with an address, on its host. */
export function hostPod(pod: KubeObject, vpc: VpcFacts, mode?: EnforcingMode): HostPod {
  const { namespace = "", name } = pod.metadata;
  const branch = branchOf(pod, mode);
  return {
    ...{ namespace, name, address: pod.status?.podIP ?? "" },
    eniId: branch ? undefined : ownerOf(vpc, pod.status?.podIP ?? ""),
    ...(branch && { branch }),
  };
}

const ownerOf = (vpc: VpcFacts, address: string) => holderOf(vpc.enis, address)?.id;

/** Prefix and MTU the plugin made the pod's interface with; nothing if it was set up before Atoll was started last. */
function madeFor(node: Node, pod: KubeObject): Pick<HostPod, "setUp"> {
  const attached = attachedOf(node, pod);
  return attached ? { setUp: { vethPrefix: attached.vethPrefix, mtu: attached.mtu } } : {};
}

function attachedOf(node: Node, pod: KubeObject): Attached | undefined {
  return node instanceof SimulatedNode ? node.cni?.driver.of(pod.metadata.namespace ?? "", pod.metadata.name)[0] : undefined;
}

/** The mode the CNI set a pod's branch up in; undefined if the pod has none, or was set up before Atoll was started last. */
export function setUpMode(node: Node, pod: KubeObject): EnforcingMode | undefined {
  const attached = attachedOf(node, pod);
  return attached?.vlanId === undefined ? undefined : attached.mode;
}

/** The pod's branch interface, if it uses one. */
function branchOf(pod: KubeObject, mode: EnforcingMode | undefined): HostPod["branch"] {
  const branch = usesBranch(pod) ? readPodEni(pod.metadata.annotations?.[POD_ENI])?.[0] : undefined;
  if (!branch) return undefined;
  const { vlanId, mac, subnetCidr } = branch;
  return { vlanId, mac, subnetCidr, ...(mode && { mode }) };
}
