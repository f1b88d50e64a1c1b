// Where a pod may run: affinity and topology spread.
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { qualifiedKey } from "../../api/names.ts";
import { labelSelector } from "./field-rules.ts";

const ignored = "IgnoredDuringExecution";

/** Findings about a pod's affinity. */
export function affinityErrors(affinity: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { nodeAffinity: node, podAffinity, podAntiAffinity } = affinity ?? {};
  const hard = node?.[`requiredDuringScheduling${ignored}`];
  const place = `${at}.nodeAffinity.requiredDuringScheduling${ignored}`;
  if (hard && !hard.nodeSelectorTerms?.length)
    errors.push(required(`${place}.nodeSelectorTerms`, "must have at least one node selector term"));
  for (const [i, term] of (hard?.nodeSelectorTerms ?? []).entries())
    errors.push(...nodeTermErrors(term, `${place}.nodeSelectorTerms[${i}]`));
  for (const [i, { weight, preference = {} }] of (node?.[`preferredDuringScheduling${ignored}`] ?? []).entries()) {
    const each = `${at}.nodeAffinity.preferredDuringScheduling${ignored}[${i}]`;
    errors.push(...weightErrors(weight, `${each}.weight`), ...nodeTermErrors(preference, `${each}.preference`));
  }
  for (const [name, value] of Object.entries({ podAffinity, podAntiAffinity }))
    errors.push(...podAffinityErrors(value ?? {}, `${at}.${name}`));
  return errors;
}

const weightErrors = (weight: unknown, at: string): FieldError[] =>
  typeof weight === "number" && weight >= 1 && weight <= 100 ? [] : [invalid(at, weight ?? 0, "must be in the range 1-100")];

function nodeTermErrors({ matchExpressions = [], matchFields = [] }: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { key = "", operator, values = [] }] of matchExpressions.entries()) {
    const place = `${at}.matchExpressions[${i}]`;
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0) errors.push(required(`${place}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        errors.push(forbiddenField(`${place}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else if (operator === "Gt" || operator === "Lt") {
      if (values.length !== 1) errors.push(required(`${place}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
    } else errors.push(invalid(`${place}.operator`, operator ?? "", "not a valid selector operator"));
    for (const problem of qualifiedKey(key)) errors.push(invalid(`${place}.key`, key, problem));
  }
  for (const [i, { key = "", operator, values = [] }] of matchFields.entries()) {
    const place = `${at}.matchFields[${i}]`;
    if ((operator === "In" || operator === "NotIn") && values.length !== 1)
      errors.push(required(`${place}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
    if (key !== "metadata.name") errors.push(invalid(`${place}.key`, key, "not a valid field selector key"));
  }
  return errors;
}

function podAffinityErrors(affinity: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const [hard, soft] = [`requiredDuringScheduling${ignored}`, `preferredDuringScheduling${ignored}`];
  for (const [i, term] of (affinity[hard] ?? []).entries()) errors.push(...podTermErrors(term, `${at}.${hard}[${i}]`));
  for (const [i, { weight, podAffinityTerm = {} }] of (affinity[soft] ?? []).entries()) {
    const place = `${at}.${soft}[${i}]`;
    errors.push(...weightErrors(weight, `${place}.weight`), ...podTermErrors(podAffinityTerm, `${place}.podAffinityTerm`));
  }
  return errors;
}

function podTermErrors({ labelSelector: pods, namespaceSelector, topologyKey }: any, at: string): FieldError[] {
  const errors = [...labelSelector(`${at}.labelSelector`, pods), ...labelSelector(`${at}.namespaceSelector`, namespaceSelector)];
  if (!topologyKey) errors.push(required(`${at}.topologyKey`, "can not be empty"));
  else for (const problem of qualifiedKey(topologyKey)) errors.push(invalid(`${at}.topologyKey`, topologyKey, problem));
  return errors;
}

const unsatisfiable = ["DoNotSchedule", "ScheduleAnyway"];

/** Findings about topology spread constraints. */
export function spreadErrors(constraints: readonly any[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, constraint] of constraints.entries()) {
    const { maxSkew = 0, topologyKey, whenUnsatisfiable = "", minDomains } = constraint;
    const place = `${at}[${i}]`;
    if (maxSkew <= 0) errors.push(invalid(`${place}.maxSkew`, maxSkew, "must be greater than zero"));
    if (!topologyKey) errors.push(required(`${place}.topologyKey`, "can not be empty"));
    if (!unsatisfiable.includes(whenUnsatisfiable))
      errors.push(notSupported(`${place}.whenUnsatisfiable`, whenUnsatisfiable, unsatisfiable));
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.push(duplicate(`${place}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    if (minDomains !== undefined && minDomains <= 0) errors.push(invalid(`${place}.minDomains`, minDomains, "must be greater than zero"));
    if (minDomains !== undefined && whenUnsatisfiable === "ScheduleAnyway")
      errors.push(
        invalid(`${place}.minDomains`, minDomains, "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"),
      );
    errors.push(...labelSelector(`${place}.labelSelector`, constraint.labelSelector));
  }
  return errors;
}
