// Gives a node its trunk (spec vpc-cni §6.3).
import { BranchSet } from "../../cni/branch/branch-set.ts";
import { featureOf } from "../../cni/branch/cni-node.ts";
import type { NodeInstance } from "../../cni/branch/ec2.ts";
import { ENI_CONFIG_LABEL, POD_ENI, TRUNK_LABEL } from "../../cni/branch/names.ts";
import { readPodEni } from "../../cni/branch/pod-annotation.ts";
import { isFinished } from "../../cni/branch/pod-claims.ts";
import { type BranchNetwork, branchCapacity, ensureTrunk } from "../../cni/branch/trunk.ts";
import { codeOf } from "../../cni/ipamd/errors.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { type ClusterContext, type NodeState, nodeReference } from "./context.ts";

const ENI_CONFIGS = "eniconfigs.crd.k8s.amazonaws.com";
const OS_LABEL = "kubernetes.io/os";

/** Whether the node's CNI asks for security groups for pods. */
export function isManaged(node: KubeObject, cniNode: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  if ((labels[OS_LABEL] ?? "linux") !== "linux") return false;
  return featureOf(cniNode, "SecurityGroupsForPods") !== undefined || labels[TRUNK_LABEL] !== undefined;
}

/** Initializes a managed node; what fails is told by an event, and rejects. A type that cannot carry a trunk is told once. */
export async function initNode(context: ClusterContext, state: NodeState, node: KubeObject, cniNode: KubeObject): Promise<void> {
  const { events, ec2, clock, clusterName } = context;
  const { name } = node.metadata;
  const warn = (reason: string, message: string) => events.event(nodeReference(name), "Warning", reason, message);
  try {
    const instance = await ec2.instance(state.instanceId);
    const capacity = branchCapacity(instance.instanceType);
    if (capacity === 0) {
      state.unsupported = true;
      warn("Unsupported", `The instance type ${instance.instanceType} is not supported for trunk interface (Security Group for Pods)`);
      return;
    }
    const network = networkOf(context, node, cniNode, instance);
    let trunk: Awaited<ReturnType<typeof ensureTrunk>>;
    try {
      trunk = await ensureTrunk(ec2, clock, clusterName, instance, network);
    } catch (error) {
      warn("TrunkENICreationFailed", trunkFailure(error));
      throw error;
    }
    const blocks = await ec2.subnet(network.subnetId);
    const branches = new BranchSet({ ec2, clusterName, instanceId: state.instanceId, trunkId: trunk.id, network, blocks, capacity });
    for (const pod of context.pods.get(name)?.values() ?? []) {
      const held = readPodEni(pod.metadata.annotations?.[POD_ENI]);
      if (held && !isFinished(pod)) branches.adopt(pod.metadata.uid, held);
    }
    if (!trunk.isNew) await branches.reconcile();
    state.branches = branches;
    state.reconciledAt = clock.now();
  } catch (error) {
    warn("NodeTrunkFailedInit", "The node failed initializing trunk interface");
    throw error;
  }
  events.event(nodeReference(name), "Normal", "NodeTrunkInitiated", "The node has trunk interface initialized successfully");
}

/** The instance's subnet and groups, or those of its ENIConfig. Throws if the ENIConfig is not there. */
function networkOf({ kube, events }: ClusterContext, node: KubeObject, cniNode: KubeObject, instance: NodeInstance): BranchNetwork {
  const feature = featureOf(cniNode, "CustomNetworking");
  const label = node.metadata.labels?.[ENI_CONFIG_LABEL];
  if (feature === undefined && label === undefined) return instance;
  const name = feature || label || "";
  const spec = name && kube.get(ENI_CONFIGS, "", name)?.spec;
  if (spec?.subnet) return { subnetId: spec.subnet, groups: spec.securityGroups?.length ? spec.securityGroups : instance.groups };
  const message = name
    ? `Failed to find the ENIConfig ${name} of the node`
    : "The node asks for custom networking without naming an ENIConfig";
  events.event(nodeReference(node.metadata.name), "Warning", "EniConfigNameNotFound", message);
  throw new Error(message);
}

function trunkFailure(error: unknown): string {
  const code = codeOf(error);
  if (code === "UnauthorizedOperation") return "Insufficient permissions: Unable to create Elastic Network Interface.";
  return code ? `${code}: ${(error as Error).message}` : (error as Error).message;
}
