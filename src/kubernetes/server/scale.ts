// The scale subresource: an autoscaling/v1 Scale in front of a replicated object.
import { invalid, invalidObject } from "../api/field-error.ts";
import { cloneJson } from "../api/json.ts";
import type { LabelSelector } from "../api/label-selector.ts";
import type { KubeObject, NewObject } from "../api/object.ts";
import { conflict } from "../api/status.ts";
import type { Target } from "./context.ts";

/** The Scale of an object. */
export function scaleOf(object: KubeObject, target: Target): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const facts = target.resource.custom?.scale;
  const replicas = facts ? at(object, facts.specReplicasPath) : object.spec?.replicas;
  const actual = facts ? at(object, facts.statusReplicasPath) : object.status?.replicas;
  const selector = facts ? facts.labelSelectorPath && at(object, facts.labelSelectorPath) : selectorText(object.spec?.selector);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: replicas === undefined ? {} : { replicas },
    status: { replicas: actual ?? 0, ...(selector && { selector }) },
  };
}

/** The object with the replicas a Scale asks for. Throws 409 and 422. */
export function withScale(object: KubeObject, scale: NewObject, target: Target): NewObject {
  const { resourceVersion } = scale.metadata ?? {};
  if (resourceVersion && resourceVersion !== object.metadata.resourceVersion) throw conflict(target.resource, target.name);
  const replicas = scale.spec?.replicas ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0) {
    throw invalidObject("autoscaling", "Scale", target.name, [invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
  }
  const copy = cloneJson(object) as NewObject;
  const steps = (target.resource.custom?.scale?.specReplicasPath ?? ".spec.replicas").split(".").filter(Boolean);
  let holder: any = copy;
  for (const step of steps.slice(0, -1)) holder = holder[step] ??= {};
  holder[steps[steps.length - 1] as string] = replicas;
  delete copy.metadata.resourceVersion;
  return copy;
}

function at(object: any, path: string): any {
  return path
    .split(".")
    .filter(Boolean)
    .reduce((value, step) => value?.[step], object);
}

/** A selector as text: `app=web,tier in (a,b)`. */
export function selectorText(selector: LabelSelector | Record<string, string> | undefined): string {
  if (!selector) return "";
  const { matchLabels, matchExpressions } = selector as LabelSelector;
  const isObjectForm = matchLabels !== undefined || matchExpressions !== undefined;
  const labels = isObjectForm ? (matchLabels ?? {}) : (selector as Record<string, string>);
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of isObjectForm ? (matchExpressions ?? []) : []) {
    if (operator === "Exists") parts.push(key);
    else if (operator === "DoesNotExist") parts.push(`!${key}`);
    else parts.push(`${key} ${operator.toLowerCase()} (${[...values].sort().join(",")})`);
  }
  return parts.sort().join(",");
}
