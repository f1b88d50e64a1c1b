// Nobody may grant by RBAC what they do not hold, unless they hold `escalate` or `bind` (Kubernetes documentation, "Privilege escalation prevention").
import { forbidden, type ResourceName } from "../api/status.ts";
import { masters } from "./chain.ts";
import type { RbacAuthorizer } from "./rbac.ts";
import { describeRules, uncovered } from "./rules.ts";
import type { Attributes, PolicyRule, UserInfo, Verdict } from "./types.ts";

type Ask = (attributes: Attributes) => Verdict;

const group = "rbac.authorization.k8s.io";

/** Throws 403 unless `user` may write a role with these rules. */
export function checkRoleWrite(
  rbac: RbacAuthorizer,
  ask: Ask,
  user: UserInfo,
  resource: ResourceName,
  namespace: string,
  name: string,
  rules: readonly PolicyRule[],
): void {
  if (user.groups.includes(masters)) return;
  if (may(ask, user, "escalate", resource.plural, namespace, name)) return;
  refuseUncovered(rbac, user, resource, namespace, name, rules);
}

/** Throws 403 unless `user` may write a binding to this role. */
export function checkBindingWrite(
  rbac: RbacAuthorizer,
  ask: Ask,
  user: UserInfo,
  resource: ResourceName,
  namespace: string,
  name: string,
  role: { readonly kind?: string; readonly name?: string },
): void {
  if (user.groups.includes(masters)) return;
  const kind = role.kind === "ClusterRole" ? "clusterroles" : "roles";
  if (may(ask, user, "bind", kind, namespace, role.name ?? "")) return;
  const rules = rbac.rulesOfRole(role.kind ?? "", namespace, role.name ?? "");
  if (!rules) throw forbidden(resource, name, `${kind}.${group} "${role.name ?? ""}" not found`);
  refuseUncovered(rbac, user, resource, namespace, name, rules);
}

function may(ask: Ask, user: UserInfo, verb: string, resource: string, namespace: string, name: string): boolean {
  return ask({ user, verb, group, version: "v1", resource, subresource: "", namespace, name }).decision === "allow";
}

function refuseUncovered(
  rbac: RbacAuthorizer,
  user: UserInfo,
  resource: ResourceName,
  namespace: string,
  name: string,
  rules: readonly PolicyRule[],
): void {
  const missing = uncovered(rbac.rulesFor(user, namespace), rules);
  if (missing.length === 0) return;
  const groups = user.groups.map((each) => JSON.stringify(each)).join(" ");
  const why = `user ${JSON.stringify(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${describeRules(missing)}`;
  throw forbidden(resource, name, why);
}
