// Pods: status at birth, quality of service, what may change.
import { type FieldError, forbiddenField, invalid } from "../../api/field-error.ts";
import { cloneJson, equalJson } from "../../api/json.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { parseQuantity } from "../../schema/quantity.ts";
import { type StructType, structNamed } from "../../schema/types.ts";
import type { Strategy } from "../strategy.ts";
import { validatePodSpec } from "./pod-spec.ts";
import { specDiff } from "./spec-diff.ts";

const frozen =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

export const pods: Strategy = {
  generation: true,
  returnsDeleted: true,
  prepareCreate(object) {
    object.status = { phase: "Pending", qosClass: qosClass(object.spec) };
  },
  validate(object, old) {
    if (!old) return validatePodSpec(object.spec, "spec");
    return validateUpdate(object, old);
  },
};

function validateUpdate(object: NewObject, old: KubeObject): FieldError[] {
  if (equalJson(object.spec, old.spec)) return [];
  const errors: FieldError[] = [];
  const spec = cloneJson(object.spec);
  const before = old.spec;
  for (const list of ["containers", "initContainers"]) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      if (!container.image) errors.push({ reason: "FieldValueRequired", field: `spec.${list}[${i}].image`, body: "Required value" });
      const same = before[list]?.[i];
      if (same?.name === container.name) container.image = same.image;
    }
  }
  const tolerations = before.tolerations ?? [];
  if (tolerations.every((each: unknown) => (spec.tolerations ?? []).some((other: unknown) => equalJson(each, other))))
    restore(spec, before, "tolerations");
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && before.activeDeadlineSeconds !== undefined && deadline > before.activeDeadlineSeconds) {
    errors.push(invalid("spec.activeDeadlineSeconds", deadline, "must be less than or equal to previous value"));
  }
  if (deadline !== undefined) restore(spec, before, "activeDeadlineSeconds");
  // Written by their own subresources, whose merge lets nothing else through.
  restore(spec, before, "ephemeralContainers");
  for (const [i, container] of (spec.containers ?? []).entries()) {
    if (before.containers[i]?.name === container.name) restore(container, before.containers[i], "resources");
  }
  const gates = (before.schedulingGates ?? []).map((each: { name: string }) => each.name);
  if ((spec.schedulingGates ?? []).every((each: { name: string }) => gates.includes(each.name))) restore(spec, before, "schedulingGates");
  // The scheduler's binding.
  if (!before.nodeName && spec.nodeName) restore(spec, before, "nodeName");
  if (!equalJson(spec, before)) {
    const struct = structNamed("core.v1.PodSpec") as StructType;
    errors.push(forbiddenField("spec", `${frozen}\n${specDiff(struct, before, spec)}`));
  }
  return errors;
}

function restore(value: any, before: any, member: string): void {
  if (before[member] === undefined) delete value[member];
  else value[member] = before[member];
}

/** Quality of service of a pod spec (Kubernetes documentation, "Pod Quality of Service Classes"). */
export function qosClass(spec: any): "Guaranteed" | "Burstable" | "BestEffort" {
  let any = false;
  let guaranteed = true;
  for (const { resources } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    for (const name of ["cpu", "memory"]) {
      const [request, limit] = [parseQuantity(resources?.requests?.[name] ?? "0"), parseQuantity(resources?.limits?.[name] ?? "0")];
      if ((request?.nanos ?? 0n) > 0n || (limit?.nanos ?? 0n) > 0n) any = true;
      if (!limit?.nanos || (request?.nanos ?? 0n) !== limit.nanos) guaranteed = false;
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}
