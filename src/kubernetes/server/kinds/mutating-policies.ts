// MutatingAdmissionPolicies and their bindings: what would fail later is refused when it is written.
import { type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import type { Strategy } from "../strategy.ts";
import { oneOf } from "./field-rules.ts";
import { matchConditionErrors } from "./match-conditions.ts";
import { checkExpression, type Vocabulary } from "./policy-expressions.ts";
import { bindingErrors, checkVariables, headErrors } from "./policy-parts.ts";

const operations = ["*", "CONNECT", "CREATE", "UPDATE"];

export const mutatingPolicies: Strategy = {
  generation: true,
  validate({ spec = {} }, old) {
    const errors = headErrors(spec, operations);
    const { paramKind, matchConditions, variables = [], mutations = [] } = spec;
    const words: Vocabulary = { params: paramKind !== undefined, authorizer: true };
    const kept = old && equalJson(paramKind, old.spec?.paramKind) && equalJson(matchConditions, old.spec?.matchConditions);
    if (!kept) errors.push(...matchConditionErrors(matchConditions, "spec.matchConditions", words.params));
    const makers: Vocabulary = { ...words, objects: true };
    const checked = checkVariables(variables, makers);
    errors.push(...checked.errors);
    const vocabulary = variables.length > 0 ? { ...makers, variables: checked.types } : makers;
    if (mutations.length === 0) errors.push(required("spec.mutations", "mutations must contain at least one item"));
    for (const [i, mutation] of mutations.entries()) errors.push(...mutationErrors(mutation, vocabulary, `spec.mutations[${i}]`));
    return [...errors, ...oneOf("spec.reinvocationPolicy", spec.reinvocationPolicy, ["IfNeeded", "Never"], true)];
  },
};

const patchTypes = ["ApplyConfiguration", "JSONPatch"];

function mutationErrors(mutation: any, words: Vocabulary, at: string): FieldError[] {
  const { patchType = "" } = mutation;
  if (!patchType) return [required(`${at}.patchType`)];
  if (!patchTypes.includes(patchType)) return [notSupported(`${at}.patchType`, patchType, patchTypes)];
  const [own, other, wanted] =
    patchType === "JSONPatch" ? ["jsonPatch", "applyConfiguration", "list(JSONPatch)"] : ["applyConfiguration", "jsonPatch", "Object"];
  const errors: FieldError[] = [];
  const when = `when patchType is ${patchType}`;
  if (!mutation[own]) errors.push(required(`${at}.${own}`, `must be specified ${when}`));
  else errors.push(...expressionErrors(mutation[own].expression ?? "", words, wanted, `${at}.${own}.expression`));
  if (mutation[other]) errors.push(invalid(`${at}.${other}`, `{${other}}`, `must not be specified ${when}`));
  return errors;
}

function expressionErrors(expression: string, words: Vocabulary, wanted: string, at: string): FieldError[] {
  const source = expression.trim();
  if (!source) return [required(at, "expression is not specified")];
  const { problem } = checkExpression(source, words, [wanted]);
  return problem ? [invalid(at, source, problem)] : [];
}

export const mutatingBindings: Strategy = { generation: true, validate: ({ spec = {} }) => bindingErrors(spec) };
