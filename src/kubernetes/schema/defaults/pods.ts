// Defaults of pods, containers, probes and volumes (core/v1).
import { defaultPullPolicy } from "./image.ts";
import { child, type Defaulter, fill, fillNumber, fillPointer, isEmpty, type Json } from "./rule.ts";

function container(value: Json): void {
  fill(value, "imagePullPolicy", defaultPullPolicy(value.image));
  fill(value, "terminationMessagePath", "/dev/termination-log");
  fill(value, "terminationMessagePolicy", "File");
}

/** Requests that are absent equal the limits; in pods only, not in templates. */
function requestsFromLimits(containers: readonly Json[] | undefined): void {
  for (const { resources } of containers ?? []) {
    if (isEmpty(resources?.limits)) continue;
    const requests = child(resources, "requests");
    for (const [name, limit] of Object.entries(resources.limits)) if (!Object.hasOwn(requests, name)) requests[name] = limit;
  }
}

function hostPorts(containers: readonly Json[] | undefined): void {
  for (const { ports } of containers ?? []) for (const port of ports ?? []) fillNumber(port, "hostPort", port.containerPort);
}

function pod(value: Json): void {
  const { spec } = value;
  if (!spec) return;
  requestsFromLimits(spec.containers);
  requestsFromLimits(spec.initContainers);
  fillPointer(spec, "enableServiceLinks", true);
  if (spec.hostNetwork) {
    hostPorts(spec.containers);
    hostPorts(spec.initContainers);
  }
}

function podSpec(spec: Json): void {
  fill(spec, "dnsPolicy", "ClusterFirst");
  fill(spec, "restartPolicy", "Always");
  fillPointer(spec, "securityContext", {});
  fillPointer(spec, "terminationGracePeriodSeconds", 30);
  fill(spec, "schedulerName", "default-scheduler");
  // `serviceAccount` is the old name of `serviceAccountName`; the API server always shows both.
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
}

function probe(value: Json): void {
  fillNumber(value, "timeoutSeconds", 1);
  fillNumber(value, "periodSeconds", 10);
  fillNumber(value, "successThreshold", 1);
  fillNumber(value, "failureThreshold", 3);
}

function volume(value: Json): void {
  const sources = Object.keys(value).filter((name) => name !== "name" && value[name] !== null && value[name] !== undefined);
  if (sources.length === 0) value.emptyDir = {};
  if (value.image) fill(value.image, "pullPolicy", defaultPullPolicy(value.image.reference));
}

const fileMode: Defaulter = (value) => fillPointer(value, "defaultMode", 0o644);

export const podDefaults: Readonly<Record<string, Defaulter>> = {
  "core.v1.Pod": pod,
  "core.v1.PodSpec": podSpec,
  "core.v1.Container": container,
  "core.v1.EphemeralContainer": container,
  "core.v1.Probe": probe,
  "core.v1.HTTPGetAction": (value) => {
    fill(value, "path", "/");
    fill(value, "scheme", "HTTP");
  },
  "core.v1.GRPCAction": (value) => fillPointer(value, "service", ""),
  "core.v1.ObjectFieldSelector": (value) => fill(value, "apiVersion", "v1"),
  "core.v1.Volume": volume,
  "core.v1.SecretVolumeSource": fileMode,
  "core.v1.ConfigMapVolumeSource": fileMode,
  "core.v1.DownwardAPIVolumeSource": fileMode,
  "core.v1.ProjectedVolumeSource": fileMode,
  "core.v1.ServiceAccountTokenProjection": (value) => fillPointer(value, "expirationSeconds", 3600),
  "core.v1.HostPathVolumeSource": (value) => fillPointer(value, "type", ""),
};
