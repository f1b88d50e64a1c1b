// Keeps a CNINode for every EC2 node, and cleans up after it (spec vpc-cni §6.1, §6.9).
import { FINALIZER, instanceIdOf, newCniNode, repairCniNode } from "../../cni/branch/cni-node.ts";
import { CLUSTER_TAG, CNI_NODES, CNI_OWNER, CONTROLLER_OWNER, INSTANCE_TAG, OWNER_TAG } from "../../cni/branch/names.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { parseTime } from "../../kubernetes/runtime/time.ts";
import { type ClusterContext, nodeReference } from "./context.ts";

/** After this long without success the finalizer goes all the same. */
const CLEANUP_LIMIT = 3 * 60_000;
const OWNERS = [CONTROLLER_OWNER, CNI_OWNER];

/** The node's CNINode, made or repaired if need be. Rejects with StatusError. */
export async function ensureCniNode({ kube, clusterName, events }: ClusterContext, node: KubeObject): Promise<KubeObject> {
  const { name } = node.metadata;
  const present = kube.get(CNI_NODES, "", name);
  if (!present) {
    try {
      return await kube.create(CNI_NODES, "", newCniNode(node, clusterName));
    } catch (error) {
      events.event(nodeReference(name), "Warning", "CNINodeCreationFailed", `Failed to create CNINode: ${(error as Error).message}`);
      throw error;
    }
  }
  const repair = repairCniNode(present, node, clusterName);
  return repair ? kube.patch(CNI_NODES, "", name, "merge", repair) : present;
}

/** Lets a CNINode under deletion go, after deleting what its instance's controllers left behind. Rejects with EC2's error: try again. */
export async function finalizeCniNode(context: ClusterContext, cniNode: KubeObject): Promise<void> {
  const { kube, ec2, clock, log, events } = context;
  const { name, finalizers = [], deletionTimestamp = "" } = cniNode.metadata;
  if (!finalizers.includes(FINALIZER)) return;
  const instanceId: string | undefined = cniNode.spec?.tags?.[INSTANCE_TAG];
  try {
    if (instanceId) for (const id of await ec2.available({ [INSTANCE_TAG]: [instanceId], [OWNER_TAG]: OWNERS })) await ec2.delete(id);
  } catch (error) {
    if (clock.now() - parseTime(deletionTimestamp) < CLEANUP_LIMIT) throw error;
    log.warn({ node: name, error: (error as Error).message }, "interfaces of a gone node are left behind");
    events.event(nodeReference(name), "Warning", "CNINodeDeletionFailed", `Failed to delete leaked ENIs: ${(error as Error).message}`);
  }
  const left = finalizers.filter((each) => each !== FINALIZER);
  await kube.patch(CNI_NODES, "", name, "merge", { metadata: { finalizers: left } });
}

/** Deletes interfaces of CNI and controller that nobody used in this round nor the one before; returns what nobody uses now. */
export async function sweepInterfaces({ ec2, clusterName }: ClusterContext, before: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const found = await ec2.available({ [CLUSTER_TAG]: [clusterName], [OWNER_TAG]: OWNERS });
  for (const id of found) if (before.has(id)) await ec2.delete(id);
  return new Set(found.filter((id) => !before.has(id)));
}

/** Whether the node is EC2's and the controller's business: Auto Mode and Fargate have networks of their own. */
export function isOurs(node: KubeObject): boolean {
  const computeType = node.metadata.labels?.["eks.amazonaws.com/compute-type"];
  return computeType !== "auto" && computeType !== "fargate" && computeType !== "hybrid" && instanceIdOf(node) !== undefined;
}
