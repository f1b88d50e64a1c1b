// Which policies bear on a request, and what they are called in decisions.
import type { AttachedPolicy, DecisionRequest } from "./types.ts";

/** What the policy on the resource is called: a role's own policy is its trust policy. */
export function resourcePolicyKind({ action, resource }: DecisionRequest): "role trust policy" | "resource-based policy" {
  return /^sts:/i.test(action) && /^arn:[^:]*:iam::[^:]*:role\//.test(resource) ? "role trust policy" : "resource-based policy";
}

/** Service control policies do not bind service-linked roles or AWS services (AWS Organizations User Guide, SCPs). */
export function serviceControlOf({ principal, policies }: DecisionRequest): readonly (readonly AttachedPolicy[])[] | undefined {
  const exempt = principal.kind === "service" || principal.roleArn?.includes(":role/aws-service-role/");
  return exempt ? undefined : policies.serviceControl;
}
