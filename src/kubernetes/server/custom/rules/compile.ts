// The x-kubernetes-validations of a structural schema, compiled (Kubernetes documentation, "Validation rules").
import type { ASTNode, Environment } from "@marcbachmann/cel-js";
import { type FieldError, invalid, notSupported, required } from "../../../api/field-error.ts";
import { isObject } from "../../../api/json.ts";
import { environmentOf } from "../../../cel/environment.ts";
import { compile, mentions, type Program } from "../../../cel/program.ts";
import type { Schema } from "../schema.ts";
import { declaredType, undefinedField } from "./fields.ts";

/** One rule. */
export interface Rule {
  readonly program: Program;
  readonly message: string | undefined;
  readonly messageExpression: Program | undefined;
  readonly reason: string;
  /** Path below the value at which a finding is shown; "" for the value itself. */
  readonly fieldPath: string;
  /** Compares with the value before: runs on updates only, or with an optional. */
  readonly transition: boolean;
  readonly optionalOldSelf: boolean;
}

/** The rules at one place of a schema and below. */
export interface RuleNode {
  readonly schema: Schema;
  readonly rules: readonly Rule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly items: RuleNode | undefined;
  readonly rest: RuleNode | undefined;
}

const reasons = ["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"];

/** Compiles all rules of a schema; a node is undefined where nothing is to be checked. Findings are about the definition, below `path`. */
export function compileRules(schema: Schema, path: string): { node: RuleNode | undefined; errors: FieldError[] } {
  const errors: FieldError[] = [];
  return { node: nodeOf(schema, path, errors, true), errors };
}

function nodeOf(schema: Schema | undefined, path: string, errors: FieldError[], root = false): RuleNode | undefined {
  if (!isObject(schema)) return undefined;
  const properties = new Map<string, RuleNode>();
  for (const [name, member] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
    const node = nodeOf(member, `${path}.properties[${name}]`, errors);
    if (node) properties.set(name, node);
  }
  const items = nodeOf(schema.items, `${path}.items`, errors);
  const rest = nodeOf(schema.additionalProperties, `${path}.additionalProperties`, errors);
  const declared: any[] = Array.isArray(schema["x-kubernetes-validations"]) ? schema["x-kubernetes-validations"] : [];
  const rules = declared.flatMap((rule, i) => ruleOf(rule, schema, root, `${path}.x-kubernetes-validations[${i}]`, errors) ?? []);
  if (rules.length === 0 && properties.size === 0 && !items && !rest) return undefined;
  return { schema, rules, properties, items, rest };
}

function ruleOf(declared: any, schema: Schema, root: boolean, path: string, errors: FieldError[]): Rule | undefined {
  const { rule = "", message, messageExpression, reason, fieldPath = "", optionalOldSelf = false } = declared ?? {};
  const before = errors.length;
  if (!rule.trim()) errors.push(required(`${path}.rule`, "rule is not specified"));
  if (message !== undefined && /\n/.test(message)) errors.push(invalid(`${path}.message`, message, "message must not contain line breaks"));
  if (message !== undefined && message !== "" && !message.trim())
    errors.push(invalid(`${path}.message`, message, "message must be non-empty if specified"));
  if (/\n/.test(rule.trim()) && !message)
    errors.push(required(`${path}.message`, "message must be specified if rule contains line breaks"));
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, reasons));
  if (errors.length > before) return undefined;
  const environment = environmentFor(schema, optionalOldSelf);
  const compiled = (source: string, field: string, wanted: string, problem: string): Program | undefined => {
    const program = compile(environment, source);
    const found = "error" in program ? program.error : undefinedField(program.ast as ASTNode, schema, root, source);
    const wrong = found ? `compilation failed: ${found}` : typed(program as Program, wanted, schema) ? undefined : problem;
    if (!wrong) return program as Program;
    errors.push({ ...invalid(`${path}.${field}`, "", wrong), body: `Invalid value: ${shown(declared)}: ${wrong}` });
    return undefined;
  };
  const program = compiled(rule, "rule", "bool", "compilation failed: cel expression must evaluate to a bool");
  const text = messageExpression
    ? compiled(messageExpression, "messageExpression", "string", "messageExpression compilation failed: must evaluate to a string")
    : undefined;
  if (!program) return undefined;
  const transition = mentions(program, "oldSelf");
  return {
    program,
    message: message?.trim() || undefined,
    messageExpression: text,
    reason: reason ?? "FieldValueInvalid",
    fieldPath,
    transition,
    optionalOldSelf,
  };
}

const celNames: Readonly<Record<string, string>> = { boolean: "bool", integer: "int", number: "double", array: "list", object: "map" };

function typed({ type, ast }: Program, wanted: string, schema: Schema): boolean {
  if (type !== "dyn") return type === wanted;
  const declared = declaredType(ast, schema);
  return declared === undefined || (celNames[declared] ?? declared) === wanted;
}

const environments = new Map<string, Environment>();

function environmentFor(schema: Schema, optional: boolean): Environment {
  const type = typeName(schema);
  const key = `${type} ${optional}`;
  let found = environments.get(key);
  if (!found) {
    found = environmentOf({ self: type, oldSelf: optional ? `optional<${type}>` : type });
    environments.set(key, found);
  }
  return found;
}

function typeName(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"] || schema.format === "date-time" || schema.format === "date" || schema.format === "byte")
    return "dyn";
  return { string: "string", integer: "int", number: "double", boolean: "bool", array: "list" }[schema.type as string] ?? "dyn";
}

const goText = (value: string | undefined) => JSON.stringify(value ?? "");

/** A rule as Go prints it in findings. */
function shown({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: any): string {
  const pointer = (type: string, value: unknown) => (value === undefined ? `(*${type})(nil)` : `(*${type})(0xc000000000)`);
  return `apiextensions.ValidationRule{Rule:${goText(rule)}, Message:${goText(message)}, MessageExpression:${goText(messageExpression)}, Reason:${pointer("apiextensions.FieldValueErrorReason", reason)}, FieldPath:${goText(fieldPath)}, OptionalOldSelf:${pointer("bool", optionalOldSelf)}}`;
}
