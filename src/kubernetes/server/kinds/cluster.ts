// Namespaces, nodes, priority classes and other small kinds.
import { duplicate, type FieldError, forbiddenField, invalid, required } from "../../api/field-error.ts";
import { dns1123Label, labelValueProblem, qualifiedKey } from "../../api/names.ts";
import type { NewObject } from "../../api/object.ts";
import type { Strategy } from "../strategy.ts";
import { immutable, oneOf } from "./field-rules.ts";

const nameLabel = "kubernetes.io/metadata.name";
const own = "kubernetes";
const finalizers = [own, "orphan", "foregroundDeletion"];

export const namespaces: Strategy = {
  nameProblem: dns1123Label,
  prepareCreate(object) {
    const given: readonly string[] = object.spec?.finalizers ?? [];
    object.spec = { finalizers: given.includes(own) ? given : [...given, own] };
    object.status = { phase: "Active" };
    label(object);
  },
  prepareUpdate: label,
  validate({ spec = {} }, old) {
    const at = (i: number) => (old ? `spec.finalizers[${i}]` : "spec.finalizers");
    return (spec.finalizers ?? []).flatMap((name: string, i: number) => finalizerErrors(name, at(i)));
  },
  validateStatus({ metadata, status = {} }) {
    const [wanted, state] = metadata.deletionTimestamp ? ["Terminating", "not empty"] : ["Active", "empty"];
    if (status.phase === wanted) return [];
    return [invalid("status.Phase", status.phase ?? "", `may only be '${wanted}' if \`deletionTimestamp\` is ${state}`)];
  },
};

/** Nobody can give a namespace another name by its label. */
function label(object: NewObject): void {
  object.metadata.labels = { ...object.metadata.labels, [nameLabel]: object.metadata.name ?? "" };
}

function finalizerErrors(name: string, at: string): FieldError[] {
  const errors = qualifiedKey(name).map((problem) => invalid(at, name, problem));
  if (name.includes("/") || finalizers.includes(name)) return errors;
  return [...errors, invalid(at, name, "name is neither a standard finalizer name nor is it fully qualified")];
}

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

const systemClasses: Readonly<Record<string, number>> = { "system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000 };

export const priorityClasses: Strategy = {
  generation: true,
  validate({ metadata, value = 0, globalDefault = false, preemptionPolicy }, old) {
    if (old) {
      const changed = value !== (old.value ?? 0) ? [forbiddenField("value", "may not be changed in an update.")] : [];
      return [...changed, ...immutable("preemptionPolicy", preemptionPolicy, old.preemptionPolicy)];
    }
    const errors: FieldError[] = [];
    const name = metadata.name ?? "";
    const why = name.startsWith("system-") && systemProblem(name, value, globalDefault);
    const reserved = "priority class names with 'system-' prefix are reserved for system use only. error:";
    if (why) errors.push(forbiddenField("metadata.name", `${reserved} ${why}`));
    else if (!name.startsWith("system-") && value > 1_000_000_000)
      errors.push(forbiddenField("value", "maximum allowed value of a user defined priority is 1000000000"));
    if (preemptionPolicy === "") return [...errors, required("preemptionPolicy")];
    return [...errors, ...oneOf("preemptionPolicy", preemptionPolicy, ["PreemptLowerPriority", "Never"])];
  },
};

function systemProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const wanted = systemClasses[name];
  if (wanted === undefined) return `${name} is not a known system priority class`;
  if (value !== wanted) return `value of ${name} PriorityClass must be ${wanted}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

/** Kinds whose only rule is that a name is one path segment, or that PUT may create them. */
export const byPut: Strategy = { createOnUpdate: true };
export const counted: Strategy = { generation: true };
export const returned: Strategy = { returnsDeleted: true };
