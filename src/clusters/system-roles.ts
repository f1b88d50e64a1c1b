// The RBAC objects EKS puts into every cluster besides Kubernetes' own.
import type { NewObject } from "../kubernetes/api/object.ts";

const binding = (name: string, role: string, ...subjects: object[]): NewObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name, labels: { "eks.amazonaws.com/component": "node" } },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
  subjects,
});

const group = (name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name });

const user = (name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "User", name });

/** Objects by resource type, in order of creation. */
export function systemRoles(): { type: string; object: NewObject }[] {
  const bootstrapper: NewObject = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "eks:node-bootstrapper", labels: { "eks.amazonaws.com/component": "node" } },
    rules: [{ apiGroups: ["certificates.k8s.io"], resources: ["certificatesigningrequests/selfnodeserver"], verbs: ["create"] }],
  };
  return [
    { type: "clusterroles.rbac.authorization.k8s.io", object: bootstrapper },
    {
      type: "clusterrolebindings.rbac.authorization.k8s.io",
      object: binding("eks:node-bootstrapper", "eks:node-bootstrapper", group("system:bootstrappers"), group("system:nodes")),
    },
    {
      type: "clusterrolebindings.rbac.authorization.k8s.io",
      object: binding("eks:kube-proxy-windows", "system:node-proxier", group("eks:kube-proxy-windows")),
    },
    {
      type: "clusterrolebindings.rbac.authorization.k8s.io",
      object: binding("eks:kube-proxy-fargate", "system:node-proxier", group("system:node-proxier")),
    },
    {
      type: "clusterrolebindings.rbac.authorization.k8s.io",
      object: binding("eks:addon-cluster-admin", "cluster-admin", user("eks:addon-manager")),
    },
  ];
}
