// The EKS link of a cluster's authorization chain: access policies associated with access entries (spec identity §5.6).
import type { Attributes, Authorizer, PolicyRule, UserInfo, Verdict } from "../kubernetes/auth/types.ts";
import type { ClusterAccess, PolicyAssociation } from "./access.ts";
import { ACCESS_POLICY_RULES } from "./access-policy-rules.ts";
import { findEntry } from "./identity-mapping.ts";

const NO_OPINION: Verdict = { decision: "no-opinion" };

/**
 * Allows what the caller's access policies allow and has no opinion on the rest. It knows callers by the IAM principal the
 * authenticator put into the user's extra, so impersonated users gain nothing.
 */
export function accessPolicyAuthorizer(access: () => ClusterAccess): Authorizer {
  return {
    name: "EKSAccessPolicy",
    authorize(attributes) {
      for (const association of associationsOf(attributes.user, access())) {
        if (!inScope(association, attributes)) continue;
        const name = association.policyArn.slice(association.policyArn.lastIndexOf("/") + 1);
        if (ACCESS_POLICY_RULES[name]?.some((rule) => matches(rule, attributes))) {
          return { decision: "allow", reason: `EKS access policy: allowed by ${name}` };
        }
      }
      return NO_OPINION;
    },
  };
}

function associationsOf(user: UserInfo, access: ClusterAccess): readonly PolicyAssociation[] {
  const canonical = user.extra?.canonicalArn?.[0];
  const principalId = user.extra?.principalId?.[0];
  if (!canonical || !principalId) return [];
  return findEntry(access, canonical, principalId)?.policies ?? [];
}

function inScope({ scope }: PolicyAssociation, attributes: Attributes): boolean {
  if (scope.type === "cluster") return true;
  // Cluster-scoped resources, paths and lists over all namespaces need cluster scope; a namespace is named by its own name.
  const namespace = attributes.group === "" && attributes.resource === "namespaces" ? attributes.name : attributes.namespace;
  if (attributes.path !== undefined || namespace === "") return false;
  return scope.namespaces.some((pattern) => wildcard(pattern, namespace));
}

function matches(rule: PolicyRule, { verb, group, resource, subresource, path, name }: Attributes): boolean {
  if (!includes(rule.verbs, verb)) return false;
  if (path !== undefined) return rule.nonResourceURLs?.some((pattern) => wildcard(pattern, path)) ?? false;
  if (rule.resourceNames && !rule.resourceNames.includes(name)) return false;
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  return (rule.apiGroups ?? []).some((pattern) => wildcard(pattern, group)) && includes(rule.resources ?? [], full);
}

function includes(values: readonly string[], value: string): boolean {
  return values.includes("*") || values.includes(value);
}

/** `*` stands for any run of characters, in a scope's namespaces, in API groups and in paths. */
function wildcard(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  if (parts.length === 1) return pattern === text;
  const [first = "", ...rest] = parts;
  const last = rest.pop() ?? "";
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let position = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return position <= text.length - last.length;
}
