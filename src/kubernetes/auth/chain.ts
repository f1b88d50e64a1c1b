// The authorization chain: the first link that has an opinion decides; nobody's opinion refuses.
import type { Attributes, Authorizer, Verdict } from "./types.ts";

/** Members may do everything, before any other link is asked. */
export const masters = "system:masters";

/** Asks each authorizer in turn. The answer is never "no-opinion". */
export function authorizeBy(authorizers: readonly Authorizer[], attributes: Attributes): Verdict {
  if (attributes.user.groups.includes(masters)) return { decision: "allow" };
  const reasons: string[] = [];
  for (const authorizer of authorizers) {
    const verdict = authorizer.authorize(attributes);
    if (verdict.decision !== "no-opinion") return verdict;
    if (verdict.reason) reasons.push(verdict.reason);
  }
  return { decision: "deny", ...(reasons.length > 0 && { reason: reasons.join("\n") }) };
}

/** What a refused user is told, after the resource's name. */
export function denialText({ user, verb, group, resource, subresource, namespace }: Attributes, reason?: string): string {
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? `in the namespace "${namespace}"` : "at the cluster scope";
  const text = `User "${user.username}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return reason ? `${text}: ${reason}` : text;
}
