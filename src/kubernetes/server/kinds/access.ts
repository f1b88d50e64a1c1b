// Roles and bindings: names, immutable references, and no escalation.
import { type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { pathSegment } from "../../api/names.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { checkBindingWrite, checkRoleWrite } from "../../auth/escalation.ts";
import type { Strategy } from "../strategy.ts";

const group = "rbac.authorization.k8s.io";

function role(plural: string): Strategy {
  return {
    nameProblem: pathSegment,
    createOnUpdate: true,
    validate(object) {
      const errors: FieldError[] = [];
      for (const [i, rule] of (object.rules ?? []).entries()) {
        const at = `rules[${i}]`;
        if (!rule.verbs?.length) errors.push(required(`${at}.verbs`, "verbs must contain at least one value"));
        if (rule.nonResourceURLs?.length) {
          if (plural === "roles")
            errors.push(invalid(`${at}.nonResourceURLs`, rule.nonResourceURLs, "namespaced rules cannot apply to non-resource URLs"));
          if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
            errors.push(
              invalid(`${at}.nonResourceURLs`, rule.nonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"),
            );
          }
        } else {
          if (!rule.apiGroups?.length) errors.push(required(`${at}.apiGroups`, "resource rules must supply at least one api group"));
          if (!rule.resources?.length) errors.push(required(`${at}.resources`, "resource rules must supply at least one resource"));
        }
      }
      return errors;
    },
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
    nameProblem: pathSegment,
    createOnUpdate: true,
    validate: (object, old) => validateBinding(object, old, plural),
    authorizeWrite(object, old, context, { user }) {
      if (old && equalJson(object.roleRef, old.roleRef) && equalJson(object.subjects, old.subjects)) return;
      const place = object.metadata.namespace ?? "";
      checkBindingWrite(context.rbac, context.authorize, user, { group, plural }, place, object.metadata.name ?? "", object.roleRef ?? {});
    },
  };
}

function validateBinding(object: NewObject, old: KubeObject | undefined, plural: string): FieldError[] {
  const errors: FieldError[] = [];
  const { roleRef = {}, subjects = [] } = object;
  if (roleRef.apiGroup !== group) errors.push(notSupported("roleRef.apiGroup", roleRef.apiGroup ?? "", [group]));
  const kinds = plural === "rolebindings" ? ["ClusterRole", "Role"] : ["ClusterRole"];
  if (!kinds.includes(roleRef.kind)) errors.push(notSupported("roleRef.kind", roleRef.kind ?? "", kinds));
  if (!roleRef.name) errors.push(required("roleRef.name"));
  if (old && !equalJson(roleRef, old.roleRef)) errors.push(invalid("roleRef", roleRef, "cannot change roleRef"));
  for (const [i, subject] of subjects.entries()) {
    const at = `subjects[${i}]`;
    if (!subject.name) errors.push(required(`${at}.name`));
    if (subject.kind === "ServiceAccount") {
      if (subject.apiGroup) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup, [""]));
      if (!subject.namespace && plural === "clusterrolebindings") errors.push(required(`${at}.namespace`));
    } else if (subject.kind === "User" || subject.kind === "Group") {
      if (subject.apiGroup !== group) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup ?? "", [group]));
    } else errors.push(notSupported(`${at}.kind`, subject.kind ?? "", ["Group", "ServiceAccount", "User"]));
  }
  return errors;
}

export const access: Readonly<Record<string, Strategy>> = {
  [`roles.${group}`]: role("roles"),
  [`clusterroles.${group}`]: role("clusterroles"),
  [`rolebindings.${group}`]: binding("rolebindings"),
  [`clusterrolebindings.${group}`]: binding("clusterrolebindings"),
};
