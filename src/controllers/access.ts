// Access entries that EKS itself makes: for the creator, its own role, and nodes (spec eks-control-plane §12.3, §12.4).

import { uuid } from "../aws/ids.ts";
import { accessType, defaultUsername } from "../services/eks/access-types.ts";
import { accessEntryArn, accessPolicyArn, childKey } from "../services/eks/arn.ts";
import type { ClusterRecord } from "../services/eks/records.ts";
import type { ControllerDeps } from "./deps.ts";

type Deps = Pick<ControllerDeps, "state" | "clock" | "random" | "directory">;

/** An entry EKS makes. */
interface Wanted {
  readonly principalArn: string;
  readonly principalId: string;
  readonly type: string;
  readonly policies: readonly string[];
}

/** Writes an entry unless the principal has one. */
function ensureEntry({ state, clock, random }: Deps, cluster: ClusterRecord, wanted: Wanted): void {
  const key = childKey(cluster, cluster.name, wanted.principalArn);
  if (state.accessEntries.has(key)) return;
  const now = clock.now();
  const type = accessType(wanted.type, cluster.name);
  state.accessEntries.put(key, {
    clusterName: cluster.name,
    principalArn: wanted.principalArn,
    principalId: wanted.principalId,
    arn: accessEntryArn(cluster, cluster.name, wanted.principalArn, uuid(random)),
    type: wanted.type,
    username: defaultUsername(type, wanted.principalArn),
    kubernetesGroups: type.groups,
    createdAt: now,
    modifiedAt: now,
    tags: {},
    policies: wanted.policies.map((name) => ({
      policyArn: accessPolicyArn(cluster.partition, name),
      scope: "cluster",
      namespaces: [],
      associatedAt: now,
      modifiedAt: now,
    })),
  });
}

/** Entries of a new cluster, or of one that leaves CONFIG_MAP mode: the creator as administrator, and EKS's own role. */
export function ensureDefaultEntries(deps: Deps, cluster: ClusterRecord): void {
  const own = deps.directory.ensureServiceLinkedRole(cluster.account, "eks.amazonaws.com");
  ensureEntry(deps, cluster, {
    principalArn: own.arn,
    principalId: own.id,
    type: "STANDARD",
    policies: ["AmazonEKSClusterInsightsPolicy", "AmazonEKSEventPolicy"],
  });
  if (cluster.bootstrapCreatorAdmin) {
    ensureEntry(deps, cluster, { ...cluster.creator, type: "STANDARD", policies: ["AmazonEKSClusterAdminPolicy"] });
  }
}

/** The entry through which nodes of a role join; the role must exist. */
export function ensureNodeEntry(deps: Deps, cluster: ClusterRecord, roleArn: string, windows: boolean): void {
  const role = deps.directory.role(roleArn);
  if (!role || cluster.authenticationMode === "CONFIG_MAP") return;
  ensureEntry(deps, cluster, { principalArn: role.arn, principalId: role.id, type: windows ? "EC2_WINDOWS" : "EC2_LINUX", policies: [] });
}

/**
 * The entry through which Fargate machines of a pod execution role join. False if the role has an entry of another type, under which
 * they could not.
 */
export function ensureFargateEntry(deps: Deps, cluster: ClusterRecord, roleArn: string): boolean {
  const role = deps.directory.role(roleArn);
  if (!role || cluster.authenticationMode === "CONFIG_MAP") return true;
  ensureEntry(deps, cluster, { principalArn: role.arn, principalId: role.id, type: "FARGATE_LINUX", policies: [] });
  return deps.state.accessEntries.get(childKey(cluster, cluster.name, role.arn))?.type === "FARGATE_LINUX";
}
