// Why a decision came out as it did: every statement of every applicable policy, and what kept it from matching.
import { resourcePolicyKind, serviceControlOf } from "./applicable.ts";
import { compileDocument, questionOf } from "./compile.ts";
import { failingClause } from "./failing-clause.ts";
import type { AttachedPolicy, DecidedBy, DecisionRequest, TraceStep } from "./types.ts";

/** All statements that were weighed, in the order in which the decision considers the kinds of policy. */
export function explain(request: DecisionRequest): readonly TraceStep[] {
  const { principal, policies, resourcePolicy } = request;
  const question = questionOf(request);
  const steps: TraceStep[] = [];
  const add = (kind: DecidedBy, attached: readonly AttachedPolicy[], hasPrincipal = false) => {
    for (const { name, arn, document } of attached) {
      for (const statement of compileDocument(document).statements) {
        const stranger = hasPrincipal && statement.names(principal).size === 0;
        const failed = stranger ? "Principal" : statement.failure(question);
        steps.push({
          policy: arn ?? name,
          kind,
          statement: statement.index,
          ...(statement.sid !== undefined && { sid: statement.sid }),
          effect: statement.effect,
          matched: failed === undefined,
          ...(failed !== undefined && { failed, ...failingClause(failed, document.statements[statement.index]!, question) }),
        });
      }
    }
  };
  for (const level of serviceControlOf(request) ?? []) add("service control policy", level);
  if (resourcePolicy) add(resourcePolicyKind(request), [resourcePolicy], true);
  add("identity-based policy", policies.identity);
  if (policies.boundary) add("permissions boundary", [policies.boundary]);
  if (policies.session) add("session policy", policies.session);
  return steps;
}
