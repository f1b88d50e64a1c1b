// Namespaces, nodes, priority classes and other small kinds.
import { duplicate, type FieldError, forbiddenField, invalid, required } from "../../api/field-error.ts";
import { dns1123Label, labelValueProblem, qualifiedKey } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";
import { oneOf } from "./field-rules.ts";

const nameLabel = "kubernetes.io/metadata.name";

export const namespaces: Strategy = {
  nameProblem: dns1123Label,
  prepareCreate(object) {
    object.spec = { finalizers: ["kubernetes"] };
    object.status = { phase: "Active" };
    object.metadata.labels = { ...object.metadata.labels, [nameLabel]: object.metadata.name ?? "" };
  },
  prepareUpdate(object, old) {
    if (object.spec && old.spec?.finalizers && object.spec.finalizers === undefined && !old.metadata.deletionTimestamp)
      object.spec.finalizers = old.spec.finalizers;
    if (object.metadata.labels === undefined || object.metadata.labels[nameLabel] === undefined) {
      object.metadata.labels = { ...object.metadata.labels, [nameLabel]: old.metadata.name };
    }
  },
  validate(object) {
    const wrong = object.metadata.labels?.[nameLabel] !== object.metadata.name;
    return wrong
      ? [invalid(`metadata.labels[${nameLabel}]`, object.metadata.labels?.[nameLabel], "must match namespace.metadata.name")]
      : [];
  },
};

export const nodes: Strategy = {
  keepsStatus: true,
  validate(object, old) {
    const errors = taintErrors(object.spec?.taints ?? [], "metadata.taints");
    if (old?.spec?.providerID && object.spec?.providerID !== old.spec.providerID) {
      errors.push(
        forbiddenField(
          "spec.providerID",
          "node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)",
        ),
      );
    }
    return errors;
  },
};

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function taintErrors(taints: readonly any[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, taint] of taints.entries()) {
    const { key, value, effect } = taint;
    if (!key) errors.push(required(`${at}[${i}].key`));
    else for (const problem of qualifiedKey(key)) errors.push(invalid(`${at}[${i}].key`, key, problem));
    const problem = value && labelValueProblem(value);
    if (problem) errors.push(invalid(`${at}[${i}].value`, value, problem));
    errors.push(...oneOf(`${at}[${i}].effect`, effect, effects, true));
    const twice = duplicate(`${at}[${i}]`, taint);
    if (seen.has(`${key}:${effect}`)) errors.push({ ...twice, body: `${twice.body}: taints must be unique by key and effect pair` });
    seen.add(`${key}:${effect}`);
  }
  return errors;
}

export const priorityClasses: Strategy = {
  generation: true,
  validate(object, old) {
    const errors: FieldError[] = [];
    const name = object.metadata.name ?? "";
    const known = name === "system-cluster-critical" || name === "system-node-critical";
    if (!old && name.startsWith("system-") && !known) {
      errors.push(forbiddenField("metadata.name", "priority class names with 'system-' prefix are reserved for system use only."));
    }
    if (!old && !known && (object.value ?? 0) > 1_000_000_000)
      errors.push(forbiddenField("value", "maximum allowed value of a user defined priority is 1000000000"));
    if (old && (object.value ?? 0) !== (old.value ?? 0)) errors.push(forbiddenField("value", "may not be changed in an update."));
    if (old && object.preemptionPolicy !== old.preemptionPolicy)
      errors.push(invalid("preemptionPolicy", object.preemptionPolicy, "field is immutable"));
    return errors;
  },
};

/** Kinds whose only rule is that a name is one path segment, or that PUT may create them. */
export const byPut: Strategy = { createOnUpdate: true };
export const counted: Strategy = { generation: true };
export const returned: Strategy = { returnsDeleted: true };
