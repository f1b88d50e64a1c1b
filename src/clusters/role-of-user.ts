// Rights of a controller that runs in EKS's control plane, as objects of a cluster: a role, and its binding to the user it acts as.
import type { NewObject } from "../kubernetes/api/object.ts";

const RBAC = "rbac.authorization.k8s.io";

/** Names of the role and its binding, the user and what it may do. */
export interface UserRole {
  readonly role: string;
  readonly binding: string;
  readonly user: string;
  readonly rules: readonly object[];
}

/** Role and binding by resource type, in order of creation. */
export function roleOfUser({ role, binding, user, rules }: UserRole): { type: string; object: NewObject }[] {
  const apiVersion = `${RBAC}/v1`;
  const roleRef = { apiGroup: RBAC, kind: "ClusterRole", name: role };
  const subjects = [{ apiGroup: RBAC, kind: "User", name: user }];
  return [
    { type: `clusterroles.${RBAC}`, object: { apiVersion, kind: "ClusterRole", metadata: { name: role }, rules } },
    {
      type: `clusterrolebindings.${RBAC}`,
      object: { apiVersion, kind: "ClusterRoleBinding", metadata: { name: binding }, roleRef, subjects },
    },
  ];
}
