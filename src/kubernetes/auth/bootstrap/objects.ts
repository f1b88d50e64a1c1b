// The access control objects every cluster begins with.
import type { NewObject } from "../../api/object.ts";
import type { PolicyRule } from "../types.ts";
import { controllerRoles, controllersOf } from "./controller-roles.ts";
import { rules } from "./grammar.ts";
import { namespacedRoles } from "./namespaced-roles.ts";
import { systemBindings, systemRolesOf } from "./system-roles.ts";
import { admin, clusterAdmin, devices, edit, view } from "./user-roles.ts";

const apiVersion = "rbac.authorization.k8s.io/v1";
const own = { "kubernetes.io/bootstrapping": "rbac-defaults" };
const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "true" };
const controllerPrefix = "system:controller:";
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

/** ClusterRoles of Kubernetes 1.`minor`, with the aggregated ones already filled in. */
export function bootstrapRoles(minor: number): NewObject[] {
  const more = minor >= devices.from;
  const viewing = rules(more ? `${view}${devices.view}\n` : view);
  const editing = rules(more ? `${edit}${devices.edit}\n` : edit);
  const administering = rules(admin);
  return [
    clusterRole("cluster-admin", rules(clusterAdmin)),
    clusterRole("admin", [...administering, ...editing, ...viewing], {}, ["admin"]),
    clusterRole("edit", [...editing, ...viewing], { [`${aggregate}admin`]: "true" }, ["edit"]),
    clusterRole("view", viewing, { [`${aggregate}edit`]: "true" }, ["view"]),
    clusterRole("system:aggregate-to-admin", administering, { [`${aggregate}admin`]: "true" }),
    clusterRole("system:aggregate-to-edit", editing, { [`${aggregate}edit`]: "true" }),
    clusterRole("system:aggregate-to-view", viewing, { [`${aggregate}view`]: "true" }),
    ...Object.entries(systemRolesOf(minor)).map(([name, text]) => clusterRole(name, rules(text))),
    ...controllersOf(minor).map((name) => clusterRole(controllerPrefix + name, rules(controllerRoles[name] as string))),
  ];
}

/** ClusterRoleBindings of Kubernetes 1.`minor`. */
export function bootstrapBindings(minor: number): NewObject[] {
  return [
    ...systemBindings.map(([name, role, kind, ...names]) =>
      clusterRoleBinding(
        name,
        role,
        names.map((each) => subject(kind, each)),
      ),
    ),
    ...controllersOf(minor).map((name) =>
      clusterRoleBinding(controllerPrefix + name, controllerPrefix + name, [subject("ServiceAccount", `kube-system/${name}`)]),
    ),
  ];
}

function clusterRoleBinding(name: string, role: string, subjects: object[]): NewObject {
  return {
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name, annotations, labels: own },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    ...(subjects.length > 0 && { subjects }),
  };
}

/** Roles and RoleBindings of the system namespaces, roles first. */
export function bootstrapNamespaced(): NewObject[] {
  const metadata = (namespace: string, name: string) => ({ name, namespace, annotations, labels: own });
  const roles = namespacedRoles.map(({ namespace, name, rules: text }) => ({
    apiVersion,
    kind: "Role",
    metadata: metadata(namespace, name),
    rules: rules(text),
  }));
  const bindings = namespacedRoles.map(({ namespace, name, binding, subjects }) => ({
    apiVersion,
    kind: "RoleBinding",
    metadata: metadata(namespace, binding),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: subjects.map((each) => {
      const [kind = "", ...rest] = each.split("/");
      return subject(kind, rest.join("/"));
    }),
  }));
  return [...roles, ...bindings];
}

function subject(kind: string, name: string): object {
  if (kind !== "ServiceAccount") return { apiGroup: "rbac.authorization.k8s.io", kind, name };
  const [namespace, account] = name.split("/");
  return { kind, name: account, namespace };
}
