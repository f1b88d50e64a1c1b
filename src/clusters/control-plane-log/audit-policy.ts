// EKS's audit policy: how much of a request the audit log keeps (spec audit §E.4; EKS Best Practices Guide, "Auditing and logging").
import type { RequestRecord } from "../../kubernetes/server/options.ts";

/** How much is logged: nothing, who and what, the request's body too, or both bodies. */
export type AuditLevel = "None" | "Metadata" | "Request" | "RequestResponse";

const KNOWN_GROUPS = new Set([
  ...["", "apps", "autoscaling", "batch", "extensions", "policy"],
  ...["admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization", "certificates"].map(withSuffix),
  ...["metrics", "networking", "rbac.authorization", "scheduling", "settings", "storage"].map(withSuffix),
]);
const STATUS_WRITERS = new Set(["kubelet", "system:node-problem-detector", "system:serviceaccount:kube-system:node-problem-detector"]);
const ENDPOINT_WRITERS = new Set([
  "system:kube-controller-manager",
  "system:kube-scheduler",
  "system:serviceaccount:kube-system:endpoint-controller",
]);

/** The level of a request: the first rule that matches. */
export function auditLevel({ user, verb, uri, objectRef }: RequestRecord): AuditLevel {
  const name = user?.username ?? "";
  const isNode = user?.groups.includes("system:nodes") ?? false;
  if (!objectRef) return /^\/(healthz|version|swagger)/.test(uri) ? "None" : "Metadata";
  const { group, namespace } = objectRef;
  const resource = objectRef.subresource === "" ? objectRef.resource : `${objectRef.resource}/${objectRef.subresource}`;
  const core = (...resources: string[]) => group === "" && resources.includes(resource);
  const writes = ["update", "patch"].includes(verb);

  if (core("configmaps") && objectRef.name === "aws-auth" && namespace === "kube-system" && (writes || verb === "delete"))
    return "RequestResponse";
  if (name === "system:kube-proxy" && verb === "watch" && core("endpoints", "services", "services/status")) return "None";
  if ((name === "kubelet" || isNode) && verb === "get" && core("nodes", "nodes/status")) return "None";
  if (ENDPOINT_WRITERS.has(name) && ["get", "update"].includes(verb) && core("endpoints") && namespace === "kube-system") return "None";
  if (name === "system:apiserver" && verb === "get" && core("namespaces", "namespaces/status", "namespaces/finalize")) return "None";
  if (name === "system:kube-controller-manager" && ["get", "list"].includes(verb) && group === "metrics.k8s.io") return "None";
  if (core("events")) return "None";
  if ((STATUS_WRITERS.has(name) || isNode) && writes && core("nodes/status", "pods/status")) return "Request";
  if (name === "system:serviceaccount:kube-system:namespace-controller" && verb === "deletecollection") return "Request";
  if (core("secrets", "configmaps") || (group === "authentication.k8s.io" && resource === "tokenreviews")) return "Metadata";
  if (core("serviceaccounts/token")) return "Request";
  if (!KNOWN_GROUPS.has(group)) return "Metadata";
  return ["get", "list", "watch"].includes(verb) ? "Request" : "RequestResponse";
}

function withSuffix(group: string): string {
  return `${group}.k8s.io`;
}
