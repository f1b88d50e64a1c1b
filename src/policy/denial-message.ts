// The text of AccessDenied errors (spec identity §6.6).
import type { DecidedBy, Decision, DecisionRequest } from "./types.ts";

const ARTICLE: Record<DecidedBy, string> = {
  "identity-based policy": "an",
  "permissions boundary": "a",
  "session policy": "a",
  "resource-based policy": "a",
  "role trust policy": "the",
  "service control policy": "a",
  root: "a",
};

/**
 * AWS's sentence for a refused request, for example `User: arn:… is not authorized to perform: eks:CreateCluster on resource: arn:…
 * because no identity-based policy allows the eks:CreateCluster action`. The reason is left out when the resource is another account's.
 */
export function denialMessage(
  request: Pick<DecisionRequest, "action" | "resource" | "principal" | "resourceAccount">,
  decision: Pick<Decision, "explicit" | "decidedBy">,
): string {
  const { action, resource, principal, resourceAccount } = request;
  const sentence = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource}`;
  if (resourceAccount !== undefined && resourceAccount !== principal.accountId) return sentence;
  if (decision.explicit) return `${sentence} with an explicit deny in ${ARTICLE[decision.decidedBy]} ${decision.decidedBy}`;
  return `${sentence} because no ${decision.decidedBy} allows the ${action} action`;
}
