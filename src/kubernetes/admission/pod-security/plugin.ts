// PodSecurity: enforces, warns and audits by the labels of namespaces; without labels everything is privileged, as on EKS.
import { invalid, invalidObject } from "../../api/field-error.ts";
import type { KubeObject } from "../../api/object.ts";
import { forbidden } from "../../api/status.ts";
import type { ObjectStorage } from "../../storage/objects.ts";
import { namespaceOf } from "../match.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../types.ts";
import type { PodTemplate } from "./checks.ts";
import { type Level, violations, violationText } from "./restricted.ts";

const prefix = "pod-security.kubernetes.io/";
const levels = ["privileged", "baseline", "restricted"];
const modes = ["enforce", "audit", "warn"] as const;
type Mode = (typeof modes)[number];

/** Where workloads keep their pod template. */
const templates: Readonly<Record<string, (object: any) => PodTemplate | undefined>> = {
  "podtemplates.": (object) => object.template,
  "replicationcontrollers.": (object) => object.spec?.template,
  "replicasets.apps": (object) => object.spec?.template,
  "deployments.apps": (object) => object.spec?.template,
  "statefulsets.apps": (object) => object.spec?.template,
  "daemonsets.apps": (object) => object.spec?.template,
  "jobs.batch": (object) => object.spec?.template,
  "cronjobs.batch": (object) => object.spec?.jobTemplate?.spec?.template,
};

export function podSecurity(objects: ObjectStorage): AdmissionPlugin {
  return {
    name: "PodSecurity",
    validate(request) {
      const { group, resource, subresource, operation, object } = request;
      if (!object || operation === "DELETE") return;
      if (group === "" && resource === "namespaces" && subresource === "") return checkNamespace(request, objects);
      const pod = group === "" && resource === "pods";
      if (pod ? !["", "ephemeralcontainers", "resize"].includes(subresource) : subresource !== "") return;
      const template = pod ? (object as PodTemplate) : templates[`${resource}.${group}`]?.(object);
      if (!template?.spec) return;
      if (pod && operation === "UPDATE" && subresource === "" && sameSecurity(object.spec, request.oldObject?.spec)) return;
      judge(request, namespaceOf(request, objects), template, pod);
    },
  };
}

/** Metadata, tolerations and deadlines of a running pod change nothing about its security. */
function sameSecurity(spec: any, old: any): boolean {
  const images = (each: any) => [...(each?.initContainers ?? []), ...(each?.containers ?? [])].map(({ image }) => image).join();
  return images(spec) === images(old);
}

function levelOf(namespace: KubeObject | undefined, mode: Mode): { level: Level; version: string } {
  const labels = namespace?.metadata.labels ?? {};
  const wanted = labels[prefix + mode];
  const version = labels[`${prefix}${mode}-version`] || "latest";
  if (wanted === undefined) return { level: "privileged", version };
  // A label that no validation saw is read as the strictest.
  return { level: (levels.includes(wanted) ? wanted : "restricted") as Level, version };
}

function judge(request: AdmissionRequest, namespace: KubeObject | undefined, template: PodTemplate, pod: boolean): void {
  const about = (mode: Mode) => {
    const { level, version } = levelOf(namespace, mode);
    const found = violations(level, template);
    return found.length > 0 ? `violate PodSecurity "${level}:${version}": ${violationText(found)}` : undefined;
  };
  const enforce = levelOf(namespace, "enforce");
  if (pod) request.annotate?.("pod-security.kubernetes.io/enforce-policy", `${enforce.level}:${enforce.version}`);
  const audit = about("audit");
  if (audit) request.annotate?.("pod-security.kubernetes.io/audit-violations", `would ${audit}`);
  const refused = pod ? about("enforce") : undefined;
  if (refused) {
    const text = refused.replace(/^violate/, "violates");
    throw forbidden({ group: request.group, plural: request.resource }, request.name, text);
  }
  const warning = about("warn");
  if (warning) request.warnings?.push(`would ${warning}`);
}

/** Labels must be levels; a stricter enforcement warns of the pods it would refuse. */
function checkNamespace(request: AdmissionRequest, objects: ObjectStorage): void {
  const { object, oldObject, name } = request;
  const labels = object?.metadata.labels ?? {};
  const errors = modes.flatMap((mode) => {
    const [level, version] = [labels[prefix + mode], labels[`${prefix}${mode}-version`]];
    const field = `metadata.labels[${prefix}${mode}`;
    return [
      ...(level !== undefined && !levels.includes(level)
        ? [invalid(`${field}]`, level, "must be one of privileged, baseline, restricted")]
        : []),
      ...(version !== undefined && !/^(latest|v1\.\d+)$/.test(version)
        ? [invalid(`${field}-version]`, version, 'must be "latest" or "v1.x"')]
        : []),
    ];
  });
  if (errors.length > 0 && request.operation === "CREATE") throw invalidObject("", "Namespace", name, errors);
  if (errors.length > 0 && JSON.stringify(labels) !== JSON.stringify(oldObject?.metadata.labels ?? {}))
    throw invalidObject("", "Namespace", name, errors);
  if (request.operation !== "UPDATE") return;
  const now = levelOf(object as KubeObject, "enforce");
  if (levels.indexOf(now.level) <= levels.indexOf(levelOf(oldObject, "enforce").level)) return;
  const byProblem = new Map<string, string[]>();
  for (const pod of objects.list({ group: "", plural: "pods" }, name)) {
    const reasons = violations(now.level, pod).map(({ reason }) => reason);
    if (reasons.length > 0) byProblem.set(reasons.join(", "), [...(byProblem.get(reasons.join(", ")) ?? []), pod.metadata.name]);
  }
  if (byProblem.size === 0) return;
  request.warnings?.push(
    `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level "${now.level}:${now.version}"`,
  );
  for (const [reasons, [first, ...others]] of byProblem) {
    const more = others.length === 0 ? "" : ` (and ${others.length} other ${others.length === 1 ? "pod" : "pods"})`;
    request.warnings?.push(`${first}${more}: ${reasons}`);
  }
}
