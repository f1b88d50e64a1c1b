// What every kind of node does to join a cluster, and how it stands there.
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import type { IamDirectory, SessionIssuer } from "../services/ports.ts";
import { providerIdOf } from "./node-facts.ts";
import type { NodeBoot, NodeStatus } from "./node-runtime.ts";

/** Who knows the roles of nodes. */
interface Identities {
  readonly directory: IamDirectory;
  readonly sessions: SessionIssuer;
}

/**
 * Why a node cannot join yet; undefined if it can. `cluster` is undefined while the control plane does not answer, `sessionName` is
 * that of the node's role session.
 */
export async function hindrance(
  identities: Identities,
  cluster: EmbeddedCluster | undefined,
  boot: NodeBoot,
  sessionName: string,
): Promise<string | undefined> {
  if (!cluster) return "the control plane does not answer";
  if (!(await isAdmitted(identities, cluster, boot, sessionName))) return "its role is not mapped to system:nodes";
  return predecessor(cluster, boot);
}

/** Whether the cluster knows nodes of this role: through access entries or aws-auth, like everybody. */
async function isAdmitted({ directory, sessions }: Identities, cluster: EmbeddedCluster, boot: NodeBoot, sessionName: string) {
  const role = directory.role(boot.nodeRoleArn);
  if (!role) return false;
  const { arn, accountId, userId } = sessions.callerFor(role, sessionName);
  const user = await cluster.mapIdentity({ arn, accountId, userId, accessKeyId: undefined });
  return user?.username === `system:node:${boot.privateDnsName}` && user.groups.includes("system:nodes");
}

/** Addresses are used again, and nodes are named after them: an earlier machine's node has to be gone first. */
function predecessor(cluster: EmbeddedCluster, boot: NodeBoot): string | undefined {
  const holder: string = cluster.running.stores.of("nodes").get("", boot.privateDnsName)?.spec?.providerID ?? "";
  if (holder !== "" && holder !== providerIdOf(boot)) return `its name is still that of ${holder}`;
  return cluster.fleet.get(boot.privateDnsName) ? "another machine still runs under its name" : undefined;
}

/** How a node stands by its object in the cluster; booting before it has one. */
export function statusIn(cluster: EmbeddedCluster | undefined, name: string): NodeStatus {
  const node = cluster?.running.stores.of("nodes").get("", name);
  if (!node) return "booting";
  const ready = node.status?.conditions?.find((condition: { type: string }) => condition.type === "Ready");
  return ready?.status === "True" ? "ready" : "not-ready";
}
