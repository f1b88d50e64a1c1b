// The x-kubernetes-validations of a structural schema, compiled (Kubernetes documentation, "Validation rules").
import type { ASTNode, Environment } from "@marcbachmann/cel-js";
import { isObject } from "../../../api/json.ts";
import { environmentOf } from "../../../cel/environment.ts";
import { compile, mentions, type Program } from "../../../cel/program.ts";
import { findField } from "../field-path.ts";
import type { Schema } from "../schema.ts";
import { declaredType, undefinedField } from "./fields.ts";

/** One rule. */
export interface Rule {
  readonly program: Program;
  readonly message: string | undefined;
  readonly messageExpression: Program | undefined;
  readonly reason: string;
  /** Path below the value at which a finding is shown, `a.b[c]`; "" for the value itself. */
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

/** A compiled rule, or what the compiler says of it or of its messageExpression. */
export interface Compiled {
  readonly rule?: Rule;
  readonly problem?: string;
  readonly messageProblem?: string;
}

/** Compiles all rules of a schema and below; undefined where nothing is to be checked. Rules that do not compile are left out. */
export function compileRules(schema: Schema, root = true): RuleNode | undefined {
  return nodeOf(schema, root);
}

function nodeOf(schema: Schema | undefined, root = false): RuleNode | undefined {
  if (!isObject(schema)) return undefined;
  const properties = new Map<string, RuleNode>();
  for (const [name, member] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
    const node = nodeOf(member);
    if (node) properties.set(name, node);
  }
  const items = nodeOf(schema.items);
  const rest = nodeOf(schema.additionalProperties);
  const declared: any[] = Array.isArray(schema["x-kubernetes-validations"]) ? schema["x-kubernetes-validations"] : [];
  const rules = declared.flatMap((each) => compileRule(each, schema, root).rule ?? []);
  if (rules.length === 0 && properties.size === 0 && !items && !rest) return undefined;
  return { schema, rules, properties, items, rest };
}

/** Compiles one rule of a schema. A messageExpression is looked at only when the rule itself compiles. */
export function compileRule(declared: any, schema: Schema, root: boolean): Compiled {
  const { rule = "", message, messageExpression, reason = "FieldValueInvalid", fieldPath = "", optionalOldSelf = false } = declared ?? {};
  if (!rule.trim()) return {};
  const environment = environmentFor(schema, optionalOldSelf);
  const compiled = (source: string, wanted: string, untyped: string, prefix = ""): Program | string => {
    const program = compile(environment, source);
    const found = "error" in program ? program.error : undefinedField(program.ast as ASTNode, schema, root, source);
    if (found) return `${prefix}compilation failed: ${found}`;
    return typed(program as Program, wanted, schema) ? (program as Program) : untyped;
  };
  const program = compiled(rule, "bool", "cel expression must evaluate to a bool");
  if (typeof program === "string") return { problem: program };
  const untyped = "messageExpression must evaluate to a string";
  const text = messageExpression ? compiled(messageExpression, "string", untyped, "messageExpression ") : undefined;
  const found = fieldPath ? findField(fieldPath, schema) : { path: "" };
  return {
    rule: {
      program,
      message: message?.trim() || undefined,
      messageExpression: typeof text === "string" ? undefined : text,
      reason,
      fieldPath: "path" in found ? found.path : "",
      transition: mentions(program, "oldSelf"),
      optionalOldSelf,
    },
    ...(typeof text === "string" && { messageProblem: text }),
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
