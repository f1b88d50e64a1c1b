// x-kubernetes-validations of one schema: how rules are written, and whether they compile.
import { type FieldError, invalid, notSupported, required } from "../../../api/field-error.ts";
import { findField } from "../field-path.ts";
import { compileRule } from "../rules/compile.ts";
import type { Schema } from "../schema.ts";

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
const hasBreaks = (text: string) => /[\n\r]/.test(text);
const rulesOf = (schema: Schema): any[] => schema["x-kubernetes-validations"] ?? [];

/** Findings about the members of rules, before any is compiled. */
export function ruleFormErrors(schema: Schema, path: string): FieldError[] {
  return rulesOf(schema).flatMap((each, i) => formErrors(each, schema, `${path}.x-kubernetes-validations[${i}]`));
}

function formErrors({ rule = "", message = "", messageExpression = "", reason, fieldPath = "" }: any, schema: Schema, path: string) {
  const errors: FieldError[] = [];
  const told = message.trim();
  if (!rule.trim()) errors.push(required(`${path}.rule`, "rule is not specified"));
  else if (message && !told) errors.push(invalid(`${path}.message`, message, "message must be non-empty if specified"));
  else if (hasBreaks(told)) errors.push(invalid(`${path}.message`, message, "message must not contain line breaks"));
  else if (hasBreaks(rule.trim()) && !told)
    errors.push(required(`${path}.message`, "message must be specified if rule contains line breaks"));
  if (messageExpression && !messageExpression.trim())
    errors.push(required(`${path}.messageExpression`, "messageExpression must be non-empty if specified"));
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, reasons));
  const says = (text: string) => errors.push(invalid(`${path}.fieldPath`, fieldPath, text));
  if (fieldPath && !fieldPath.trim()) says("fieldPath must be non-empty if specified");
  if (hasBreaks(fieldPath)) says("fieldPath must not contain line breaks");
  if (fieldPath && "problem" in findField(fieldPath, schema)) says("fieldPath must be a valid path");
  return errors;
}

/** Findings of the compiler. `stray` is the place above which values of different times cannot be told to be the same, if there is one. */
export function ruleErrors(schema: Schema, root: boolean, path: string, stray: string | undefined): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, declared] of rulesOf(schema).entries()) {
    const at = `${path}.x-kubernetes-validations[${i}]`;
    const { rule, problem, messageProblem } = compileRule(declared, schema, root);
    if (problem) errors.push(invalid(`${at}.rule`, shown(declared), problem));
    if (messageProblem) errors.push(invalid(`${at}.messageExpression`, shown(declared), messageProblem));
    if (rule?.transition && stray !== undefined) {
      const text = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${stray}`;
      errors.push(invalid(`${at}.rule`, declared.rule, text));
    }
    if (!rule?.transition && declared.optionalOldSelf !== undefined)
      errors.push(invalid(`${at}.optionalOldSelf`, declared.optionalOldSelf, "may not be set if oldSelf is not used in rule"));
  }
  return errors;
}

/** A rule as findings show it. */
const shown = ({ rule, message = "", messageExpression = "", reason = null, fieldPath = "", optionalOldSelf = null }: any) => ({
  Rule: rule,
  Message: message,
  MessageExpression: messageExpression,
  Reason: reason,
  FieldPath: fieldPath,
  OptionalOldSelf: optionalOldSelf,
});
