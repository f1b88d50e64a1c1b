// The access control objects every cluster begins with.
import type { NewObject } from "../../api/object.ts";
import type { PolicyRule } from "../types.ts";
import { rules } from "./grammar.ts";
import { systemBindings, systemRoles } from "./system-roles.ts";
import { admin, clusterAdmin, edit, view } from "./user-roles.ts";

const apiVersion = "rbac.authorization.k8s.io/v1";
const own = { "kubernetes.io/bootstrapping": "rbac-defaults" };
const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "true" };
const aggregate = "rbac.authorization.k8s.io/aggregate-to-";

function clusterRole(name: string, list: PolicyRule[], labels: Record<string, string> = {}, selectors: string[] = []): NewObject {
  return {
    apiVersion,
    kind: "ClusterRole",
    metadata: { name, annotations, labels: { ...own, ...labels } },
    ...(selectors.length > 0 && {
      aggregationRule: { clusterRoleSelectors: selectors.map((each) => ({ matchLabels: { [aggregate + each]: "true" } })) },
    }),
    rules: list,
  };
}

/** ClusterRoles, with the aggregated ones already filled in. */
export function bootstrapRoles(): NewObject[] {
  const [viewing, editing, administering] = [rules(view), rules(edit), rules(admin)];
  return [
    clusterRole("cluster-admin", rules(clusterAdmin)),
    clusterRole("admin", [...administering, ...editing, ...viewing], {}, ["admin"]),
    clusterRole("edit", [...editing, ...viewing], { [`${aggregate}admin`]: "true" }, ["edit"]),
    clusterRole("view", viewing, { [`${aggregate}edit`]: "true" }, ["view"]),
    clusterRole("system:aggregate-to-admin", administering, { [`${aggregate}admin`]: "true" }),
    clusterRole("system:aggregate-to-edit", editing, { [`${aggregate}edit`]: "true" }),
    clusterRole("system:aggregate-to-view", viewing, { [`${aggregate}view`]: "true" }),
    ...Object.entries(systemRoles).map(([name, text]) => clusterRole(name, rules(text))),
  ];
}

/** ClusterRoleBindings. */
export function bootstrapBindings(): NewObject[] {
  return systemBindings.map(([name, role, kind, ...names]) => ({
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name, annotations, labels: own },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: names.map((each) => subject(kind, each)),
  }));
}

function subject(kind: string, name: string): object {
  if (kind !== "ServiceAccount") return { apiGroup: "rbac.authorization.k8s.io", kind, name };
  const [namespace, account] = name.split("/");
  return { kind, name: account, namespace };
}
