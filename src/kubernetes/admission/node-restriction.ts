// NodeRestriction: a kubelet changes its own node and the pods bound to it, nothing else (Kubernetes documentation, "NodeRestriction").
import { forbidden } from "../api/status.ts";
import { nodeNameOf } from "../auth/node.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";

const restricted = "node-restriction.kubernetes.io/";
const ownLabels = new Set([
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "kubernetes.io/arch",
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);

/** Labels in Kubernetes' own domains that a kubelet may not set. */
function isForbiddenLabel(key: string): boolean {
  if (ownLabels.has(key) || key.startsWith("kubelet.kubernetes.io/") || key.startsWith("node.kubernetes.io/")) return false;
  const domain = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  return /(^|\.)(kubernetes|k8s)\.io$/.test(domain);
}

export function nodeRestriction(objects: ObjectStorage): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    validate(request) {
      const node = nodeNameOf(request.user);
      if (!node) return;
      const { group, resource, subresource, name } = request;
      const refuse = (why: string) => {
        throw forbidden({ group, plural: resource }, name, why);
      };
      if (group === "" && resource === "pods") checkPod(request, node, objects, refuse);
      else if (group === "" && resource === "nodes") checkNode(request, node, refuse);
      else if (group === "" && resource === "serviceaccounts" && subresource === "token") checkToken(request, node, objects, refuse);
      else if (resource === "leases" && group === "coordination.k8s.io") {
        if (request.namespace !== "kube-node-lease") refuse(`can only access leases in the "kube-node-lease" system namespace`);
        if (name !== node) refuse(`can only access node lease with the same name as the requesting node`);
      } else if (resource === "csinodes" && name !== node) refuse("can only access CSINode with the same name as the requesting node");
    },
  };
}

type Refuse = (why: string) => void;

function checkPod(request: AdmissionRequest, node: string, objects: ObjectStorage, refuse: Refuse): void {
  const { operation, subresource, object, namespace, name } = request;
  const stored = request.oldObject ?? objects.get({ group: "", plural: "pods" }, namespace, name);
  if (operation === "CREATE" && subresource === "") {
    if (!object?.metadata.annotations?.["kubernetes.io/config.mirror"])
      refuse(`pod does not have "kubernetes.io/config.mirror" annotation, node "${node}" can only create mirror pods`);
    if (object?.spec?.nodeName !== node) refuse(`node "${node}" can only create pods with spec.nodeName set to itself`);
    return;
  }
  if (stored?.spec?.nodeName !== node) {
    const doing = operation === "DELETE" ? "delete" : subresource === "eviction" ? "evict" : "update status for";
    refuse(`node "${node}" can only ${doing} pods with spec.nodeName set to itself`);
  }
  if (operation === "UPDATE" && subresource !== "status")
    refuse(`unexpected operation "${operation}", node "${node}" can only create, delete and update the status of pods`);
}

function checkNode(request: AdmissionRequest, node: string, refuse: Refuse): void {
  const { name, operation, object, oldObject } = request;
  if (name !== node) refuse(`node "${node}" is not allowed to modify node "${name}"`);
  if (operation === "DELETE") refuse(`node "${node}" is not allowed to delete itself`);
  const [before, after] = [oldObject?.metadata.labels ?? {}, object?.metadata.labels ?? {}];
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key]);
  const bad = changed.filter((key) => key.startsWith(restricted) || isForbiddenLabel(key));
  if (bad.length > 0) refuse(`is not allowed to modify labels: ${bad.sort().join(", ")}`);
  if (operation === "UPDATE" && JSON.stringify(object?.spec?.taints ?? []) !== JSON.stringify(oldObject?.spec?.taints ?? [])) {
    refuse(`node "${node}" is not allowed to modify taints`);
  }
}

function checkToken({ object, namespace }: AdmissionRequest, node: string, objects: ObjectStorage, refuse: Refuse): void {
  const bound = object?.spec?.boundObjectRef;
  if (bound?.kind !== "Pod" || !bound.name) refuse("node requested token not bound to a pod");
  if (!bound?.uid) refuse("node requested token with a pod binding without a uid");
  const pod = objects.get({ group: "", plural: "pods" }, namespace, bound?.name ?? "");
  if (!pod || pod.metadata.uid !== bound?.uid) refuse("node requested token bound to a pod that does not exist");
  if (pod?.spec?.nodeName !== node) refuse("node requested token bound to a pod scheduled on a different node");
}
