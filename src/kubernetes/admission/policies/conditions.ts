// matchConditions of webhooks and policies.
import { environmentOf } from "../../cel/environment.ts";
import { compile, type Outcome, type Program } from "../../cel/program.ts";
import { unescapedSource } from "../../cel/values.ts";
import { commonTypes } from "./variables.ts";

/** A named expression. */
export interface Condition {
  readonly name: string;
  readonly expression: string;
}

const programs = new Map<string, Program | { readonly error: string }>();
const mostKept = 1000;
let environment: ReturnType<typeof environmentOf> | undefined;

function compileCondition(expression: string): Program | { readonly error: string } {
  let found = programs.get(expression);
  if (!found) {
    environment ??= environmentOf({ ...commonTypes, params: "dyn", namespaceObject: "dyn" });
    found = compile(environment, unescapedSource(expression));
    if (programs.size >= mostKept) programs.clear();
    programs.set(expression, found);
  }
  return found;
}

/** Whether all conditions hold for what `scope` has. One that is false decides, even if another fails; otherwise a failure is an error. */
export function conditionsMatch(
  conditions: readonly Condition[],
  scope: Readonly<Record<string, unknown>>,
): boolean | { readonly error: string } {
  let problem: string | undefined;
  for (const { name, expression } of conditions) {
    const program = compileCondition(expression);
    const outcome: Outcome = "error" in program ? program : program.run(scope);
    if ("error" in outcome) problem ??= `${name}: ${outcome.error}`;
    else if (outcome.value === false) return false;
    else if (outcome.value !== true) problem ??= `${name}: must evaluate to bool`;
  }
  return problem === undefined ? true : { error: problem };
}
