// One compiled expression and the words for what went wrong in it.
import type { ASTNode, Environment, ParseResult } from "@marcbachmann/cel-js";
import { loopDepth, tooCostly } from "./cost.ts";
import { linearMatches } from "./library/strings.ts";

/** A compiled expression. */
export interface Program {
  readonly source: string;
  /** CEL's name of the result's type. */
  readonly type: string;
  readonly ast: ASTNode;
  /** The value for the variables, or why there is none. */
  run(variables: Readonly<Record<string, unknown>>): Outcome;
}

export type Outcome = { readonly value: unknown } | { readonly error: string };

/** Compiles, or says why not in the manner of cel-go. */
export function compile(environment: Environment, source: string): Program | { readonly error: string } {
  let parsed: ParseResult;
  try {
    parsed = environment.parse(source);
    const rewritten = withLinearMatches(source, parsed.ast);
    if (rewritten !== source) parsed = environment.parse(rewritten);
    const checked = parsed.check();
    if (!checked.valid) return { error: explain(checked.error, source) };
    const { ast } = parsed;
    const depth = loopDepth(ast);
    return { source, type: checked.type ?? "dyn", ast, run: (variables) => evaluate(parsed, variables, source, depth) };
  } catch (error) {
    return { error: explain(error, source) };
  }
}

function evaluate(parsed: ParseResult, variables: Readonly<Record<string, unknown>>, source: string, depth: number): Outcome {
  try {
    if (tooCostly(depth, variables)) return { error: "operation cancelled: actual cost limit exceeded" };
    const value = parsed(variables as Record<string, unknown>);
    if (value instanceof Promise) return { error: "asynchronous result" };
    return { value };
  } catch (error) {
    return { error: runtimeText(error, source) };
  }
}

/** Calls `visit` for every node of a tree. */
export function visitNodes(node: ASTNode, visit: (node: ASTNode) => void): void {
  visit(node);
  const into = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(into);
    else if (typeof value === "object" && value !== null && "op" in value && "args" in value) visitNodes(value as ASTNode, visit);
  };
  into(node.args);
}

/** Whether an expression names a variable. */
export function mentions(program: Program, variable: string): boolean {
  let found = false;
  visitNodes(program.ast, (node) => {
    if (node.op === "id" && node.args === variable) found = true;
  });
  return found;
}

/** Renames the member function `matches`, whose built-in form backtracks. */
function withLinearMatches(source: string, ast: ASTNode): string {
  const places: number[] = [];
  visitNodes(ast, (node) => {
    if (node.op !== "rcall") return;
    const [name, receiver] = node.args as unknown as [string, ASTNode];
    if (name === "matches") places.push(source.indexOf("matches", receiver.end));
  });
  let text = source;
  for (const place of [...new Set(places)].sort((a, b) => b - a)) {
    text = text.slice(0, place) + linearMatches + text.slice(place + "matches".length);
  }
  return text;
}

interface CelFailure {
  readonly message: string;
  readonly summary?: string;
  readonly code?: string;
  readonly range?: { readonly start: number };
}

function summary(error: unknown): string {
  const { summary: short, message } = error as CelFailure;
  return (short ?? message)
    .replaceAll(linearMatches, "matches")
    .replace(/^Unknown variable: (.*)$/, "undeclared reference to '$1' (in container '')")
    .replace(/^Unexpected token: EOF$/, "Syntax error: mismatched input '<EOF>'")
    .replace(/^Unexpected/, "Syntax error: unexpected");
}

function explain(error: unknown, source: string): string {
  return explainAt(source, (error as CelFailure).range?.start ?? 0, summary(error));
}

/** A compiler's message about a place in the source, as cel-go prints it. `offset` counts characters from 0. */
export function explainAt(source: string, offset: number, text: string): string {
  const at = Math.min(offset, source.length);
  const lines = source.slice(0, at).split("\n");
  const column = (lines.at(-1) as string).length;
  const line = source.split("\n")[lines.length - 1] as string;
  return `ERROR: <input>:${lines.length}:${column + 1}: ${text}\n | ${line}\n | ${".".repeat(column)}^`;
}

function runtimeText(error: unknown, source: string): string {
  const { code, message } = error as CelFailure;
  const text = summary(error);
  if (code === "no_matching_overload") return "no such overload";
  if (code === "no_such_key") return `no such key: ${text.replace(/^No such key: /, "")}`;
  if (error instanceof RangeError) return `evaluation of ${JSON.stringify(source.slice(0, 80))} went too deep`;
  return text || message;
}
