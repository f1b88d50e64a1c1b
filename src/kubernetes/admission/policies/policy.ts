// A ValidatingAdmissionPolicy, compiled, and what expressions of policies see.
import type { KubeObject } from "../../api/object.ts";
import type { Attributes, Verdict } from "../../auth/types.ts";
import { environmentOf } from "../../cel/environment.ts";
import { compile, type Outcome, type Program } from "../../cel/program.ts";
import { unescapedSource, untypedValue } from "../../cel/values.ts";
import type { ObjectStorage } from "../../storage/objects.ts";
import { namespaceOf } from "../match.ts";
import type { AdmissionRequest } from "../types.ts";
import { commonTypes, commonVariables, lazily } from "./variables.ts";

/** One expression that must hold. */
export interface Validation {
  readonly expression: string;
  readonly program: Program | { readonly error: string };
  readonly message: string | undefined;
  readonly messageExpression: Program | { readonly error: string } | undefined;
  readonly reason: string | undefined;
}

/** A named expression that others may use. */
export interface CompiledVariable {
  readonly name: string;
  readonly program: Program | { readonly error: string };
}

/** What a policy checks. */
export interface CompiledPolicy {
  readonly validations: readonly Validation[];
  readonly annotations: readonly { readonly key: string; readonly program: Program | { readonly error: string } }[];
  readonly variables: readonly CompiledVariable[];
}

/** CEL types of the variables that expressions of policies have. */
export const policyTypes: Readonly<Record<string, string>> = {
  ...commonTypes,
  params: "dyn",
  namespaceObject: "dyn",
  variables: "dyn",
};
let environment: ReturnType<typeof environmentOf> | undefined;

/** Compiles the spec of a policy, whose expressions were checked when it was written. */
export function compilePolicy(spec: any): CompiledPolicy {
  environment ??= environmentOf(policyTypes);
  const language = environment;
  const one = (expression = ""): Program | { readonly error: string } => compile(language, unescapedSource(expression));
  return {
    variables: (spec?.variables ?? []).map((each: any) => ({ name: each.name, program: one(each.expression) })),
    validations: (spec?.validations ?? []).map((each: any) => ({
      expression: each.expression,
      program: one(each.expression),
      message: each.message,
      messageExpression: each.messageExpression ? one(each.messageExpression) : undefined,
      reason: each.reason,
    })),
    annotations: (spec?.auditAnnotations ?? []).map((each: any) => ({ key: each.key, program: one(each.valueExpression) })),
  };
}

/** What a request's object is judged or changed with, besides the request. */
export interface PolicyInput {
  readonly request: AdmissionRequest;
  readonly param: KubeObject | undefined;
  readonly objects: ObjectStorage;
  authorize(attributes: Attributes): Verdict;
}

/** Everything a policy's expressions can name. Each value is computed when first read, variables from those before them. */
export function policyScope(variables: readonly CompiledVariable[], input: PolicyInput): Record<string, unknown> {
  const { request, param, objects, authorize } = input;
  const scope = lazily(
    {
      params: () => untypedValue(param ?? null),
      namespaceObject: () => untypedValue(namespaceOf(request, objects) ?? null),
    },
    commonVariables(request, authorize),
  );
  const makers: Record<string, () => unknown> = {};
  for (const { name, program } of variables) {
    makers[name] = () => {
      const outcome: Outcome = "error" in program ? program : program.run(scope);
      if ("error" in outcome) throw new Error(`composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.error}`);
      return outcome.value;
    };
  }
  return lazily({ variables: () => lazily(makers) }, scope);
}
