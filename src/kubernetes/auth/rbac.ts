// RBAC over the stored roles and bindings (Kubernetes documentation, "Using RBAC Authorization").
import type { KubeObject } from "../api/object.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import { ruleAllows } from "./rules.ts";
import type { Attributes, Authorizer, PolicyRule, UserInfo, Verdict } from "./types.ts";

const group = "rbac.authorization.k8s.io";
const roles = { group, plural: "roles" };
const clusterRoles = { group, plural: "clusterroles" };
const roleBindings = { group, plural: "rolebindings" };
const clusterRoleBindings = { group, plural: "clusterrolebindings" };

/** A binding as the index keeps it: who, by which words, to what. */
interface Grant {
  readonly text: string;
  readonly role: { readonly kind: string; readonly name: string };
  /** Namespace of a RoleBinding, "" of a ClusterRoleBinding. */
  readonly namespace: string;
}

/** Grants by subject: `u:name` and `g:name`. */
type Index = Map<string, Grant[]>;

/** Decides by stored roles and bindings, indexed by subject and indexed again when one of them changed. */
export class RbacAuthorizer implements Authorizer {
  readonly name = "RBAC";
  readonly #objects: ObjectStorage;
  #indexed = "";
  #cluster: Index = new Map();
  #namespaces = new Map<string, Index>();

  constructor(objects: ObjectStorage) {
    this.#objects = objects;
  }

  authorize(attributes: Attributes): Verdict {
    for (const { grant, rules } of this.#grants(attributes.user, attributes.namespace)) {
      if (rules.some((rule) => ruleAllows(rule, attributes))) return { decision: "allow", reason: `RBAC: allowed by ${grant.text}` };
    }
    return { decision: "no-opinion" };
  }

  /** All rules a user holds in a namespace ("": cluster-wide ones only). */
  rulesFor(user: UserInfo, namespace: string): readonly PolicyRule[] {
    return [...this.#grants(user, namespace)].flatMap(({ rules }) => rules);
  }

  /** Rules of a role a binding refers to; undefined if it does not exist. */
  rulesOfRole(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined {
    const role = kind === "ClusterRole" ? this.#objects.get(clusterRoles, "", name) : this.#objects.get(roles, namespace, name);
    return role && ((role.rules ?? []) as PolicyRule[]);
  }

  *#grants(user: UserInfo, namespace: string): Generator<{ grant: Grant; rules: readonly PolicyRule[] }> {
    this.#refresh();
    const local = namespace ? this.#namespaces.get(namespace) : undefined;
    for (const index of local ? [this.#cluster, local] : [this.#cluster]) {
      for (const grant of grantsOf(index, user)) {
        const rules = this.rulesOfRole(grant.role.kind, grant.namespace, grant.role.name);
        if (rules) yield { grant, rules };
      }
    }
  }

  #refresh(): void {
    const version = `${this.#objects.changes(clusterRoleBindings)}/${this.#objects.changes(roleBindings)}`;
    if (version === this.#indexed) return;
    this.#indexed = version;
    this.#cluster = new Map();
    this.#namespaces = new Map();
    for (const binding of this.#objects.list(clusterRoleBindings)) addBinding(this.#cluster, binding, "");
    for (const binding of this.#objects.list(roleBindings)) {
      const namespace = binding.metadata.namespace as string;
      let index = this.#namespaces.get(namespace);
      if (!index) {
        index = new Map();
        this.#namespaces.set(namespace, index);
      }
      addBinding(index, binding, namespace);
    }
  }
}

function* grantsOf(index: Index, user: UserInfo): Generator<Grant> {
  yield* index.get(`u:${user.username}`) ?? [];
  for (const name of user.groups) yield* index.get(`g:${name}`) ?? [];
}

function addBinding(index: Index, binding: KubeObject, namespace: string): void {
  const { kind, name } = binding.roleRef ?? {};
  if (!kind || !name || (namespace === "" && kind !== "ClusterRole")) return;
  const place = namespace ? `RoleBinding "${binding.metadata.name}/${namespace}"` : `ClusterRoleBinding "${binding.metadata.name}"`;
  for (const subject of binding.subjects ?? []) {
    const key = subjectKey(subject, namespace);
    if (!key) continue;
    const shown = subject.kind === "ServiceAccount" ? `${subject.name}/${subject.namespace || namespace}` : subject.name;
    const grant = { text: `${place} of ${kind} "${name}" to ${subject.kind} "${shown}"`, role: { kind, name }, namespace };
    index.set(key, [...(index.get(key) ?? []), grant]);
  }
}

function subjectKey(subject: { kind?: string; name?: string; namespace?: string }, namespace: string): string | undefined {
  if (!subject.name) return undefined;
  if (subject.kind === "User") return `u:${subject.name}`;
  if (subject.kind === "Group") return `g:${subject.name}`;
  const from = subject.namespace || namespace;
  return subject.kind === "ServiceAccount" && from ? `u:system:serviceaccount:${from}:${subject.name}` : undefined;
}
