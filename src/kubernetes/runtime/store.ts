// A cache of one resource type with indexes, kept current by a watch and by the results of our own writes.
import type { KubeObject, ResourceType } from "../api/object.ts";
import type { KubeClient, ObjectEvent } from "../client/client.ts";

/** A change as subscribers see it; `old` is the state before, if it was known. */
export interface Change {
  readonly type: ObjectEvent["type"];
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
}

/** Says under which values an index holds an object. */
export type IndexFunction = (object: KubeObject) => readonly string[];

const rememberedDeletions = 10_000;

/** `namespace/name`, or the bare name of a cluster-scoped object. */
export function keyOf(object: KubeObject): string {
  return object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name;
}

/** Splits what {@link keyOf} made. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The objects of one type. Objects are shared and must not be mutated. */
export class Store {
  readonly type: ResourceType;
  readonly #objects = new Map<string, KubeObject>();
  readonly #namespaces = new Map<string, Map<string, KubeObject>>();
  readonly #indexes = new Map<string, { of: IndexFunction; buckets: Map<string, Map<string, KubeObject>> }>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #followers = new Map<string, Map<string, Set<(change: Change) => void>>>();
  readonly #deleted = new Set<string>();
  readonly #watch: { close(): void };

  constructor(client: KubeClient, type: ResourceType) {
    this.type = type;
    this.#watch = client.watch(type, {}, (event) => this.#take(event));
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(namespace ? `${namespace}/${name}` : name);
  }

  /** Every object, or those of one namespace. */
  list(namespace?: string): KubeObject[] {
    return [...(namespace === undefined ? this.#objects : (this.#namespaces.get(namespace) ?? new Map<string, KubeObject>())).values()];
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Declares an index; a second declaration of the same name is ignored. */
  index(name: string, of: IndexFunction): void {
    if (this.#indexes.has(name)) return;
    const index = { of, buckets: new Map<string, Map<string, KubeObject>>() };
    this.#indexes.set(name, index);
    for (const object of this.#objects.values()) addTo(index, object);
  }

  /** The objects an index holds under `value`. */
  by(index: string, value: string): KubeObject[] {
    return [...(this.#indexes.get(index)?.buckets.get(value)?.values() ?? [])];
  }

  /** Calls `listener` for what is present (as ADDED) and then for every change. */
  subscribe(listener: (change: Change) => void): { close(): void } {
    for (const object of this.#objects.values()) listener({ type: "ADDED", object, old: undefined });
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }

  /** Calls `listener` for every change of an object that an index holds, or held before the change, under `value`. */
  follow(index: string, value: string, listener: (change: Change) => void): { close(): void } {
    const values = getOrMake(this.#followers, index);
    const followers = values.get(value) ?? new Set();
    values.set(value, followers.add(listener));
    return {
      close() {
        followers.delete(listener);
        if (followers.size === 0 && values.get(value) === followers) values.delete(value);
      },
    };
  }

  /** Folds in the result of a write, so that the next look sees it even before the watch reports it. */
  observe(object: KubeObject): void {
    if (this.#deleted.has(object.metadata.uid)) return;
    this.#take({ type: "MODIFIED", object });
  }

  close(): void {
    this.#watch.close();
    this.#listeners.clear();
    this.#followers.clear();
  }

  #take(event: ObjectEvent): void {
    const key = keyOf(event.object);
    const old = this.#objects.get(key);
    if (event.type === "DELETED") {
      this.#remember(event.object.metadata.uid);
      if (!old || old.metadata.uid !== event.object.metadata.uid) return;
      this.#remove(key, old);
      this.#tell({ type: "DELETED", object: event.object, old });
      return;
    }
    if (old && Number(old.metadata.resourceVersion) >= Number(event.object.metadata.resourceVersion)) return;
    if (old && old.metadata.uid !== event.object.metadata.uid) {
      this.#remove(key, old);
      this.#tell({ type: "DELETED", object: old, old });
      this.#put(key, event.object);
      this.#tell({ type: "ADDED", object: event.object, old: undefined });
      return;
    }
    if (old) this.#unindex(old);
    this.#put(key, event.object);
    this.#tell({ type: old ? "MODIFIED" : "ADDED", object: event.object, old });
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
    for (const [name, values] of this.#followers) {
      const of = this.#indexes.get(name)?.of ?? (() => []);
      for (const value of new Set([...of(change.object), ...(change.old ? of(change.old) : [])]))
        for (const follower of values.get(value) ?? []) follower(change);
    }
  }

  #put(key: string, object: KubeObject): void {
    this.#objects.set(key, object);
    const namespace = object.metadata.namespace ?? "";
    getOrMake(this.#namespaces, namespace).set(key, object);
    for (const index of this.#indexes.values()) addTo(index, object);
  }

  #remove(key: string, object: KubeObject): void {
    this.#objects.delete(key);
    const namespace = object.metadata.namespace ?? "";
    const members = this.#namespaces.get(namespace);
    members?.delete(key);
    if (members?.size === 0) this.#namespaces.delete(namespace);
    this.#unindex(object);
  }

  #unindex(object: KubeObject): void {
    const key = keyOf(object);
    for (const { of, buckets } of this.#indexes.values()) {
      for (const value of of(object)) {
        const bucket = buckets.get(value);
        bucket?.delete(key);
        if (bucket?.size === 0) buckets.delete(value);
      }
    }
  }

  #remember(uid: string): void {
    this.#deleted.add(uid);
    if (this.#deleted.size > rememberedDeletions) {
      const [oldest] = this.#deleted;
      this.#deleted.delete(oldest!);
    }
  }
}

function addTo(index: { of: IndexFunction; buckets: Map<string, Map<string, KubeObject>> }, object: KubeObject): void {
  for (const value of index.of(object)) {
    getOrMake(index.buckets, value).set(keyOf(object), object);
  }
}

function getOrMake<V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const present = maps.get(key);
  if (present) return present;
  const made = new Map<string, V>();
  maps.set(key, made);
  return made;
}
