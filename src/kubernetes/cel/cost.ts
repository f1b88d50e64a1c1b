// A bound on the work of an expression, so that a rule over long lists cannot hold up the server.
import type { ASTNode } from "@marcbachmann/cel-js";

const loops = new Set(["all", "exists", "exists_one", "map", "filter"]);
/** Most steps of nested loops over the largest collection. */
const mostSteps = 20_000_000;

/** How deep loops are nested in an expression. */
export function loopDepth(node: ASTNode): number {
  const within = (value: unknown): number => {
    if (Array.isArray(value)) return value.reduce((most: number, each) => Math.max(most, within(each)), 0);
    return typeof value === "object" && value !== null && "op" in value && "args" in value ? loopDepth(value as ASTNode) : 0;
  };
  const own = node.op === "rcall" && loops.has((node.args as unknown as [string])[0]) ? 1 : 0;
  return own + within(node.args);
}

/** Whether loops nested `depth` deep over these values would take too long. */
export function tooCostly(depth: number, variables: Readonly<Record<string, unknown>>): boolean {
  return depth > 1 && largest(Object.values(variables)) ** depth > mostSteps;
}

/** Members of the largest list or map in a value. */
function largest(value: unknown): number {
  if (typeof value !== "object" || value === null || value instanceof Date || ArrayBuffer.isView(value)) return 0;
  const proto = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && proto !== Object.prototype && proto !== null) return 0;
  const members = Object.values(value);
  return members.reduce((most: number, each) => Math.max(most, largest(each)), members.length);
}
