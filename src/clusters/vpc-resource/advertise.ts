// Tells the scheduler how many of a resource a node has (spec vpc-cni §6.3).
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { ClusterContext } from "./context.ts";

/** Writes the node's capacity; its kubelet makes it allocatable. Rejects with StatusError. */
export async function advertise({ kube }: ClusterContext, node: KubeObject, resource: string, count: number): Promise<void> {
  if (node.status?.capacity?.[resource] === String(count)) return;
  const status = { capacity: { [resource]: String(count) } };
  await kube.patch("nodes", "", node.metadata.name, "merge", { status }, { subresource: "status" });
}
