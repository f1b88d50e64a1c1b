// ValidatingAdmissionPolicies and their bindings: what would fail later is refused when it is written.
import { duplicate, type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { qualifiedKey } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";
import { matchConditionErrors } from "./match-conditions.ts";
import { checkExpression, type Vocabulary } from "./policy-expressions.ts";
import { bindingErrors, checkVariables, headErrors } from "./policy-parts.ts";

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const mostAnnotations = 20;
const longestValue = 5 * 1024;
const lineBreak = /[\n\r]/;

export const validatingPolicies: Strategy = {
  generation: true,
  prepareCreate(object) {
    object.status = {};
  },
  validate({ metadata, spec = {} }, old) {
    const errors = headErrors(spec);
    const { paramKind, matchConditions, variables = [], validations = [], auditAnnotations = [] } = spec;
    const words: Vocabulary = { params: paramKind !== undefined, authorizer: true };
    const kept = old && equalJson(paramKind, old.spec?.paramKind) && equalJson(matchConditions, old.spec?.matchConditions);
    if (!kept) errors.push(...matchConditionErrors(matchConditions, "spec.matchConditions", words.params));
    const checked = checkVariables(variables, words);
    errors.push(...checked.errors);
    const vocabulary = variables.length > 0 ? { ...words, variables: checked.types } : words;
    if (validations.length === 0 && auditAnnotations.length === 0) {
      const text = "validations or auditAnnotations must contain at least one item";
      return [...errors, required("spec.validations", text), required("spec.auditAnnotations", text)];
    }
    for (const [i, each] of validations.entries()) errors.push(...validationErrors(each, vocabulary, `spec.validations[${i}]`));
    return [...errors, ...annotationErrors(auditAnnotations, metadata.name ?? "", vocabulary)];
  },
};

function validationErrors(
  { expression = "", messageExpression = "", message = "", reason }: any,
  words: Vocabulary,
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const check = (member: string, source: string, vocabulary: Vocabulary, wanted: string) => {
    const { problem } = checkExpression(source, vocabulary, [wanted]);
    if (problem) errors.push(invalid(`${at}.${member}`, source, problem));
  };
  if (!expression.trim()) errors.push(required(`${at}.expression`, "expression is not specified"));
  else check("expression", expression, words, "bool");
  if (messageExpression && !messageExpression.trim())
    errors.push(invalid(`${at}.messageExpression`, messageExpression, "must be non-empty if specified"));
  else if (messageExpression) check("messageExpression", messageExpression, { ...words, authorizer: false }, "string");
  if (message && !message.trim()) errors.push(invalid(`${at}.message`, message, "message must be non-empty if specified"));
  else if (lineBreak.test(message.trim())) errors.push(invalid(`${at}.message`, message, "message must not contain line breaks"));
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, reasons));
  return errors;
}

function annotationErrors(annotations: readonly any[], policy: string, words: Vocabulary): FieldError[] {
  const errors: FieldError[] = [];
  const list = "spec.auditAnnotations";
  if (annotations.length > mostAnnotations)
    errors.push(invalid(list, annotations, `must not have more than ${mostAnnotations} auditAnnotations`));
  const keys = new Set<string>();
  for (const [i, { key = "", valueExpression = "" }] of annotations.entries()) {
    const at = `${list}[${i}]`;
    const whole = `${policy}/${key}`;
    for (const problem of qualifiedKey(whole)) errors.push(invalid(`${at}.key`, whole, problem));
    errors.push(...valueErrors(valueExpression, words, `${at}.valueExpression`));
    if (keys.has(key)) errors.push(duplicate(`${at}.key`, key));
    keys.add(key);
  }
  return errors;
}

function valueErrors(expression: string, words: Vocabulary, at: string): FieldError[] {
  const source = expression.trim();
  if (!source) return [required(at, "valueExpression is not specified")];
  if (Buffer.byteLength(source) > longestValue) return [required(at, `must not exceed ${longestValue} bytes in length`)];
  const { problem } = checkExpression(source, words, ["string", "null_type"]);
  return problem ? [invalid(at, expression, problem)] : [];
}

const actions = ["Audit", "Deny", "Warn"];
const twice =
  "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";

export const validatingBindings: Strategy = {
  generation: true,
  validate({ spec = {} }) {
    const errors = bindingErrors(spec);
    const at = "spec.validationActions";
    const chosen: readonly string[] = spec.validationActions ?? [];
    for (const [i, each] of chosen.entries()) {
      if (!actions.includes(each)) errors.push(notSupported(`${at}[${i}]`, each, actions));
      if (chosen.indexOf(each) < i) errors.push(duplicate(`${at}[${i}]`, each));
    }
    if (chosen.includes("Deny") && chosen.includes("Warn")) errors.push(invalid(at, chosen, twice));
    if (chosen.length === 0) errors.push(required(at, "at least one validation action is required"));
    return errors;
  },
};
