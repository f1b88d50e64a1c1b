// The caches all controllers of a cluster share: one per resource type, made when first asked for.
import type { KubeObject, ResourceType } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import { type IndexFunction, Store } from "./store.ts";

const byController: IndexFunction = (object) => {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller);
  return [owner ? owner.uid : `orphans of ${object.metadata.namespace ?? ""}`];
};
const byName: IndexFunction = ({ metadata }) => [metadata.name];
const byNode: IndexFunction = (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []);

/** Shared caches. */
export class Stores {
  readonly #client: KubeClient;
  readonly #stores = new Map<ResourceType, Store>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** The cache of a type; pods carry an index `node`, nodes one by `name`, every type one by controlling owner. */
  of(type: ResourceType): Store {
    let store = this.#stores.get(type);
    if (!store) {
      store = new Store(this.#client, type);
      store.index("controller", byController);
      if (type === "pods") store.index("node", byNode);
      if (type === "nodes") store.index("name", byName);
      this.#stores.set(type, store);
    }
    return store;
  }

  get pods(): Store {
    return this.of("pods");
  }

  /** Objects of `type` whose controlling owner has `uid`. */
  controlledBy(type: ResourceType, uid: string): KubeObject[] {
    return this.of(type).by("controller", uid);
  }

  /** Objects of `type` in `namespace` without a controlling owner. */
  orphans(type: ResourceType, namespace: string): KubeObject[] {
    return this.of(type).by("controller", `orphans of ${namespace}`);
  }

  /** Pods bound to a node. */
  podsOn(node: string): KubeObject[] {
    return this.pods.by("node", node);
  }

  /** Drops the cache of a type that is no longer served. */
  drop(type: ResourceType): void {
    this.#stores.get(type)?.close();
    this.#stores.delete(type);
  }

  close(): void {
    for (const store of this.#stores.values()) store.close();
    this.#stores.clear();
  }
}
