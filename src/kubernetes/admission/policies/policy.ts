// A ValidatingAdmissionPolicy, compiled.
import { environmentOf } from "../../cel/environment.ts";
import { compile, type Outcome, type Program } from "../../cel/program.ts";
import { unescapedSource } from "../../cel/values.ts";
import { commonTypes, lazily } from "./variables.ts";

/** One expression that must hold. */
export interface Validation {
  readonly expression: string;
  readonly program: Program | { readonly error: string };
  readonly message: string | undefined;
  readonly messageExpression: Program | { readonly error: string } | undefined;
  readonly reason: string | undefined;
}

/** What a policy checks. */
export interface CompiledPolicy {
  readonly validations: readonly Validation[];
  readonly annotations: readonly { readonly key: string; readonly program: Program | { readonly error: string } }[];
  readonly variables: readonly { readonly name: string; readonly program: Program | { readonly error: string } }[];
  /** Path and text of every expression that does not compile. */
  readonly errors: readonly { readonly field: string; readonly expression: string; readonly problem: string }[];
}

const extraTypes = { params: "dyn", namespaceObject: "dyn", variables: "dyn" };
let environment: ReturnType<typeof environmentOf> | undefined;

/** Compiles the spec of a policy. */
export function compilePolicy(spec: any): CompiledPolicy {
  environment ??= environmentOf({ ...commonTypes, ...extraTypes });
  const language = environment;
  const errors: { field: string; expression: string; problem: string }[] = [];
  const one = (expression: string, field: string, wanted: readonly string[]): Program | { readonly error: string } => {
    let program = compile(language, unescapedSource(expression ?? ""));
    if (!("error" in program) && wanted.length > 0 && program.type !== "dyn" && !wanted.includes(program.type))
      program = { error: `must evaluate to ${wanted.join(" or ")}` };
    if ("error" in program) errors.push({ field, expression, problem: `compilation failed: ${program.error}` });
    return program;
  };
  const variables = (spec?.variables ?? []).map((each: any, i: number) => ({
    name: each.name,
    program: one(each.expression, `spec.variables[${i}].expression`, []),
  }));
  const validations = (spec?.validations ?? []).map((each: any, i: number) => ({
    expression: each.expression,
    program: one(each.expression, `spec.validations[${i}].expression`, ["bool"]),
    message: each.message,
    messageExpression: each.messageExpression
      ? one(each.messageExpression, `spec.validations[${i}].messageExpression`, ["string"])
      : undefined,
    reason: each.reason,
  }));
  const annotations = (spec?.auditAnnotations ?? []).map((each: any, i: number) => ({
    key: each.key,
    program: one(each.valueExpression, `spec.auditAnnotations[${i}].valueExpression`, ["string", "null"]),
  }));
  return { validations, annotations, variables, errors };
}

/** Adds `variables`, each computed when first read from those before it. */
export function withVariables(policy: CompiledPolicy, base: Record<string, unknown>): Record<string, unknown> {
  const makers: Record<string, () => unknown> = {};
  const scope = Object.create(null, Object.getOwnPropertyDescriptors(base)) as Record<string, unknown>;
  for (const { name, program } of policy.variables) {
    makers[name] = () => {
      const outcome: Outcome = "error" in program ? program : program.run(scope);
      if ("error" in outcome) throw new Error(`composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.error}`);
      return outcome.value;
    };
  }
  return Object.assign(scope, { variables: lazily(makers) });
}
