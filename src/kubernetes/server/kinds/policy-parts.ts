// Parts that validating and mutating admission policies share: parameters, constraints, variables, references.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { dns1035Label, dns1123Subdomain, segmentProblems } from "../../api/names.ts";
import { type MemberTypes, unknownType } from "./expression-types.ts";
import { labelSelector, named, oneOf } from "./field-rules.ts";
import { failurePolicies, matchResourceErrors } from "./match-rules.ts";
import { checkExpression, type Vocabulary } from "./policy-expressions.ts";

/** Findings about what begins both policies: failure policy, kind of parameters, constraints. `operations` are those it may speak of; default: all. */
export function headErrors({ failurePolicy, paramKind, matchConstraints }: any, operations?: readonly string[]): FieldError[] {
  const errors = oneOf("spec.failurePolicy", failurePolicy, failurePolicies, true);
  if (paramKind) errors.push(...paramKindErrors(paramKind, "spec.paramKind"));
  if (!matchConstraints) return [...errors, required("spec.matchConstraints")];
  errors.push(...matchResourceErrors(matchConstraints, "spec.matchConstraints", operations));
  return matchConstraints.resourceRules?.length ? errors : [...errors, required("spec.matchConstraints.resourceRules")];
}

function paramKindErrors({ apiVersion = "", kind = "" }: any, at: string): FieldError[] {
  const errors = versionErrors(apiVersion, `${at}.apiVersion`);
  if (!kind) return [...errors, required(`${at}.kind`)];
  const problem = dns1035Label(kind.toLowerCase());
  return problem ? [...errors, invalid(`${at}.kind`, kind, `may have mixed case, but should otherwise match: ${problem}`)] : errors;
}

function versionErrors(apiVersion: string, at: string): FieldError[] {
  if (!apiVersion) return [required(at)];
  const parts = apiVersion === "/" ? ["", ""] : apiVersion.split("/");
  if (parts.length > 2) return [invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [version = "", group = ""] = parts.reverse();
  const errors = group ? named(at, group, dns1123Subdomain(group)) : [];
  return [...errors, ...(version ? named(at, version, dns1035Label(version)) : [invalid(at, apiVersion, "version must be specified")])];
}

const reserved = new Set([
  ..."true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "),
]);
const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;

/** Findings about a policy's variables, and their types for the expressions behind them. */
export function checkVariables(variables: readonly any[], vocabulary: Vocabulary): { errors: FieldError[]; types: MemberTypes } {
  const errors: FieldError[] = [];
  const types: Record<string, string> = {};
  for (const [i, { name = "", expression = "" }] of variables.entries()) {
    const at = `spec.variables[${i}]`;
    if (!name.trim()) errors.push(required(`${at}.name`, "name is not specified"));
    else if (!identifier.test(name) || reserved.has(name)) errors.push(invalid(`${at}.name`, name, "name is not a valid CEL identifier"));
    if (!expression.trim()) errors.push(required(`${at}.expression`, "expression is not specified"));
    else {
      const { type, problem } = checkExpression(expression, { ...vocabulary, variables: { ...types } }, []);
      if (problem) errors.push(invalid(`${at}.expression`, expression, problem));
      else types[name] = type ?? unknownType;
    }
  }
  return { errors, types };
}

/** Findings about what begins both bindings. Kubernetes spells `matchResouces` so. */
export function bindingErrors({ policyName = "", paramRef, matchResources }: any): FieldError[] {
  return [
    ...(policyName ? named("spec.policyName", policyName, dns1123Subdomain(policyName)) : [required("spec.policyName")]),
    ...(paramRef ? referenceErrors(paramRef, "spec.paramRef") : []),
    ...matchResourceErrors(matchResources, "spec.matchResouces"),
  ];
}

function referenceErrors({ name = "", selector, parameterNotFoundAction = "" }: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const both = "name and selector are mutually exclusive";
  if (name) for (const problem of segmentProblems(name)) errors.push(invalid(`${at}.name`, name, problem));
  if (name && selector) errors.push(forbiddenField(`${at}.name`, both));
  if (selector) errors.push(...labelSelector(`${at}.selector`, selector));
  if (name && selector) errors.push(forbiddenField(`${at}.selector`, both));
  if (!name && !selector) errors.push(required(at, "one of name or selector must be specified"));
  const field = `${at}.parameterNotFoundAction`;
  if (!parameterNotFoundAction) errors.push(required(field));
  else if (!["Deny", "Allow"].includes(parameterNotFoundAction))
    errors.push(notSupported(field, parameterNotFoundAction, ["Deny", "Allow"]));
  return errors;
}
