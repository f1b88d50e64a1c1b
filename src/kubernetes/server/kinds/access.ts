// Roles and bindings: names, immutable references, and no escalation.
import { type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { dns1123Subdomain, segmentProblems } from "../../api/names.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { checkBindingWrite, checkRoleWrite } from "../../auth/escalation.ts";
import type { Strategy } from "../strategy.ts";
import { labelSelector, named } from "./field-rules.ts";

const group = "rbac.authorization.k8s.io";

function role(plural: string): Strategy {
  return {
    nameProblem: segmentProblems,
    createOnUpdate: true,
    validate: (object) => [...ruleErrors(object.rules ?? [], plural === "roles"), ...aggregationErrors(object.aggregationRule)],
    authorizeWrite(object, old, context, { user }) {
      if (old && equalJson(object.rules, old.rules) && equalJson(object.aggregationRule, old.aggregationRule)) return;
      const resource = { group, plural };
      const place = object.metadata.namespace ?? "";
      const name = object.metadata.name ?? "";
      // An aggregation rule may come to hold anything, so only who holds everything may write one.
      const rules = object.aggregationRule && !equalJson(object.aggregationRule, old?.aggregationRule) ? everything : (object.rules ?? []);
      checkRoleWrite(context.rbac, context.authorize, user, resource, place, name, rules);
      if (rules === everything && object.rules?.length)
        checkRoleWrite(context.rbac, context.authorize, user, resource, place, name, object.rules);
    },
  };
}

const everything = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

function binding(plural: string): Strategy {
  return {
    nameProblem: segmentProblems,
    createOnUpdate: true,
    validate: (object, old) => validateBinding(object, old, plural),
    authorizeWrite(object, old, context, { user }) {
      if (old && equalJson(object.roleRef, old.roleRef) && equalJson(object.subjects, old.subjects)) return;
      const place = object.metadata.namespace ?? "";
      checkBindingWrite(context.rbac, context.authorize, user, { group, plural }, place, object.metadata.name ?? "", object.roleRef ?? {});
    },
  };
}

function ruleErrors(rules: readonly any[], namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, rule] of rules.entries()) {
    const at = `rules[${i}]`;
    const { verbs = [], nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
    if (verbs.length === 0) errors.push(required(`${at}.verbs`, "verbs must contain at least one value"));
    if (nonResourceURLs.length > 0) {
      const wrong = (text: string) => errors.push(invalid(`${at}.nonResourceURLs`, nonResourceURLs, text));
      if (namespaced) wrong("namespaced rules cannot apply to non-resource URLs");
      if (apiGroups.length + resources.length + resourceNames.length > 0)
        wrong("rules cannot apply to both regular resources and non-resource URLs");
      continue;
    }
    if (apiGroups.length === 0) errors.push(required(`${at}.apiGroups`, "resource rules must supply at least one api group"));
    if (resources.length === 0) errors.push(required(`${at}.resources`, "resource rules must supply at least one resource"));
  }
  return errors;
}

function aggregationErrors(rule: any): FieldError[] {
  if (!rule) return [];
  const at = "aggregationRule.clusterRoleSelectors";
  const selectors: readonly any[] = rule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) return [required(at, "at least one clusterRoleSelector required if aggregationRule is non-nil")];
  return selectors.flatMap((selector, i) => {
    const found = labelSelector(`${at}[${i}]`, selector);
    return found.length > 0 ? [...found, invalid(`${at}[${i}]`, "null", "invalid label selector.")] : [];
  });
}

function validateBinding(object: NewObject, old: KubeObject | undefined, plural: string): FieldError[] {
  const errors: FieldError[] = [];
  const { roleRef = {}, subjects = [] } = object;
  const { apiGroup = "", kind = "", name = "" } = roleRef;
  const namespaced = plural === "rolebindings";
  const kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  if (apiGroup !== group) errors.push(notSupported("roleRef.apiGroup", apiGroup, [group]));
  if (!kinds.includes(kind)) errors.push(notSupported("roleRef.kind", kind, kinds));
  if (!name) errors.push(required("roleRef.name"));
  else for (const problem of segmentProblems(name)) errors.push(invalid("roleRef.name", name, problem));
  for (const [i, subject] of subjects.entries()) errors.push(...subjectErrors(subject, namespaced, `subjects[${i}]`));
  if (old && !equalJson(roleRef, old.roleRef)) errors.push(invalid("roleRef", roleRef, "cannot change roleRef"));
  return errors;
}

function subjectErrors({ kind = "", name = "", apiGroup = "", namespace = "" }: any, namespaced: boolean, at: string): FieldError[] {
  const errors: FieldError[] = name ? [] : [required(`${at}.name`)];
  if (kind === "ServiceAccount") {
    if (name) errors.push(...named(`${at}.name`, name, dns1123Subdomain(name)));
    if (apiGroup) errors.push(notSupported(`${at}.apiGroup`, apiGroup, [""]));
    if (!namespace && !namespaced) errors.push(required(`${at}.namespace`));
  } else if (kind === "User" || kind === "Group") {
    if (apiGroup !== group) errors.push(notSupported(`${at}.apiGroup`, apiGroup, [group]));
  } else errors.push(notSupported(`${at}.kind`, kind, ["ServiceAccount", "User", "Group"]));
  return errors;
}

export const access: Readonly<Record<string, Strategy>> = {
  [`roles.${group}`]: role("roles"),
  [`clusterroles.${group}`]: role("clusterroles"),
  [`rolebindings.${group}`]: binding("rolebindings"),
  [`clusterrolebindings.${group}`]: binding("clusterrolebindings"),
};
