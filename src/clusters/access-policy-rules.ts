// What each EKS access policy allows, as RBAC rules (EKS User Guide, "Review access policy permissions"; spec identity §5.7).
import type { PolicyRule } from "../kubernetes/auth/types.ts";

const READ = ["get", "list", "watch"];
const WRITE = ["create", "delete", "deletecollection", "patch", "update"];

const rule = (apiGroup: string, verbs: readonly string[], resources: string): PolicyRule => ({
  verbs,
  apiGroups: [apiGroup],
  resources: resources.split(" "),
});

const WORKLOADS = "daemonsets deployments replicasets statefulsets";

const VIEW: readonly PolicyRule[] = [
  rule(
    "apps",
    READ,
    `controllerrevisions ${WORKLOADS} daemonsets/status deployments/scale deployments/status replicasets/scale replicasets/status statefulsets/scale statefulsets/status`,
  ),
  rule("autoscaling", READ, "horizontalpodautoscalers horizontalpodautoscalers/status"),
  rule("batch", READ, "cronjobs cronjobs/status jobs jobs/status"),
  rule("discovery.k8s.io", READ, "endpointslices"),
  rule(
    "extensions",
    READ,
    "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale",
  ),
  rule("networking.k8s.io", READ, "ingresses ingresses/status networkpolicies"),
  rule("policy", READ, "poddisruptionbudgets poddisruptionbudgets/status"),
  rule(
    "",
    READ,
    "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status",
  ),
  rule(
    "",
    READ,
    "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status",
  ),
  rule("", READ, "namespaces"),
];

const EDIT: readonly PolicyRule[] = [
  ...VIEW,
  rule("apps", WRITE, `${WORKLOADS} deployments/rollback deployments/scale replicasets/scale statefulsets/scale`),
  rule("autoscaling", WRITE, "horizontalpodautoscalers"),
  rule("batch", WRITE, "cronjobs jobs"),
  rule(
    "extensions",
    WRITE,
    "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale",
  ),
  rule("networking.k8s.io", WRITE, "ingresses networkpolicies"),
  rule("policy", WRITE, "poddisruptionbudgets"),
  rule("", READ, "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
  rule(
    "",
    WRITE,
    "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy",
  ),
  rule("", WRITE, "pods pods/attach pods/exec pods/portforward pods/proxy"),
  rule("", ["impersonate"], "serviceaccounts"),
];

const ADMIN: readonly PolicyRule[] = [
  ...EDIT,
  rule("authorization.k8s.io", ["create"], "localsubjectaccessreviews"),
  rule("rbac.authorization.k8s.io", [...WRITE, ...READ], "rolebindings roles"),
];

const CLUSTER_ADMIN: readonly PolicyRule[] = [rule("*", ["*"], "*"), { verbs: ["*"], nonResourceURLs: ["*"] }];

const AUTO_NODE: readonly PolicyRule[] = [
  rule("", READ, "nodes pods services endpoints namespaces configmaps secrets persistentvolumes persistentvolumeclaims"),
  rule("", ["create", "patch", "update"], "nodes nodes/status events pods/status"),
  rule("", ["create"], "serviceaccounts/token"),
  rule("coordination.k8s.io", [...READ, "create", "update", "patch"], "leases"),
  rule("discovery.k8s.io", READ, "endpointslices"),
  rule("certificates.k8s.io", ["create", "get"], "certificatesigningrequests"),
];

/** Rules by policy name; a policy that is not here exists for association but grants nothing. */
export const ACCESS_POLICY_RULES: Readonly<Record<string, readonly PolicyRule[]>> = {
  AmazonEKSClusterAdminPolicy: CLUSTER_ADMIN,
  AmazonEKSAdminPolicy: ADMIN,
  AmazonEKSEditPolicy: EDIT,
  AmazonEKSViewPolicy: VIEW,
  AmazonEKSAdminViewPolicy: [rule("*", READ, "*")],
  AmazonEKSSecretReaderPolicy: [rule("", READ, "secrets")],
  AmazonEKSSecretAdminPolicy: [rule("", ["*"], "secrets")],
  AmazonEKSHybridPolicy: [rule("*", ["list"], "nodes")],
  AmazonEKSPodIdentityPolicy: [rule("", ["list"], "pods")],
  AmazonEKSAutoNodePolicy: AUTO_NODE,
  AWSBackupFullAccessPolicyForBackup: [rule("*", ["list", "get"], "*")],
  AWSBackupFullAccessPolicyForRestore: [
    rule("*", ["list", "get", "create"], "*"),
    rule("rbac.authorization.k8s.io", ["create", "update", "escalate", "bind"], "roles clusterroles"),
  ],
};
