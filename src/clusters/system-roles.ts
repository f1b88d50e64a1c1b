// The RBAC objects EKS puts into every cluster besides Kubernetes' own.
import type { NewObject } from "../kubernetes/api/object.ts";
import { appServing, kubeletServing } from "../kubernetes/controllers/certificates/rules.ts";
import { roleOfUser } from "./role-of-user.ts";

/** Approves and signs certificate requests. */
export const CERTIFICATE_USER = "eks:certificate-controller";
/** Labels and drains the nodes of managed node groups. */
export const NODE_MANAGER = "eks:node-manager";
/** Binds pods to Fargate machines; takes them away with their profile. */
export const FARGATE_SCHEDULER = "eks:fargate-scheduler";
export const FARGATE_MANAGER = "eks:fargate-manager";
/** Removes the Node objects of machines that are gone, as the cloud controller manager does. */
export const NODE_CONTROLLER = "system:serviceaccount:kube-system:node-controller";

const binding = (name: string, role: string, ...subjects: object[]): NewObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name, labels: { "eks.amazonaws.com/component": "node" } },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
  subjects,
});

const group = (name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name });

const user = (name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "User", name });

const READ = ["get", "list", "watch"];
const certificates = "certificates.k8s.io";

/** What EKS's certificate controller may beyond Kubernetes' own; which signers each role names is ours. */
const certificateRoles = () => [
  {
    type: "clusterrolebindings.rbac.authorization.k8s.io",
    object: binding(CERTIFICATE_USER, "system:controller:certificate-controller", user(CERTIFICATE_USER)),
  },
  ...(["approve", "sign"] as const).flatMap((verb) => {
    const name = `${CERTIFICATE_USER}-${verb === "sign" ? "signer" : "approver"}`;
    const resourceNames = verb === "sign" ? [appServing] : [kubeletServing];
    const rules = [{ apiGroups: [certificates], resources: ["signers"], resourceNames, verbs: [verb] }];
    return roleOfUser({ role: name, binding: name, user: CERTIFICATE_USER, rules });
  }),
];

/** Rights over managed nodes (EKS User Guide, "Fixing AccessDenied errors for managed node groups"). */
const nodeManagerRoles = () =>
  roleOfUser({
    ...{ role: NODE_MANAGER, binding: NODE_MANAGER, user: NODE_MANAGER },
    rules: [
      { apiGroups: [""], resources: ["pods"], verbs: [...READ, "delete"] },
      { apiGroups: [""], resources: ["nodes"], verbs: [...READ, "patch"] },
      { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
    ],
  });

/** Rights of Fargate's two parts; their names are EKS's, the rules ours. */
const fargateRoles = () => [
  ...roleOfUser({
    ...{ role: FARGATE_SCHEDULER, binding: FARGATE_SCHEDULER, user: FARGATE_SCHEDULER },
    rules: [
      { apiGroups: [""], resources: ["pods"], verbs: [...READ, "patch"] },
      { apiGroups: [""], resources: ["pods/binding"], verbs: ["create"] },
      { apiGroups: [""], resources: ["pods/status"], verbs: ["patch", "update"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch", "update"] },
    ],
  }),
  ...roleOfUser({
    ...{ role: FARGATE_MANAGER, binding: FARGATE_MANAGER, user: FARGATE_MANAGER },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: [...READ, "delete"] }],
  }),
];

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
    ...certificateRoles(),
    ...nodeManagerRoles(),
    ...fargateRoles(),
  ];
}
