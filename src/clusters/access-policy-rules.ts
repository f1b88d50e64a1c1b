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

const ALL = ["*"];
const MANAGE = [...READ, ...WRITE];
const EVENTS = rule("", ["create", "patch"], "events");
const LEASES = rule("coordination.k8s.io", [...READ, "create", "update", "patch", "delete"], "leases");
const DEFINITIONS = (verbs: readonly string[]) => rule("apiextensions.k8s.io", verbs, "customresourcedefinitions");
const ARGO_KINDS = "applications applicationsets appprojects";
const ARGO_DEFINITIONS = ARGO_KINDS.split(" ")
  .map((kind) => `${kind}.argoproj.io`)
  .join(" ");

/** Policies of EKS capabilities. */
const CAPABILITIES: Readonly<Record<string, readonly PolicyRule[]>> = {
  AmazonEKSACKPolicy: [rule("", READ, "namespaces"), rule("*.services.k8s.aws", ALL, "*"), LEASES, EVENTS, DEFINITIONS(ALL)],
  AmazonEKSKROPolicy: [rule("kro.run", ALL, "*"), DEFINITIONS(ALL), LEASES, EVENTS],
  AmazonEKSArgoCDClusterPolicy: [
    rule("", ["create", "get", "update", "patch", "delete"], "namespaces"),
    DEFINITIONS(["create"]),
    { ...DEFINITIONS(["get", "update", "patch", "delete"]), resourceNames: ARGO_DEFINITIONS.split(" ") },
    { verbs: ["get"], nonResourceURLs: ["/api", "/api/*", "/apis", "/apis/*"] },
  ],
  AmazonEKSArgoCDPolicy: [
    rule("", ALL, "secrets"),
    rule("", READ, "configmaps"),
    rule("", [...READ, "create", "patch"], "events"),
    rule(
      "argoproj.io",
      ALL,
      `${ARGO_KINDS} ${ARGO_KINDS.split(" ")
        .flatMap((kind) => [`${kind}/finalizers`, `${kind}/status`])
        .join(" ")}`,
    ),
  ],
};

/** Policies of EKS Auto Mode's components. */
const AUTO_MODE: Readonly<Record<string, readonly PolicyRule[]>> = {
  AmazonEKSBlockStoragePolicy: [LEASES],
  AmazonEKSLoadBalancingPolicy: [LEASES],
  AmazonEKSNetworkingPolicy: [LEASES],
  AmazonEKSComputePolicy: [LEASES],
  AmazonEKSBlockStorageClusterPolicy: [
    rule("storage.k8s.io", MANAGE, "csidrivers"),
    rule("", ["list", "watch", "create", "update", "patch", "delete"], "persistentvolumes"),
    rule("", ["list", "watch", "update"], "persistentvolumeclaims"),
    rule("", ["update", "patch"], "persistentvolumeclaims/status"),
    rule("", READ, "nodes pods"),
    rule("", MANAGE, "events"),
    rule("storage.k8s.io", READ, "storageclasses csinodes volumeattributesclasses"),
    rule("storage.k8s.io", ["list", "watch", "update", "patch"], "volumeattachments volumeattachments/status"),
    rule("snapshot.storage.k8s.io", MANAGE, "volumesnapshots volumesnapshotcontents volumesnapshotclasses"),
    rule("groupsnapshot.storage.k8s.io", MANAGE, "volumegroupsnapshots volumegroupsnapshotcontents volumegroupsnapshotclasses"),
  ],
  AmazonEKSComputeClusterPolicy: [
    rule("karpenter.sh", MANAGE, "nodepools nodepools/status nodeclaims nodeclaims/status"),
    rule("eks.amazonaws.com", MANAGE, "nodeclasses nodediagnostics"),
    rule("", READ, "pods nodes persistentvolumes persistentvolumeclaims replicationcontrollers namespaces"),
    rule("storage.k8s.io", READ, "storageclasses csinodes volumeattachments"),
    rule("apps", ["list", "watch"], WORKLOADS),
    rule("policy", READ, "poddisruptionbudgets"),
    rule("", MANAGE, "events"),
    rule("", ["update", "patch", "delete"], "nodes"),
    rule("", ["create"], "pods/eviction"),
    rule("", ["delete"], "pods"),
    DEFINITIONS(["create"]),
    {
      ...DEFINITIONS(["get", "update", "patch", "delete"]),
      resourceNames: [
        "nodepools.karpenter.sh",
        "nodeclaims.karpenter.sh",
        "nodeclasses.eks.amazonaws.com",
        "nodediagnostics.eks.amazonaws.com",
      ],
    },
  ],
  AmazonEKSLoadBalancingClusterPolicy: [
    EVENTS,
    rule("", READ, "pods nodes endpoints namespaces"),
    rule("", ["update", "patch"], "pods/status"),
    rule("", MANAGE, "services services/status"),
    rule("networking.k8s.io", MANAGE, "ingresses ingresses/status"),
    rule("networking.k8s.io", READ, "ingressclasses"),
    rule("discovery.k8s.io", READ, "endpointslices"),
    rule("eks.amazonaws.com", MANAGE, "targetgroupbindings targetgroupbindings/status"),
    rule("eks.amazonaws.com", READ, "ingressclassparams"),
    DEFINITIONS([...READ, "create"]),
    {
      ...DEFINITIONS(["update", "patch", "delete"]),
      resourceNames: ["targetgroupbindings.eks.amazonaws.com", "ingressclassparams.eks.amazonaws.com"],
    },
    rule("admissionregistration.k8s.io", [...READ, "create"], "mutatingwebhookconfigurations validatingwebhookconfigurations"),
    {
      ...rule(
        "admissionregistration.k8s.io",
        ["update", "patch", "delete"],
        "mutatingwebhookconfigurations validatingwebhookconfigurations",
      ),
      resourceNames: ["eks-load-balancing-webhook"],
    },
  ],
  AmazonEKSNetworkingClusterPolicy: [
    rule("eks.amazonaws.com", READ, "nodeclasses nodeclaims nodeclaims/status"),
    rule("karpenter.sh", READ, "nodeclaims nodeclaims/status"),
    rule("", READ, "pods"),
    rule("eks.amazonaws.com", MANAGE, "cninodes cninodes/status"),
    DEFINITIONS([...READ, "create"]),
    { ...DEFINITIONS(["update", "patch", "delete"]), resourceNames: ["cninodes.eks.amazonaws.com"] },
    EVENTS,
  ],
};

/** Rules by policy name; a policy that is not here exists for association but grants nothing. */
export const ACCESS_POLICY_RULES: Readonly<Record<string, readonly PolicyRule[]>> = {
  ...CAPABILITIES,
  ...AUTO_MODE,
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
