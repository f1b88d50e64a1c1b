// What webhooks and admission policies share: rules and selectors that choose requests.
import { duplicate, type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { segmentProblems } from "../../api/names.ts";
import { labelSelector, oneOf } from "./field-rules.ts";

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const scopes = ["*", "Cluster", "Namespaced"];
export const failurePolicies = ["Fail", "Ignore"];
export const matchPolicies = ["Equivalent", "Exact"];

/** Findings about a RuleWithOperations; `allowed` are the operations it may name. */
export function ruleErrors(rule: any, at: string, allowed: readonly string[] = operations): FieldError[] {
  const errors: FieldError[] = [];
  const alone = (part: string, list: readonly string[], others: string) => {
    if (list.length === 0) errors.push(required(`${at}.${part}`));
    if (list.length > 1 && list.includes("*"))
      errors.push(invalid(`${at}.${part}`, list, `if '*' is present, must not specify other ${others}`));
  };
  const versions: readonly string[] = rule.apiVersions ?? [];
  const wanted: readonly string[] = rule.operations ?? [];
  alone("operations", wanted, "operations");
  for (const [i, each] of wanted.entries()) if (!allowed.includes(each)) errors.push(notSupported(`${at}.operations[${i}]`, each, allowed));
  alone("apiGroups", rule.apiGroups ?? [], "API groups");
  alone("apiVersions", versions, "API versions");
  for (const [i, version] of versions.entries()) if (version === "") errors.push(required(`${at}.apiVersions[${i}]`));
  errors.push(...resourceErrors(rule.resources ?? [], `${at}.resources`));
  if (rule.scope !== undefined && !scopes.includes(rule.scope)) errors.push(notSupported(`${at}.scope`, rule.scope, scopes));
  return errors;
}

function resourceErrors(resources: readonly string[], at: string): FieldError[] {
  const errors: FieldError[] = resources.length === 0 ? [required(at)] : [];
  const wholes = new Set<string>();
  const everywhere = new Set<string>();
  let named = false;
  for (const [i, text] of resources.entries()) {
    if (text === "") {
      errors.push(required(`${at}[${i}]`));
      continue;
    }
    const slash = text.indexOf("/");
    if (slash < 0) {
      named = text !== "*";
      continue;
    }
    const [resource, sub] = [text.slice(0, slash), text.slice(slash + 1)];
    if (wholes.has(resource)) errors.push(invalid(`${at}[${i}]`, text, `if '${resource}/*' is present, must not specify ${text}`));
    if (everywhere.has(sub)) errors.push(invalid(`${at}[${i}]`, text, `if '*/${sub}' is present, must not specify ${text}`));
    if (sub === "*") wholes.add(resource);
    if (resource === "*") everywhere.add(sub);
  }
  if (resources.length > 1 && resources.includes("*/*"))
    errors.push(invalid(at, resources, "if '*/*' is present, must not specify other resources"));
  // As in Kubernetes, the last resource without a subresource decides.
  if (resources.includes("*") && named)
    errors.push(invalid(at, resources, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

function namedRuleErrors(rule: any, at: string, allowed: readonly string[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const names: readonly string[] = rule.resourceNames ?? [];
  for (const [i, name] of names.entries()) {
    for (const problem of segmentProblems(name)) errors.push(invalid(`${at}.resourceNames[${i}]`, name, problem));
    if (names.indexOf(name) < i) errors.push(duplicate(`${at}.resourceNames[${i}]`, name));
  }
  return [...errors, ...ruleErrors(rule, at, allowed)];
}

/** Findings about the MatchResources of a policy or binding; `allowed` are the operations rules may name, by default all. */
export function matchResourceErrors(match: any, at: string, allowed?: readonly string[]): FieldError[] {
  if (!match) return [];
  const errors = oneOf(`${at}.matchPolicy`, match.matchPolicy, matchPolicies, true);
  for (const member of ["namespaceSelector", "objectSelector"])
    errors.push(...(match[member] ? labelSelector(`${at}.${member}`, match[member]) : [required(`${at}.${member}`)]));
  for (const member of ["resourceRules", "excludeResourceRules"])
    for (const [i, rule] of (match[member] ?? []).entries()) errors.push(...namedRuleErrors(rule, `${at}.${member}[${i}]`, allowed));
  return errors;
}
