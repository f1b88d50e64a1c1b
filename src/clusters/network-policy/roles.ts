// What the network policy controller, which runs in EKS's control plane, may do in a cluster.
import { roleOfUser } from "../role-of-user.ts";

/** The user it acts as. */
export const NETWORK_POLICY_USER = "eks:network-policy-controller";

const READ = ["get", "list", "watch"];

/** Its role and binding, by resource type. */
export const networkPolicyRoles = () =>
  roleOfUser({
    ...{ role: NETWORK_POLICY_USER, binding: NETWORK_POLICY_USER, user: NETWORK_POLICY_USER },
    rules: [
      { apiGroups: [""], resources: ["pods", "namespaces", "services", "configmaps"], verbs: READ },
      { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: [...READ, "patch", "update"] },
      { apiGroups: ["networking.k8s.aws"], resources: ["policyendpoints"], verbs: [...READ, "create", "update", "patch", "delete"] },
      { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: [...READ, "create"] },
    ],
  });
