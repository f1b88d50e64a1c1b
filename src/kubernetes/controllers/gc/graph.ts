// Who owns whom, by uid, for every object of the cluster.
import type { KubeObject, OwnerReference, ResourceType } from "../../api/object.ts";

/** One object of the graph. */
export interface Node {
  readonly uid: string;
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
  owners: readonly OwnerReference[];
  finalizers: readonly string[];
  deleting: boolean;
}

/** Objects with owners, owners with dependents, and the uids that went away. */
export class OwnerGraph {
  readonly #nodes = new Map<string, Node>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): Node | undefined {
    return this.#nodes.get(uid);
  }

  /** Objects that name `uid` as an owner. */
  dependents(uid: string): Node[] {
    return [...(this.#dependents.get(uid) ?? [])].map((dependent) => this.#nodes.get(dependent)!);
  }

  hasDependents(uid: string): boolean {
    return this.#dependents.has(uid);
  }

  /** Takes in the present state of an object. */
  put(type: ResourceType, { metadata }: KubeObject): void {
    const { uid, namespace = "", name, ownerReferences = [], finalizers = [], deletionTimestamp } = metadata;
    const present = this.#nodes.get(uid);
    const node = present ?? { uid, type, namespace, name, owners: [], finalizers: [], deleting: false };
    if (!present) this.#nodes.set(uid, node);
    const owners = new Set(ownerReferences.map((owner) => owner.uid));
    for (const { uid: owner } of node.owners) if (!owners.has(owner)) this.#unlink(owner, uid);
    for (const owner of owners) this.#link(owner, uid);
    node.owners = ownerReferences;
    node.finalizers = finalizers;
    node.deleting = !!deletionTimestamp;
  }

  /** Forgets an object; its dependents still name it. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    if (!node) return;
    for (const owner of node.owners) this.#unlink(owner.uid, uid);
    this.#nodes.delete(uid);
  }

  #link(owner: string, dependent: string): void {
    const present = this.#dependents.get(owner);
    if (present) present.add(dependent);
    else this.#dependents.set(owner, new Set([dependent]));
  }

  #unlink(owner: string, dependent: string): void {
    const present = this.#dependents.get(owner);
    present?.delete(dependent);
    if (present?.size === 0) this.#dependents.delete(owner);
  }
}
