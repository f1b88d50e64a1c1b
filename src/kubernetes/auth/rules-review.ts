// SelfSubjectRulesReview: all rules a user holds, as `kubectl auth can-i --list` prints them.
import { masters } from "./chain.ts";
import type { Authorizer, PolicyRule, UserInfo } from "./types.ts";

/** Status of a SelfSubjectRulesReview. Authorizers that cannot list their rules make it incomplete. */
export function rulesReview(authorizers: readonly Authorizer[], user: UserInfo, namespace: string): object {
  const rules: PolicyRule[] = user.groups.includes(masters)
    ? [
        { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
        { verbs: ["*"], nonResourceURLs: ["*"] },
      ]
    : [];
  let incomplete = false;
  for (const authorizer of authorizers) {
    if (authorizer.rulesFor) rules.push(...authorizer.rulesFor(user, namespace));
    else incomplete = true;
  }
  return {
    resourceRules: rules
      .filter((rule) => rule.resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, ...(resourceNames && { resourceNames }) })),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete,
    ...(incomplete && { evaluationError: "webhook authorizer does not support user rule resolution" }),
  };
}
