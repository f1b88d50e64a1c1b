// Objects over the revisioned store: one serialisation per write, parsed lazily on reads. The store's revision is the resourceVersion.
import type { Entry, ListOptions, Store, StoreEvent } from "../../store/store.ts";
import type { KubeObject } from "../api/object.ts";
import type { ResourceName } from "../api/status.ts";
import { withSharedFields } from "../apply/shared-fields.ts";

const decoder = new TextDecoder();

/** The object of an entry; shared, must not be mutated. */
export function objectOf<T extends KubeObject = KubeObject>(entry: Entry): T {
  entry.parsed ??= withSharedFields(JSON.parse(decoder.decode(entry.value)) as KubeObject);
  return entry.parsed as T;
}

/** Key prefix of all objects of a resource, or of those of a namespace. */
export function prefixOf(resource: ResourceName, namespace?: string): string {
  const base = `/${resource.group || "core"}/${resource.plural}/`;
  return namespace ? `${base}${namespace}/` : base;
}

/** Key of an object; `namespace` is "" for cluster-scoped resources. */
export function keyOf(resource: ResourceName, namespace: string, name: string): string {
  return `/${resource.group || "core"}/${resource.plural}/${namespace}/${name}`;
}

/** An event as watchers see it; `object` of a deletion carries the deletion's revision. */
export interface ChangeEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly revision: number;
}

const changes = new WeakMap<StoreEvent, ChangeEvent>();

/** Translates a store event, once for all watchers. */
export function changeOf(event: StoreEvent): ChangeEvent {
  let change = changes.get(event);
  if (!change) {
    const previous = event.previous && objectOf(event.previous);
    if (event.type === "put") {
      change = { type: previous ? "MODIFIED" : "ADDED", object: objectOf(event.entry), previous, revision: event.revision };
    } else {
      const last = previous as KubeObject;
      const object = { ...last, metadata: { ...last.metadata, resourceVersion: String(event.revision) } };
      change = { type: "DELETED", object, previous: last, revision: event.revision };
    }
    changes.set(event, change);
  }
  return change;
}

/** A store seen as Kubernetes objects. */
export class ObjectStorage {
  readonly store: Store;
  readonly #changes = new Map<string, number>();
  readonly #writers = new Map<string, (object: KubeObject) => void>();

  constructor(store: Store) {
    this.store = store;
  }

  get revision(): number {
    return this.store.revision;
  }

  entry(resource: ResourceName, namespace: string, name: string): Entry | undefined {
    return this.store.get(keyOf(resource, namespace, name));
  }

  get<T extends KubeObject = KubeObject>(resource: ResourceName, namespace: string, name: string): T | undefined {
    const entry = this.entry(resource, namespace, name);
    return entry && objectOf<T>(entry);
  }

  entries(resource: ResourceName, namespace?: string, options?: ListOptions): Entry[] {
    return this.store.list(prefixOf(resource, namespace), options);
  }

  list<T extends KubeObject = KubeObject>(resource: ResourceName, namespace?: string): T[] {
    return this.entries(resource, namespace).map((entry) => objectOf<T>(entry));
  }

  count(resource: ResourceName, namespace?: string): number {
    return this.store.count(prefixOf(resource, namespace));
  }

  /** Grows with every write to a resource, for caches derived from its objects. */
  changes(resource: ResourceName): number {
    return this.#changes.get(prefixOf(resource)) ?? 0;
  }

  #changed(resource: ResourceName): void {
    this.#changes.set(prefixOf(resource), this.changes(resource) + 1);
  }

  /** Calls `listener` with every object of a resource as it is written, also when the surrounding transaction is rolled back later. */
  onPut(resource: ResourceName, listener: (object: KubeObject) => void): void {
    const prefix = prefixOf(resource);
    const before = this.#writers.get(prefix);
    const both = (object: KubeObject) => {
      before?.(object);
      listener(object);
    };
    this.#writers.set(prefix, before ? both : listener);
  }

  /** Writes an object, giving it its resourceVersion. The object belongs to the storage afterwards and must not be mutated. */
  put(resource: ResourceName, object: KubeObject): KubeObject {
    const key = keyOf(resource, object.metadata.namespace ?? "", object.metadata.name);
    this.#changed(resource);
    return this.store.transact((tx) => {
      object.metadata.resourceVersion = String(this.store.revision + 1);
      tx.put(key, Buffer.from(JSON.stringify(object)));
      // Events are many and hardly ever read: kept as text alone they take half the memory.
      if (resource.plural !== "events") (tx.get(key) as Entry).parsed = object;
      this.#writers.get(prefixOf(resource))?.(object);
      return object;
    });
  }

  /** Removes an object; false if it was not there. */
  remove(resource: ResourceName, namespace: string, name: string): boolean {
    this.#changed(resource);
    return this.store.transact((tx) => tx.delete(keyOf(resource, namespace, name)));
  }
}
