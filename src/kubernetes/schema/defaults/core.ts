// Defaults of the other core/v1 kinds.
import { child, type Defaulter, fill, fillPointer, isEmpty, type Json } from "./rule.ts";

function service(value: Json): void {
  const spec = child(value, "spec");
  fill(spec, "sessionAffinity", "None");
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds == null)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  fill(spec, "type", "ClusterIP");
  for (const port of spec.ports ?? []) {
    fill(port, "protocol", "TCP");
    if (port.targetPort === 0) delete port.targetPort;
    fill(port, "targetPort", port.port);
  }
  const balanced = spec.type === "LoadBalancer";
  const external = balanced || spec.type === "NodePort" || (spec.type === "ClusterIP" && !isEmpty(spec.externalIPs));
  if (external) fill(spec, "externalTrafficPolicy", "Cluster");
  if (spec.type !== "ExternalName") fillPointer(spec, "internalTrafficPolicy", "Cluster");
  if (!balanced) return;
  fillPointer(spec, "allocateLoadBalancerNodePorts", true);
  for (const ingress of value.status?.loadBalancer?.ingress ?? []) if (ingress.ip) fillPointer(ingress, "ipMode", "VIP");
}

function replicationController(value: Json): void {
  const spec = child(value, "spec");
  fillPointer(spec, "replicas", 1);
  const labels = spec.template?.metadata?.labels;
  if (!labels) return;
  if (isEmpty(spec.selector)) spec.selector = { ...labels };
  const metadata = child(value, "metadata");
  if (isEmpty(metadata.labels)) metadata.labels = { ...labels };
}

/** Container limits: default from max, default request from default, then from min. */
function limitRangeItem(value: Json): void {
  if (value.type !== "Container") return;
  const lend = (from: Json | undefined, into: Json) => {
    for (const [name, quantity] of Object.entries(from ?? {})) if (!Object.hasOwn(into, name)) into[name] = quantity;
  };
  const limits: Json = { ...value.default };
  const requests: Json = { ...value.defaultRequest };
  lend(value.max, limits);
  lend(limits, requests);
  lend(value.min, requests);
  if (!isEmpty(limits)) value.default = limits;
  if (!isEmpty(requests)) value.defaultRequest = requests;
}

/** `stringData` is write-only: its texts become `data`. */
function secret(value: Json): void {
  fill(value, "type", "Opaque");
  if (isEmpty(value.stringData)) {
    delete value.stringData;
    return;
  }
  const data = child(value, "data");
  for (const [name, text] of Object.entries(value.stringData)) data[name] = Buffer.from(String(text), "utf8").toString("base64");
  delete value.stringData;
}

export const coreDefaults: Readonly<Record<string, Defaulter>> = {
  "core.v1.Service": service,
  "core.v1.ReplicationController": replicationController,
  "core.v1.LimitRangeItem": limitRangeItem,
  "core.v1.Secret": secret,
  "core.v1.Namespace": (value) => {
    const name = value.metadata?.name;
    if (name) child(child(value, "metadata"), "labels")["kubernetes.io/metadata.name"] = name;
    fill(child(value, "status"), "phase", "Active");
  },
  "core.v1.NodeStatus": (value) => {
    if (isEmpty(value.allocatable) && !isEmpty(value.capacity)) value.allocatable = { ...value.capacity };
  },
  "core.v1.PersistentVolume": (value) => {
    fill(child(value, "status"), "phase", "Pending");
    const spec = child(value, "spec");
    fill(spec, "persistentVolumeReclaimPolicy", "Retain");
    fillPointer(spec, "volumeMode", "Filesystem");
  },
  "core.v1.PersistentVolumeClaim": (value) => fill(child(value, "status"), "phase", "Pending"),
  "core.v1.PersistentVolumeClaimSpec": (value) => fillPointer(value, "volumeMode", "Filesystem"),
  "core.v1.EndpointPort": (value) => fill(value, "protocol", "TCP"),
};
