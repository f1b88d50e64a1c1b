// Deletes objects whose owners are gone, and carries out foreground deletion and orphaning.
import type { KubeObject, OwnerReference, ResourceType } from "../../api/object.ts";
import type { ResourceCatalog } from "../../runtime/catalog.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound, isConflict } from "../../runtime/errors.ts";
import { CatalogWatch } from "./catalog-watch.ts";
import { type Node, OwnerGraph } from "./graph.ts";

const foreground = "foregroundDeletion";
const orphan = "orphan";

/** How an owner reference stands: the owner is there, gone, or being deleted in the foreground waiting for its dependents. */
type Standing = "solid" | "dangling" | "waiting";

/** The garbage collector. Keys are uids; it watches every type of the catalog. */
export function garbageCollector(deps: ControllerDeps, catalog: ResourceCatalog): Controller & { close(): void; sync(): void } {
  const graph = new OwnerGraph();
  let enqueue: (uid: string) => void = () => {};
  const types = new CatalogWatch(deps.stores, catalog, (type, { type: event, object, old }) => {
    const { uid } = object.metadata;
    if (event === "DELETED") {
      graph.remove(uid);
      for (const dependent of graph.dependents(uid)) enqueue(dependent.uid);
      for (const owner of object.metadata.ownerReferences ?? []) if (graph.get(owner.uid)?.deleting) enqueue(owner.uid);
      return;
    }
    graph.put(type, object);
    const deleting = !!object.metadata.deletionTimestamp;
    if (object.metadata.ownerReferences?.length || (deleting && object.metadata.finalizers?.length)) enqueue(uid);
    for (const owner of old?.metadata.ownerReferences ?? []) if (graph.get(owner.uid)?.deleting) enqueue(owner.uid);
  });
  const collector = new Collector(deps, graph, catalog);
  return {
    name: "generic-garbage-collector",
    workers: 20,
    watches: [],
    start(add) {
      enqueue = add;
      types.sync();
    },
    reconcile: (uid) => collector.attempt(uid),
    sync: () => types.sync(),
    close: () => types.close(),
  };
}

class Collector {
  readonly #deps: ControllerDeps;
  readonly #graph: OwnerGraph;
  readonly #catalog: ResourceCatalog;

  constructor(deps: ControllerDeps, graph: OwnerGraph, catalog: ResourceCatalog) {
    this.#deps = deps;
    this.#graph = graph;
    this.#catalog = catalog;
  }

  /** Decides about one object. */
  async attempt(uid: string): Promise<undefined> {
    const node = this.#graph.get(uid);
    if (!node) return;
    const { client } = this.#deps;
    const object = client.get(node.type, node.namespace, node.name);
    if (object?.metadata.uid !== uid) return;
    if (object.metadata.deletionTimestamp) return this.#finish(node, object);
    const owners = object.metadata.ownerReferences ?? [];
    if (!owners.length) return;
    const standing = owners.map((owner) => ({ owner, as: this.#standing(node, owner) }));
    const lost = standing.filter(({ as }) => as !== "solid");
    if (lost.length === 0) return;
    if (lost.length < standing.length) {
      const gone = new Set(lost.map(({ owner }) => owner.uid));
      return this.#dropOwners(node, object, (owner) => gone.has(owner.uid));
    }
    const waiting = standing.some(({ as }) => as === "waiting");
    if (waiting && this.#graph.hasDependents(uid)) return this.#delete(node, "Foreground");
    return this.#delete(node, policyOf(object));
  }

  /** An object under deletion: orphan its dependents, or wait until those that block are gone. */
  async #finish(node: Node, object: KubeObject): Promise<undefined> {
    const finalizers = object.metadata.finalizers ?? [];
    const dependents = this.#graph.dependents(node.uid);
    if (finalizers.includes(orphan)) {
      await Promise.all(
        dependents.map(async (dependent) => {
          const present = this.#deps.client.get(dependent.type, dependent.namespace, dependent.name);
          if (present?.metadata.uid === dependent.uid) await this.#dropOwners(dependent, present, (owner) => owner.uid === node.uid);
        }),
      );
      return this.#release(node, object, orphan);
    }
    if (!finalizers.includes(foreground)) return;
    for (const dependent of dependents) {
      if (dependent.deleting) continue;
      await this.attempt(dependent.uid);
    }
    const blocking = this.#graph
      .dependents(node.uid)
      .filter((dependent) => dependent.owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion));
    if (blocking.length === 0) await this.#release(node, object, foreground);
  }

  #standing(node: Node, owner: OwnerReference): Standing {
    const known = this.#graph.get(owner.uid);
    if (known && (known.namespace === "" || known.namespace === node.namespace)) {
      return known.deleting && known.finalizers.includes(foreground) ? "waiting" : "solid";
    }
    const resource = this.#catalog().find(({ apiVersion, kind }) => kind === owner.kind && group(apiVersion) === group(owner.apiVersion));
    // A kind nobody serves cannot be judged: the object stays.
    if (!resource) return "solid";
    const present = this.#deps.client.get(resource.type, resource.namespaced ? node.namespace : "", owner.name);
    return present?.metadata.uid === owner.uid ? "solid" : "dangling";
  }

  async #delete(node: Node, propagationPolicy: "Foreground" | "Background" | "Orphan"): Promise<undefined> {
    try {
      await ignoreNotFound(this.#deps.client.delete(node.type, node.namespace, node.name, { uid: node.uid, propagationPolicy }));
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }

  async #dropOwners(node: Node, object: KubeObject, drop: (owner: OwnerReference) => boolean): Promise<undefined> {
    const ownerReferences = object.metadata.ownerReferences?.filter((owner) => !drop(owner)) ?? [];
    await this.#patch(node, object, { ownerReferences: ownerReferences.length ? ownerReferences : null });
  }

  async #release(node: Node, object: KubeObject, finalizer: string): Promise<undefined> {
    const current = this.#deps.client.get(node.type, node.namespace, node.name) ?? object;
    if (current.metadata.uid !== node.uid) return;
    const finalizers = (current.metadata.finalizers ?? []).filter((other) => other !== finalizer);
    await this.#patch(node, current, { finalizers: finalizers.length ? finalizers : null });
  }

  async #patch(node: Node, object: KubeObject, change: object): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    const body = { metadata: { uid, resourceVersion, ...change } };
    await ignoreNotFound(this.#deps.client.patch(node.type as ResourceType, node.namespace, node.name, "merge", body));
  }
}

/** How a dependent's own dependents are treated: as its finalizers ask, otherwise in the background. */
function policyOf(object: KubeObject): "Foreground" | "Background" | "Orphan" {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(orphan)) return "Orphan";
  return finalizers.includes(foreground) ? "Foreground" : "Background";
}

function group(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}
