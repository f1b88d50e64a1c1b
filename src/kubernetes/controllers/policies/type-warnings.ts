// Members that policies name and the types they match do not have.
import type { ASTNode } from "@marcbachmann/cel-js";
import type { KubeObject } from "../../api/object.ts";
import type { TypeNode } from "../../api/type-node.ts";
import { environmentOf } from "../../cel/environment.ts";
import { compile, explainAt, visitNodes } from "../../cel/program.ts";
import { unescapedSource } from "../../cel/values.ts";
import type { ServedResource } from "../../runtime/catalog.ts";

/** A warning of a policy's status: where, and which types lack what. */
export interface ExpressionWarning {
  readonly fieldRef: string;
  readonly warning: string;
}

/** A type a policy matches, as its warnings name it. */
interface Matched {
  readonly name: string;
  readonly type: TypeNode;
}

const most = 10;
const objects = new Set(["object", "oldObject"]);
const environment = environmentOf({
  ...{ object: "dyn", oldObject: "dyn", request: "dyn", namespaceObject: "dyn", params: "dyn", variables: "dyn" },
  authorizer: "Authorizer",
});

/** Warnings about a policy's validations. Rules with wildcards are not looked at, and ten types at most, as in Kubernetes. */
export function expressionWarnings(
  { spec }: KubeObject,
  served: readonly ServedResource[],
  typeOf: (apiVersion: string, kind: string) => TypeNode | undefined,
): ExpressionWarning[] {
  const types = matchedTypes(spec?.matchConstraints?.resourceRules ?? [], served, typeOf);
  if (types.length === 0) return [];
  return ((spec?.validations ?? []) as Record<string, string>[]).flatMap((validation, i) =>
    ["expression", "messageExpression"].flatMap((member) => {
      const problems = validation[member] ? problemsOf(validation[member], types) : [];
      return problems.length ? [{ fieldRef: `spec.validations[${i}].${member}`, warning: problems.join("\n") }] : [];
    }),
  );
}

function matchedTypes(
  rules: readonly any[],
  served: readonly ServedResource[],
  typeOf: (apiVersion: string, kind: string) => TypeNode | undefined,
): Matched[] {
  const found = new Map<string, Matched>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    if ([apiGroups, apiVersions, resources].some((list: string[]) => list.includes("*"))) continue;
    for (const group of apiGroups as string[]) {
      for (const version of apiVersions as string[]) {
        for (const resource of resources as string[]) {
          const kind = served.find(({ type }) => type === (group ? `${resource}.${group}` : resource))?.kind;
          const type = kind && typeOf(group ? `${group}/${version}` : version, kind);
          const name = `${group}/${version}, Kind=${kind}`;
          if (type) found.set(name, { name, type });
        }
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, most);
}

function problemsOf(expression: string, types: readonly Matched[]): string[] {
  const program = compile(environment, unescapedSource(expression));
  if ("error" in program) return [];
  return types.flatMap(({ name, type }) => {
    const missing = missingMember(program.ast, type);
    if (!missing) return [];
    const at = program.source.indexOf(".", missing.after);
    return [`${name}: ${explainAt(program.source, at, `undefined field '${missing.name}'`)}`];
  });
}

function missingMember(ast: ASTNode, type: TypeNode): { name: string; after: number } | undefined {
  let found: { name: string; after: number } | undefined;
  visitNodes(ast, (node) => {
    if (found || (node.op !== "." && node.op !== ".?")) return;
    const [target, name] = node.args;
    const owner = nodeType(target, type);
    if (owner?.shape === "object" && typeof name === "string" && owner.field(name) === undefined) found = { name, after: target.end };
  });
  return found;
}

/** The type of what a path from an object leads to; undefined where that is not plain to see. */
function nodeType(node: ASTNode, type: TypeNode): TypeNode | undefined {
  if (node.op === "id") return objects.has(node.args) ? type : undefined;
  if (node.op === ".") {
    const [target, name] = node.args;
    const owner = nodeType(target, type);
    return owner?.shape === "map" ? owner.element : owner?.shape === "object" ? owner.field(name as string) : undefined;
  }
  if (node.op !== "[]") return undefined;
  const owner = nodeType(node.args[0], type);
  return owner?.shape === "list" || owner?.shape === "map" ? owner.element : undefined;
}
