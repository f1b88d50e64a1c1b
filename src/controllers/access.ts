// Access entries that EKS itself makes: for the creator, its own role, and nodes (spec eks-control-plane §12.3, §12.4).

import { uuid } from "../aws/ids.ts";
import { accessType, defaultUsername } from "../services/eks/access-types.ts";
import { accessEntryArn, accessPolicyArn, childKey } from "../services/eks/arn.ts";
import type { AssociatedPolicyRecord, ClusterRecord } from "../services/eks/records.ts";
import type { ControllerDeps } from "./deps.ts";

type Deps = Pick<ControllerDeps, "state" | "clock" | "random" | "directory">;

/** An entry EKS makes. */
interface Wanted {
  readonly principalArn: string;
  readonly principalId: string;
  readonly type: string;
  /** Names of access policies, for the whole cluster. */
  readonly policies: readonly string[];
}

/** An access policy by name, for some namespaces or, if none are named, for the whole cluster. */
interface WantedPolicy {
  readonly name: string;
  readonly namespaces: readonly string[];
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
    policies: wanted.policies.map((name) => associated(cluster, { name, namespaces: [] }, now)),
  });
}

const associated = (cluster: ClusterRecord, { name, namespaces }: WantedPolicy, now: number): AssociatedPolicyRecord => ({
  policyArn: accessPolicyArn(cluster.partition, name),
  scope: namespaces.length > 0 ? "namespace" : "cluster",
  namespaces,
  associatedAt: now,
  modifiedAt: now,
});

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

const AUTO_MODE_POLICIES = ["BlockStorage", "Compute", "LoadBalancing", "Networking"].flatMap((part) => [
  `AmazonEKS${part}Policy`,
  `AmazonEKS${part}ClusterPolicy`,
]);

/** Entries of Auto Mode: its components act in the cluster role, its nodes join through the node role (spec eks-control-plane §16.3). */
export function ensureAutoModeEntries(deps: Deps, cluster: ClusterRecord): void {
  const clusterRole = deps.directory.role(cluster.roleArn);
  if (clusterRole) {
    ensureEntry(deps, cluster, {
      principalArn: clusterRole.arn,
      principalId: clusterRole.id,
      type: "STANDARD",
      policies: AUTO_MODE_POLICIES,
    });
  }
  const nodeRole = cluster.autoModeNodeRoleArn === undefined ? undefined : deps.directory.role(cluster.autoModeNodeRoleArn);
  if (nodeRole) {
    ensureEntry(deps, cluster, {
      principalArn: nodeRole.arn,
      principalId: nodeRole.id,
      type: "EC2",
      policies: ["AmazonEKSAutoNodePolicy"],
    });
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

/** The entry of a capability's role, which must exist; policies that an entry of the role already has stay as they are. */
export function ensureCapabilityEntry(deps: Deps, cluster: ClusterRecord, roleArn: string, policies: readonly WantedPolicy[]): void {
  const role = deps.directory.role(roleArn);
  if (!role) return;
  ensureEntry(deps, cluster, { principalArn: role.arn, principalId: role.id, type: "STANDARD", policies: [] });
  deps.state.accessEntries.update(childKey(cluster, cluster.name, role.arn), (entry) => {
    const now = deps.clock.now();
    const lacking = policies
      .map((policy) => associated(cluster, policy, now))
      .filter(({ policyArn }) => !entry.policies.some((present) => present.policyArn === policyArn));
    return lacking.length === 0 ? entry : { ...entry, policies: [...entry.policies, ...lacking], modifiedAt: now };
  });
}
