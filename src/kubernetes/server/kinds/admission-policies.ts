// Admission policies and their bindings: what would fail later is refused when it is written.
import { compileCondition } from "../../admission/policies/conditions.ts";
import { compileMutation, expressionField, mutationsOf } from "../../admission/policies/mutations.ts";
import { compilePolicy } from "../../admission/policies/policy.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { qualifiedKey } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";

/** Findings about matchConditions. */
export function conditionErrors(conditions: any[] | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, condition] of (conditions ?? []).entries()) {
    const path = `${at}.matchConditions[${i}]`;
    if (!condition.name) errors.push(required(`${path}.name`));
    else for (const problem of qualifiedKey(condition.name)) errors.push(invalid(`${path}.name`, condition.name, problem));
    const program = compileCondition(condition.expression ?? "");
    if ("error" in program) errors.push(invalid(`${path}.expression`, condition.expression, `compilation failed: ${program.error}`));
  }
  return errors;
}

function constraintErrors(constraints: any): FieldError[] {
  if (!constraints) return [required("spec.matchConstraints")];
  return constraints.resourceRules?.length ? [] : [required("spec.matchConstraints.resourceRules")];
}

function bindingErrors({ policyName, paramRef }: any): FieldError[] {
  const errors: FieldError[] = [];
  if (!policyName) errors.push(required("spec.policyName"));
  if (!paramRef) return errors;
  if (!paramRef.name && !paramRef.selector) errors.push(required("spec.paramRef", "one of name or selector must be specified"));
  for (const [one, other] of [
    ["name", "selector"],
    ["selector", "name"],
  ] as const)
    if (paramRef[one] && paramRef[other]) errors.push(forbiddenField(`spec.paramRef.${one}`, "name and selector are mutually exclusive"));
  const { parameterNotFoundAction: action } = paramRef;
  if (!action) errors.push(required("spec.paramRef.parameterNotFoundAction"));
  else if (action !== "Allow" && action !== "Deny")
    errors.push(notSupported("spec.paramRef.parameterNotFoundAction", action, ["Deny", "Allow"]));
  return errors;
}

const validating: Strategy = {
  generation: true,
  prepareCreate(object) {
    object.status = {};
  },
  validate(object, old) {
    const { spec = {} } = object;
    const errors: FieldError[] = [];
    const { validations = [], auditAnnotations = [] } = spec;
    if (validations.length === 0 && auditAnnotations.length === 0) {
      const text = "validations or auditAnnotations must be non-empty";
      errors.push(required("spec.validations", `${text}`), required("spec.auditAnnotations", `${text}`));
    }
    errors.push(...constraintErrors(spec.matchConstraints));
    for (const [i, each] of validations.entries())
      if (!each.expression?.trim()) errors.push(required(`spec.validations[${i}].expression`, "expression is not specified"));
    if (errors.length > 0 || equalJson(spec, old?.spec)) return errors;
    for (const { field, expression, problem } of compilePolicy(spec).errors) errors.push(invalid(field, expression, problem));
    return [...errors, ...conditionErrors(spec.matchConditions, "spec")];
  },
};

const actions = ["Audit", "Deny", "Warn"];

const validatingBindings: Strategy = {
  generation: true,
  validate({ spec = {} }) {
    const errors = bindingErrors(spec);
    const chosen: string[] = spec.validationActions ?? [];
    if (chosen.length === 0) errors.push(required("spec.validationActions", "at least one validation action is required"));
    for (const [i, each] of chosen.entries())
      if (!actions.includes(each)) errors.push(notSupported(`spec.validationActions[${i}]`, each, actions));
    if (chosen.includes("Deny") && chosen.includes("Warn"))
      errors.push(
        invalid(
          "spec.validationActions",
          chosen,
          "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
        ),
      );
    return errors;
  },
};

const mutating: Strategy = {
  generation: true,
  validate({ spec = {} }, old) {
    const errors = constraintErrors(spec.matchConstraints);
    for (const [i, rule] of (spec.matchConstraints?.resourceRules ?? []).entries())
      for (const [j, operation] of (rule.operations ?? []).entries())
        if (!mutatingOperations.includes(operation))
          errors.push(notSupported(`spec.matchConstraints.resourceRules[${i}].operations[${j}]`, operation, mutatingOperations));
    if (!spec.mutations?.length) errors.push(required("spec.mutations", "mutations must contain at least one item"));
    const { reinvocationPolicy: again } = spec;
    if (!again) errors.push(required("spec.reinvocationPolicy"));
    else if (again !== "Never" && again !== "IfNeeded") errors.push(notSupported("spec.reinvocationPolicy", again, ["IfNeeded", "Never"]));
    for (const [i, mutation] of (spec.mutations ?? []).entries()) errors.push(...mutationErrors(mutation, `spec.mutations[${i}]`));
    if (errors.length > 0 || equalJson(spec, old?.spec)) return errors;
    for (const [i, { expression }] of (spec.variables ?? []).entries()) {
      const program = compileMutation(expression ?? "");
      if ("error" in program) errors.push(invalid(`spec.variables[${i}].expression`, expression, `compilation failed: ${program.error}`));
    }
    for (const [i, { expression, patchType, program }] of mutationsOf(spec).entries())
      if ("error" in program)
        errors.push(invalid(`spec.mutations[${i}].${expressionField(patchType)}`, expression, `compilation failed: ${program.error}`));
    return [...errors, ...conditionErrors(spec.matchConditions, "spec")];
  },
};

const mutatingOperations = ["*", "CONNECT", "CREATE", "UPDATE"];

function mutationErrors({ patchType, applyConfiguration, jsonPatch }: any, at: string): FieldError[] {
  if (!patchType) return [required(`${at}.patchType`)];
  if (patchType !== "ApplyConfiguration" && patchType !== "JSONPatch")
    return [notSupported(`${at}.patchType`, patchType, ["ApplyConfiguration", "JSONPatch"])];
  const [own, member] = patchType === "JSONPatch" ? [jsonPatch, "jsonPatch"] : [applyConfiguration, "applyConfiguration"];
  if (!own) return [required(`${at}.${member}`, `must be specified when patchType is ${patchType}`)];
  return own.expression?.trim() ? [] : [required(`${at}.${member}.expression`, "expression is not specified")];
}

const mutatingBindings: Strategy = { generation: true, validate: ({ spec = {} }) => bindingErrors(spec) };

/** Strategies of admission policies and their bindings. */
export const admissionPolicies: Readonly<Record<string, Strategy>> = {
  "validatingadmissionpolicies.admissionregistration.k8s.io": validating,
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": validatingBindings,
  "mutatingadmissionpolicies.admissionregistration.k8s.io": mutating,
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": mutatingBindings,
};
