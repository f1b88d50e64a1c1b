// What the VPC resource controller, which runs in EKS's control plane, may do in a cluster.
import { roleOfUser } from "../role-of-user.ts";

/** The user it acts as. */
export const CONTROLLER_USER = "eks:vpc-resource-controller";

const NAME = "vpc-resource-controller";
const READ = ["get", "list", "watch"];

/** Its role and binding, by resource type. */
export const vpcResourceRoles = () =>
  roleOfUser({ role: `${NAME}-role`, binding: `${NAME}-rolebinding`, user: CONTROLLER_USER, rules: rules() });

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
