// Roles, bindings: what is taken, what is refused, and the words.
import type { ChangeCase, CreateCase } from "../validation.ts";
import { namePart, subdomain } from "./texts.ts";

const group = "rbac.authorization.k8s.io";
const rule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const role = (more: object) => ({ rules: [{ ...rule, ...more }] });
const roleRef = { apiGroup: group, kind: "Role", name: "r" };
const clusterRoleRef = { ...roleRef, kind: "ClusterRole" };
const user = { kind: "User", apiGroup: group, name: "jane" };
const account = { kind: "ServiceAccount", name: "default", namespace: "default" };
const binding = (...subjects: object[]) => ({ roleRef, subjects });
const clusterBinding = (...subjects: object[]) => ({ roleRef: clusterRoleRef, subjects });
const aggregated = (...clusterRoleSelectors: object[]) => ({ aggregationRule: { clusterRoleSelectors } });
const selectors = "aggregationRule.clusterRoleSelectors";
const urls = ["/healthz"];
const urlsOnly = { apiGroups: [], resources: [], nonResourceURLs: urls };
const mixed = "rules cannot apply to both regular resources and non-resource URLs";

export const accessCreations: readonly CreateCase[] = [
  ["Role", role({}), undefined],
  ["Role", { rules: [] }, undefined],
  ["Role", {}, undefined],
  ["Role", role({ resourceNames: ["a", "b"], resources: ["pods", "secrets"] }), undefined],
  ["Role", { ...role({}), metadata: { name: "any:Thing at_all" } }, undefined],
  ["Role", { ...role({}), metadata: { name: "a%b" } }, "metadata.name: Invalid value: \"a%b\": may not contain '%'"],
  ["Role", { ...role({}), metadata: { name: ".." } }, "metadata.name: Invalid value: \"..\": may not be '..'"],
  [
    "Role",
    { ...role({}), metadata: { name: "a/b%c" } },
    "[metadata.name: Invalid value: \"a/b%c\": may not contain '/', metadata.name: Invalid value: \"a/b%c\": may not contain '%']",
  ],
  ["Role", role({ verbs: [] }), "rules[0].verbs: Required value: verbs must contain at least one value"],
  ["Role", role({ verbs: undefined }), "rules[0].verbs: Required value: verbs must contain at least one value"],
  ["Role", role({ apiGroups: [] }), "rules[0].apiGroups: Required value: resource rules must supply at least one api group"],
  ["Role", role({ resources: [] }), "rules[0].resources: Required value: resource rules must supply at least one resource"],
  [
    "Role",
    { rules: [rule, {}] },
    "[rules[1].verbs: Required value: verbs must contain at least one value, rules[1].apiGroups: Required value: resource rules must supply at least one api group, rules[1].resources: Required value: resource rules must supply at least one resource]",
  ],
  [
    "Role",
    role(urlsOnly),
    'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs',
    "newer",
  ],
  [
    "Role",
    role({ nonResourceURLs: urls }),
    `[rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs, rules[0].nonResourceURLs: Invalid value: ["/healthz"]: ${mixed}]`,
    "newer",
  ],
  ["ClusterRole", role(urlsOnly), undefined],
  ["ClusterRole", role({ ...urlsOnly, resourceNames: ["a"] }), `rules[0].nonResourceURLs: Invalid value: ["/healthz"]: ${mixed}`, "newer"],
  ["ClusterRole", aggregated({ matchLabels: { a: "b" } }), undefined],
  ["ClusterRole", aggregated({}), undefined],
  ["ClusterRole", aggregated(), `${selectors}: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil`],
  [
    "ClusterRole",
    { aggregationRule: {} },
    `${selectors}: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil`,
  ],
  [
    "ClusterRole",
    aggregated({ matchLabels: { a: "b" } }, { matchExpressions: [{ key: "a", operator: "In" }] }),
    `[${selectors}[1].matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn', ${selectors}[1]: Invalid value: "null": invalid label selector.]`,
  ],
  [
    "ClusterRole",
    aggregated({ matchLabels: { "a b": "c" } }),
    `[${selectors}[0].matchLabels: Invalid value: "a b": ${namePart}, ${selectors}[0]: Invalid value: "null": invalid label selector.]`,
  ],

  ["RoleBinding", binding(), undefined],
  ["RoleBinding", binding(user, { ...account, namespace: undefined }, { ...user, kind: "Group" }), undefined],
  ["RoleBinding", { roleRef: clusterRoleRef }, undefined],
  [
    "RoleBinding",
    { roleRef: { ...roleRef, kind: "Group" } },
    'roleRef.kind: Unsupported value: "Group": supported values: "Role", "ClusterRole"',
  ],
  ["RoleBinding", { roleRef: { ...roleRef, apiGroup: "v1" } }, `roleRef.apiGroup: Unsupported value: "v1": supported values: "${group}"`],
  ["RoleBinding", { roleRef: { ...roleRef, name: "a/b" } }, "roleRef.name: Invalid value: \"a/b\": may not contain '/'"],
  [
    "RoleBinding",
    { roleRef: { ...roleRef, name: "a/b%" } },
    "[roleRef.name: Invalid value: \"a/b%\": may not contain '/', roleRef.name: Invalid value: \"a/b%\": may not contain '%']",
  ],
  [
    "RoleBinding",
    { roleRef: {} },
    '[roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole", roleRef.name: Required value]',
  ],
  ["RoleBinding", binding({ ...user, name: "" }), "subjects[0].name: Required value"],
  [
    "RoleBinding",
    binding(user, { kind: "Robot", name: "r2" }),
    'subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
  ],
  [
    "RoleBinding",
    binding({}),
    '[subjects[0].name: Required value, subjects[0].kind: Unsupported value: "": supported values: "ServiceAccount", "User", "Group"]',
  ],
  ["RoleBinding", binding({ ...account, name: "A_b" }), `subjects[0].name: Invalid value: "A_b": ${subdomain}`],
  ["RoleBinding", binding({ ...account, apiGroup: group }), `subjects[0].apiGroup: Unsupported value: "${group}": supported values: ""`],
  ["RoleBinding", binding({ ...user, apiGroup: "x" }), `subjects[0].apiGroup: Unsupported value: "x": supported values: "${group}"`],
  ["ClusterRoleBinding", clusterBinding(user, account), undefined],
  ["ClusterRoleBinding", { roleRef }, 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
  ["ClusterRoleBinding", clusterBinding({ ...account, namespace: "" }), "subjects[0].namespace: Required value"],
  [
    "ClusterRoleBinding",
    clusterBinding({ kind: "ServiceAccount", apiGroup: "x" }),
    '[subjects[0].name: Required value, subjects[0].apiGroup: Unsupported value: "x": supported values: "", subjects[0].namespace: Required value]',
  ],
];

export const accessChanges: readonly ChangeCase[] = [
  ["Role", role({}), role({ verbs: ["list"] }), undefined],
  ["Role", role({}), role({ verbs: [] }), "rules[0].verbs: Required value: verbs must contain at least one value"],
  [
    "ClusterRole",
    aggregated({ matchLabels: { a: "b" } }),
    aggregated(),
    `${selectors}: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil`,
  ],
  ["RoleBinding", binding(user), { subjects: [account] }, undefined],
  ["RoleBinding", binding(), { subjects: [{ ...user, name: "" }] }, "subjects[0].name: Required value"],
  [
    "RoleBinding",
    binding(),
    { roleRef: { name: "s" } },
    `roleRef: Invalid value: {"apiGroup":"${group}","kind":"Role","name":"s"}: cannot change roleRef`,
    "newer",
  ],
  [
    "ClusterRoleBinding",
    clusterBinding(),
    { roleRef: { kind: "Role" } },
    `[roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole", roleRef: Invalid value: {"apiGroup":"${group}","kind":"Role","name":"r"}: cannot change roleRef]`,
    "newer",
  ],
];
