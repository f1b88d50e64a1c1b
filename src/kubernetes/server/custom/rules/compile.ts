// The x-kubernetes-validations of a structural schema, compiled (Kubernetes documentation, "Validation rules").
import type { Environment } from "@marcbachmann/cel-js";
import { isObject } from "../../../api/json.ts";
import { checkTypes } from "../../../cel/checker/check.ts";
import { dyn, type StaticType } from "../../../cel/checker/static-type.ts";
import { environmentOf } from "../../../cel/environment.ts";
import { linearMatches } from "../../../cel/library/strings.ts";
import { patternProblem } from "../../../cel/pattern.ts";
import { compile, mentions, type Program, visitNodes } from "../../../cel/program.ts";
import { findField } from "../field-path.ts";
import type { Schema } from "../schema.ts";
import { typeOfSchema } from "./schema-type.ts";

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
  const self = typeOfSchema(schema, root) ?? dyn;
  const variables = { self, oldSelf: optionalOldSelf ? dyn : self };
  const compiled = (source: string, wanted: string, untyped: string, prefix = ""): Program | string => {
    const program = compile(environment, source);
    const checked = typesIn(environment, source, variables);
    if (checked && "error" in checked) return `${prefix}compilation failed: ${checked.error}`;
    if ("error" in program) return `${prefix}compilation failed: ${program.error}`;
    const pattern = badPattern(program);
    if (pattern) return `${prefix ? `${prefix.trim()} instantiation failed` : "program instantiation failed"}: ${pattern}`;
    const names = [checked?.type.name ?? "dyn", program.type].filter((each) => each !== "dyn");
    return names.every((each) => each === wanted) ? program : untyped;
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

const matchers = new Set(["matches", "find", "findAll", linearMatches]);

/** What is wrong with a pattern that stands in an expression as it is. */
function badPattern({ ast }: Program): string | undefined {
  let problem: string | undefined;
  visitNodes(ast, ({ op, args }) => {
    if (op !== "rcall") return;
    const [name, , [pattern]] = args;
    if (matchers.has(name) && pattern?.op === "value" && typeof pattern.args === "string") problem ??= patternProblem(pattern.args);
  });
  return problem;
}

/** What the types of an expression come to; undefined if it cannot be read. */
function typesIn(environment: Environment, source: string, variables: Readonly<Record<string, StaticType>>) {
  try {
    return checkTypes(environment, environment.parse(source).ast, source, variables);
  } catch {
    return undefined;
  }
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
