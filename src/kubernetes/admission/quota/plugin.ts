// ResourceQuota: a write that would take a namespace beyond its quota is refused in the very step that would store it.
import type { KubeObject } from "../../api/object.ts";
import { forbidden } from "../../api/status.ts";
import { formatQuantity, milli } from "../../runtime/quantity.ts";
import { inScope } from "../../runtime/quota-scope.ts";
import type { ObjectStorage } from "../../storage/objects.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../types.ts";
import { objectUsage, unspecified } from "./usage.ts";

const quotas = { group: "", plural: "resourcequotas" };

export function resourceQuota(objects: ObjectStorage): AdmissionPlugin {
  return {
    name: "ResourceQuota",
    commit(request) {
      const { operation, namespace, subresource, object, group, resource } = request;
      if (!namespace || !object || operation === "DELETE" || (subresource !== "" && subresource !== "resize")) return;
      if (objects.count(quotas, namespace) === 0) return;
      const type = group ? `${resource}.${group}` : resource;
      const before = objectUsage(type, request.oldObject);
      const after = objectUsage(type, object);
      for (const quota of objects.list(quotas, namespace)) {
        if (type === "pods" ? inScope(quota, object as KubeObject) : unscoped(quota)) check(quota, type, before, after, request, objects);
      }
    },
  };
}

/** Quotas with scopes speak of pods alone. */
const unscoped = ({ spec }: KubeObject) => !spec?.scopes?.length && !spec?.scopeSelector?.matchExpressions?.length;

function check(
  quota: KubeObject,
  type: string,
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  request: AdmissionRequest,
  objects: ObjectStorage,
): void {
  const { name: quotaName } = quota.metadata;
  const hard = (quota.spec?.hard ?? {}) as Record<string, string>;
  const refuse = (why: string) => forbidden({ group: request.group, plural: request.resource }, request.name, why);
  if (type === "pods" && request.operation === "CREATE" && request.object) {
    const missing = unspecified(request.object, Object.keys(hard));
    if (missing.length > 0) throw refuse(`failed quota: ${quotaName}: must specify ${missing.join("; ")}`);
  }
  const growing = Object.keys(hard)
    .filter((each) => (after[each] ?? 0) > (before[each] ?? 0))
    .sort();
  if (growing.length === 0) return;
  const used = usageIn(quota, type, request, objects);
  const delta = (each: string) => (after[each] ?? 0) - (before[each] ?? 0);
  const limit = (each: string) => milli(hard[each]);
  const over = growing.filter((each) => (used[each] ?? 0) + delta(each) > limit(each));
  if (over.length === 0) return;
  const list = (value: (each: string) => number) => over.map((each) => `${each}=${formatQuantity(each, value(each))}`).join(",");
  const asked = list(delta);
  const text = `requested: ${asked}, used: ${list((each) => used[each] ?? 0)}, limited: ${over.map((each) => `${each}=${hard[each]}`).join(",")}`;
  throw refuse(`exceeded quota: ${quotaName}, ${text}`);
}

/** Counted from what is stored now, never from the quota's status, which follows later. */
function usageIn(quota: KubeObject, type: string, request: AdmissionRequest, objects: ObjectStorage): Record<string, number> {
  const total: Record<string, number> = {};
  const kept = { group: request.group, plural: request.resource };
  for (const object of objects.list(kept, request.namespace)) {
    if (type === "pods" && !inScope(quota, object)) continue;
    for (const [name, value] of Object.entries(objectUsage(type, object))) total[name] = (total[name] ?? 0) + value;
  }
  return total;
}
