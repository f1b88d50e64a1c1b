// What every kind of node does to join a cluster, and how it stands there.
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import type { IamDirectory, SessionIssuer } from "../services/ports.ts";
import type { NodeBoot, NodeStatus } from "./node-runtime.ts";

/** Whether the cluster knows nodes of this role: through access entries or aws-auth, like everybody. `sessionName` is the role session's. */
export async function isAdmitted(
  { directory, sessions }: { readonly directory: IamDirectory; readonly sessions: SessionIssuer },
  cluster: EmbeddedCluster,
  boot: NodeBoot,
  sessionName: string,
): Promise<boolean> {
  const role = directory.role(boot.nodeRoleArn);
  if (!role) return false;
  const { arn, accountId, userId } = sessions.callerFor(role, sessionName);
  const user = await cluster.mapIdentity({ arn, accountId, userId, accessKeyId: undefined });
  return user?.username === `system:node:${boot.privateDnsName}` && user.groups.includes("system:nodes");
}

/** How a node stands by its object in the cluster; booting before it has one. */
export function statusIn(cluster: EmbeddedCluster | undefined, name: string): NodeStatus {
  const node = cluster?.running.stores.of("nodes").get("", name);
  if (!node) return "booting";
  const ready = node.status?.conditions?.find((condition: { type: string }) => condition.type === "Ready");
  return ready?.status === "True" ? "ready" : "not-ready";
}
