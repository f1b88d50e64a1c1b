// What the VPC resource controller, which runs in EKS's control plane, may do in a cluster.
import type { NewObject } from "../../kubernetes/api/object.ts";

/** The user it acts as. */
export const CONTROLLER_USER = "eks:vpc-resource-controller";

const NAME = "vpc-resource-controller";
const RBAC = "rbac.authorization.k8s.io";
const READ = ["get", "list", "watch"];

/** Its role and binding, by resource type. */
export function vpcResourceRoles(): { type: string; object: NewObject }[] {
  const apiVersion = `${RBAC}/v1`;
  const role: NewObject = { apiVersion, kind: "ClusterRole", metadata: { name: `${NAME}-role` }, rules: rules() };
  const binding: NewObject = {
    ...{ apiVersion, kind: "ClusterRoleBinding", metadata: { name: `${NAME}-rolebinding` } },
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: `${NAME}-role` },
    subjects: [{ apiGroup: RBAC, kind: "User", name: CONTROLLER_USER }],
  };
  return [
    { type: `clusterroles.${RBAC}`, object: role },
    { type: `clusterrolebindings.${RBAC}`, object: binding },
  ];
}

function rules(): object[] {
  return [
    { apiGroups: [""], resources: ["pods"], verbs: [...READ, "patch", "update"] },
    { apiGroups: [""], resources: ["nodes", "nodes/status"], verbs: [...READ, "patch", "update"] },
    { apiGroups: [""], resources: ["configmaps", "serviceaccounts"], verbs: READ },
    { apiGroups: [""], resources: ["events"], verbs: ["create", "patch", "update"] },
    { apiGroups: ["crd.k8s.amazonaws.com"], resources: ["eniconfigs"], verbs: READ },
    { apiGroups: ["vpcresources.k8s.aws"], resources: ["securitygrouppolicies"], verbs: READ },
    {
      apiGroups: ["vpcresources.k8s.aws"],
      resources: ["cninodes", "cninodes/status"],
      verbs: [...READ, "create", "delete", "patch", "update"],
    },
  ];
}
