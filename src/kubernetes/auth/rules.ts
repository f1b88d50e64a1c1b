// What a single RBAC rule allows, and whether rules cover others.
import type { Attributes, PolicyRule } from "./types.ts";

const has = (list: readonly string[] | undefined, value: string) => list !== undefined && (list.includes(value) || list.includes("*"));

/** Whether a rule allows a request. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.path !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, attributes.path as string));
  if (!has(rule.apiGroups, attributes.group)) return false;
  if (!resourceMatches(rule.resources ?? [], attributes.resource, attributes.subresource)) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || (attributes.name !== "" && names.includes(attributes.name));
}

function resourceMatches(resources: readonly string[], resource: string, subresource: string): boolean {
  const full = subresource ? `${resource}/${subresource}` : resource;
  return resources.some((each) => each === "*" || each === full || (subresource !== "" && each === `*/${subresource}`));
}

function urlMatches(pattern: string, path: string): boolean {
  return pattern === "*" || pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1)));
}

/** The parts of `wanted` that no rule of `owned` covers; for escalation checks. */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !owned.some((rule) => covers(rule, part)));
}

/** Splits a rule into rules of one verb, group, resource and name each. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) parts.push({ verbs: [verb], nonResourceURLs: [url] });
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const base = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (!rule.resourceNames?.length) parts.push(base);
        else for (const name of rule.resourceNames) parts.push({ ...base, resourceNames: [name] });
      }
    }
  }
  return parts;
}

function covers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!has(rule.verbs, part.verbs[0] as string)) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, url));
  if (!has(rule.apiGroups, part.apiGroups?.[0] as string)) return false;
  const [resource = "", subresource = ""] = (part.resources?.[0] ?? "").split("/");
  if (!resourceMatches(rule.resources ?? [], resource, subresource)) return false;
  const names = rule.resourceNames ?? [];
  const name = part.resourceNames?.[0];
  return names.length === 0 || (name !== undefined && names.includes(name));
}

/** Rules in the compact form of escalation errors, one line per group of resources. */
export function describeRules(rules: readonly PolicyRule[]): string {
  const verbs = new Map<string, string[]>();
  for (const rule of rules) {
    const key = rule.nonResourceURLs
      ? `NonResourceURLs:[${quoted(rule.nonResourceURLs)}]`
      : `APIGroups:[${quoted(rule.apiGroups)}], Resources:[${quoted(rule.resources)}]${rule.resourceNames ? `, ResourceNames:[${quoted(rule.resourceNames)}]` : ""}`;
    verbs.set(key, [...(verbs.get(key) ?? []), ...rule.verbs]);
  }
  return [...verbs].map(([key, all]) => `{${key}, Verbs:[${quoted(all)}]}`).join("\n");
}

const quoted = (list: readonly string[] = []) => list.map((each) => JSON.stringify(each)).join(" ");
