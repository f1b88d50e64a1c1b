// ValidatingAdmissionPolicy: checks written in CEL, bound to requests and parameters (Kubernetes documentation, "Validating Admission Policy").
import type { KubeObject } from "../../api/object.ts";
import { failure, forbidden } from "../../api/status.ts";
import type { Attributes, Verdict } from "../../auth/types.ts";
import type { Outcome } from "../../cel/program.ts";
import type { ObjectStorage } from "../../storage/objects.ts";
import type { FindEquivalents } from "../equivalents.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../types.ts";
import { policiesFor } from "./bindings.ts";
import { conditionsMatch } from "./conditions.ts";
import { type FindParams, paramsOf } from "./params.ts";
import { type CompiledPolicy, compilePolicy, policyScope, type Validation } from "./policy.ts";

const codes: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, Invalid: 422, RequestEntityTooLarge: 413 };

/** One thing found wrong. */
interface Finding {
  readonly policy: string;
  readonly binding: string;
  readonly actions: readonly string[];
  readonly message: string;
  readonly reason: string;
  readonly index: number;
}

/** Runs the stored policies. `find` reads parameters. */
export function validatingPolicies(
  objects: ObjectStorage,
  authorize: (attributes: Attributes) => Verdict,
  find: FindParams,
  equivalents: FindEquivalents,
): AdmissionPlugin {
  const compiled = new WeakMap<KubeObject, CompiledPolicy>();
  return {
    name: "ValidatingAdmissionPolicy",
    connections: true,
    validate(request) {
      const findings: Finding[] = [];
      for (const { policy, bindings, form } of policiesFor("validating", request, objects, equivalents)) {
        let program = compiled.get(policy);
        if (!program) {
          program = compilePolicy(policy.spec);
          compiled.set(policy, program);
        }
        for (const binding of bindings) findings.push(...judge(policy, binding, program, form.request, objects, authorize, find));
      }
      report(findings, request);
    },
  };
}

function judge(
  policy: KubeObject,
  binding: KubeObject,
  program: CompiledPolicy,
  request: AdmissionRequest,
  objects: ObjectStorage,
  authorize: (attributes: Attributes) => Verdict,
  find: FindParams,
): Finding[] {
  const strict = policy.spec.failurePolicy !== "Ignore";
  const finding = (message: string, reason = "Invalid", index = 0): Finding => ({
    policy: policy.metadata.name,
    binding: binding.metadata.name,
    actions: binding.spec.validationActions ?? [],
    message,
    reason,
    index,
  });
  const failed = (message: string): Finding[] => (strict ? [finding(message)] : []);
  const params = paramsOf(policy, binding, request, find);
  if ("error" in params) return failed(`failed to configure binding: ${params.error}`);
  const findings: Finding[] = [];
  for (const param of params.values) {
    const variables = policyScope(program.variables, { request, param, objects, authorize });
    const matched = conditionsMatch(policy.spec.matchConditions ?? [], variables);
    if (matched !== true) {
      if (matched !== false) findings.push(...failed(matched.error));
      continue;
    }
    for (const [index, validation] of program.validations.entries()) {
      const { program: rule, expression } = validation;
      const outcome: Outcome = "error" in rule ? { error: `compilation error: ${rule.error}` } : rule.run(variables);
      if ("error" in outcome) {
        if (strict) findings.push(finding(`expression '${expression}' resulted in error: ${outcome.error}`, "Invalid", index));
      } else if (outcome.value !== true) findings.push(finding(messageOf(validation, variables), validation.reason ?? "Invalid", index));
    }
    annotate(policy, program, variables, request);
  }
  return findings;
}

function messageOf({ messageExpression, message, expression }: Validation, variables: Record<string, unknown>): string {
  if (messageExpression && !("error" in messageExpression)) {
    const made = messageExpression.run(variables);
    if ("value" in made && typeof made.value === "string" && made.value.trim() && !/\n/.test(made.value)) return made.value.trim();
  }
  return message?.trim() || `failed expression: ${expression.trim()}`;
}

function annotate(policy: KubeObject, program: CompiledPolicy, variables: Record<string, unknown>, request: AdmissionRequest): void {
  for (const { key, program: value } of program.annotations) {
    const outcome = "error" in value ? value : value.run(variables);
    if ("value" in outcome && typeof outcome.value === "string" && outcome.value.trim())
      request.annotate?.(`${policy.metadata.name}/${key}`, outcome.value);
  }
}

/** Warns, annotates, and throws for the first finding that denies. */
function report(findings: readonly Finding[], request: AdmissionRequest): void {
  const audited = findings.filter(({ actions }) => actions.includes("Audit"));
  if (audited.length > 0) {
    const value = audited.map(({ message, policy, binding, index, actions }) => ({
      message,
      policy,
      binding,
      expressionIndex: index,
      validationActions: actions,
    }));
    request.annotate?.("validation.policy.admission.k8s.io/validation_failure", JSON.stringify(value));
  }
  for (const { actions, policy, binding, message } of findings) {
    if (!actions.includes("Warn")) continue;
    request.warnings?.push(`Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${binding}': ${message}`);
  }
  const first = findings.find(({ actions }) => actions.includes("Deny"));
  if (!first) return;
  const text = `ValidatingAdmissionPolicy '${first.policy}' with binding '${first.binding}' denied request: ${first.message}`;
  const { status } = forbidden({ group: request.group, plural: request.resource }, request.name, text);
  throw failure(codes[first.reason] ?? 422, first.reason, status.message ?? text, { ...status.details, causes: [{ message: text }] });
}
