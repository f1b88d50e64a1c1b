// Whether a rule names only members its schema declares.
import type { ASTNode } from "@marcbachmann/cel-js";
import { isObject } from "../../../api/json.ts";
import { visitNodes } from "../../../cel/program.ts";
import { escapedName } from "../../../cel/values.ts";
import type { Schema } from "../schema.ts";

const anything: Schema = { "x-kubernetes-preserve-unknown-fields": true };
const text: Schema = { type: "string" };
const metadata: Schema = { type: "object", properties: { name: text, generateName: text } };

/** The first member of `self` or `oldSelf` that does not exist, worded as cel-go words it. */
export function undefinedField(ast: ASTNode, schema: Schema, root: boolean, source: string): string | undefined {
  const start = root
    ? { ...schema, properties: { ...schema.properties, apiVersion: text, kind: text, metadata } }
    : schema["x-kubernetes-embedded-resource"]
      ? anything
      : schema;
  let problem: string | undefined;
  visitNodes(ast, (node) => {
    if (problem || (node.op !== "." && node.op !== ".?")) return;
    const [target, name] = node.args as unknown as [ASTNode, string];
    const owner = schemaAt(target, start);
    if (typeof name !== "string" || !owner?.properties || isOpen(owner) || memberOf(owner, name)) return;
    const at = source.indexOf(name, target.end);
    problem = `ERROR: <input>:1:${at}: undefined field '${name}'\n | ${source.replaceAll("\n", " ")}\n | ${".".repeat(Math.max(0, at - 1))}^`;
  });
  return problem;
}

const isOpen = (schema: Schema) =>
  schema["x-kubernetes-preserve-unknown-fields"] === true || isObject(schema.additionalProperties) || schema.additionalProperties === true;

function memberOf(schema: Schema, name: string): Schema | undefined {
  for (const [key, member] of Object.entries((schema.properties ?? {}) as Record<string, Schema>))
    if (escapedName(key) === name) return member;
  return undefined;
}

/** The schema a node's value has; undefined where that is not plain to see. */
function schemaAt(node: ASTNode, start: Schema): Schema | undefined {
  if (node.op === "id") return node.args === ("self" as never) || node.args === ("oldSelf" as never) ? start : undefined;
  if (node.op !== ".") return undefined;
  const [target, name] = node.args as unknown as [ASTNode, string];
  const owner = schemaAt(target, start);
  return owner && typeof name === "string" ? memberOf(owner, name) : undefined;
}

/** The type a schema declares for an expression that only names a member. */
export function declaredType(ast: ASTNode, schema: Schema): string | undefined {
  const found = schemaAt(ast, schema);
  return found && !found["x-kubernetes-int-or-string"] ? found.type : undefined;
}
