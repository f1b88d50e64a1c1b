// LimitRanger: default requests and limits, and the bounds of a namespace (Kubernetes documentation, "Limit Ranges").
import type { KubeObject, NewObject } from "../api/object.ts";
import { forbidden } from "../api/status.ts";
import { type Amounts, podAmounts } from "../runtime/pod-resources.ts";
import { formatQuantity, milli } from "../runtime/quantity.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";

const ranges = { group: "", plural: "limitranges" };
const note = "kubernetes.io/limit-ranger";

export function limitRanger(objects: ObjectStorage): AdmissionPlugin {
  const limitsIn = (namespace: string) => objects.list(ranges, namespace).flatMap((each: KubeObject) => each.spec?.limits ?? []);
  return {
    name: "LimitRanger",
    mutate(request) {
      if (!concerns(request, "pods") || request.operation !== "CREATE" || objects.count(ranges, request.namespace) === 0) return;
      fillDefaults(request.object as NewObject, limitsIn(request.namespace));
    },
    validate(request) {
      const pod = concerns(request, "pods");
      const claim = concerns(request, "persistentvolumeclaims");
      if ((!pod && !claim) || request.operation === "DELETE" || objects.count(ranges, request.namespace) === 0) return;
      if (pod && request.operation === "UPDATE" && request.subresource !== "resize") return;
      const object = request.object as NewObject;
      const problems = limitsIn(request.namespace).flatMap((limit) => (pod ? podProblems(object, limit) : claimProblems(object, limit)));
      if (problems.length === 0) return;
      const text = problems.length === 1 ? (problems[0] as string) : `[${problems.join(", ")}]`;
      throw forbidden({ group: "", plural: request.resource }, request.name, text);
    },
  };
}

const concerns = (request: AdmissionRequest, resource: string) =>
  request.group === "" && request.resource === resource && ["", "resize"].includes(request.subresource) && Boolean(request.namespace);

function fillDefaults(pod: NewObject, limits: readonly any[]): void {
  const requests: Record<string, string> = {};
  const maxima: Record<string, string> = {};
  for (const limit of limits) {
    if (limit.type !== "Container") continue;
    Object.assign(requests, limit.defaultRequest);
    Object.assign(maxima, limit.default);
  }
  const set: string[] = [];
  const fill = (container: any, field: "requests" | "limits", defaults: Record<string, string>, kind: string) => {
    const missing = Object.keys(defaults)
      .filter((name) => container.resources?.[field]?.[name] === undefined)
      .sort();
    if (missing.length === 0) return;
    container.resources ??= {};
    container.resources[field] ??= {};
    for (const name of missing) container.resources[field][name] = defaults[name];
    set.push(`${missing.join(", ")} ${field === "requests" ? "request" : "limit"} for ${kind} ${container.name}`);
  };
  const each = (container: any, kind: string) => {
    // A request that is not given follows the container's own limit before the namespace's default.
    const own = Object.keys(container.resources?.limits ?? {});
    const left = Object.fromEntries(Object.entries(requests).filter(([name]) => !own.includes(name)));
    fill(container, "requests", left, kind);
    fill(container, "limits", maxima, kind);
  };
  for (const container of pod.spec?.containers ?? []) each(container, "container");
  for (const container of pod.spec?.initContainers ?? []) each(container, "init container");
  if (set.length > 0) pod.metadata.annotations = { ...pod.metadata.annotations, [note]: `LimitRanger plugin set: ${set.join("; ")}` };
}

function podProblems(pod: NewObject, limit: any): string[] {
  if (limit.type === "Pod") return problems(limit, podAmounts({ spec: pod.spec }), podAmounts({ spec: pod.spec }, "limits"));
  if (limit.type !== "Container") return [];
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].flatMap((container) => {
    const { requests = {}, limits = {} } = container.resources ?? {};
    return problems(limit, amounts({ ...limits, ...requests }), amounts(limits));
  });
}

function claimProblems(claim: NewObject, limit: any): string[] {
  if (limit.type !== "PersistentVolumeClaim") return [];
  const asked = amounts(claim.spec?.resources?.requests ?? {});
  return problems(limit, asked, asked);
}

const amounts = (quantities: Record<string, string>): Amounts =>
  Object.fromEntries(Object.entries(quantities).map(([name, value]) => [name, milli(value)]));

function problems(limit: any, requests: Readonly<Amounts>, limits: Readonly<Amounts>): string[] {
  const found: string[] = [];
  const per = (bound: string, name: string, value: string) => `${bound} ${name} usage per ${limit.type} is ${value}`;
  for (const [name, value] of Object.entries((limit.min ?? {}) as Record<string, string>)) {
    const [request, most] = [requests[name], limits[name]];
    if (request === undefined) found.push(`${per("minimum", name, value)}.  No request is specified`);
    else if (request < milli(value)) found.push(`${per("minimum", name, value)}, but request is ${formatQuantity(name, request)}`);
    else if (most !== undefined && most < milli(value))
      found.push(`${per("minimum", name, value)}, but limit is ${formatQuantity(name, most)}`);
  }
  for (const [name, value] of Object.entries((limit.max ?? {}) as Record<string, string>)) {
    const [request, most] = [requests[name], limits[name]];
    if (most === undefined) found.push(`${per("maximum", name, value)}.  No limit is specified`);
    else if (most > milli(value)) found.push(`${per("maximum", name, value)}, but limit is ${formatQuantity(name, most)}`);
    else if (request !== undefined && request > milli(value))
      found.push(`${per("maximum", name, value)}, but request is ${formatQuantity(name, request)}`);
  }
  for (const [name, value] of Object.entries((limit.maxLimitRequestRatio ?? {}) as Record<string, string>)) {
    const [request, most] = [requests[name] ?? 0, limits[name] ?? 0];
    const ratio = `${name} max limit to request ratio per ${limit.type} is ${value}, but`;
    if (request === 0) found.push(`${ratio} no request is specified or request is 0`);
    else if (most === 0) found.push(`${ratio} no limit is specified or limit is 0`);
    else if (most / request > milli(value) / 1000) found.push(`${ratio} provided ratio is ${(most / request).toFixed(6)}`);
  }
  return found;
}
