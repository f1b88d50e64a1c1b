// A Kubernetes API in a few lines of memory behind KubeClient, for fast tests of controllers: resource versions and conflicts, generations,
// finalizers and graceful deletion, watches, binding and eviction; no validation, defaulting or authorization.
import type { Clock } from "../../src/base/clock.ts";
import { type KubeObject, type NewObject, type ResourceType, StatusError } from "../../src/kubernetes/api/object.ts";
import type { DeleteOptions, KubeClient, ObjectEvent, PatchOptions, PatchType, Selection } from "../../src/kubernetes/client/client.ts";
import { mergePatch, strategicPatch } from "./fake-patch.ts";
import { selects } from "./fake-selection.ts";

const clusterScoped = /^(nodes|namespaces|persistentvolumes|.*\.(rbac|storage|scheduling|certificates|apiextensions)\.k8s\.io)$/;
const namespacedExceptions = /^(roles|rolebindings)\.rbac|^csistoragecapacities\./;

/** Refuses or changes writes before they are stored; for failure injection. */
export type Interceptor = (verb: string, type: ResourceType, object: NewObject) => void;

export class FakeKubeClient implements KubeClient {
  readonly #clock: Clock;
  readonly #objects = new Map<ResourceType, Map<string, KubeObject>>();
  readonly #watchers = new Map<ResourceType, Set<{ selection: Selection; listener: (event: ObjectEvent) => void }>>();
  #revision = 0;
  #serial = 0;
  /** Every write as `verb type namespace/name`. */
  readonly writes: string[] = [];
  intercept: Interceptor = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get<T extends KubeObject = KubeObject>(type: ResourceType, namespace: string, name: string): T | undefined {
    return this.#of(type).get(`${namespace}/${name}`) as T | undefined;
  }

  list<T extends KubeObject = KubeObject>(type: ResourceType, selection: Selection = {}): readonly T[] {
    return [...this.#of(type).values()].filter((object) => selects(selection, object)) as T[];
  }

  watch<T extends KubeObject = KubeObject>(
    type: ResourceType,
    selection: Selection,
    listener: (event: ObjectEvent<T>) => void,
  ): { close(): void } {
    for (const object of this.list<T>(type, selection)) listener({ type: "ADDED", object });
    let watchers = this.#watchers.get(type);
    if (!watchers) {
      watchers = new Set();
      this.#watchers.set(type, watchers);
    }
    const watcher = { selection, listener: listener as (event: ObjectEvent) => void };
    watchers.add(watcher);
    return { close: () => watchers.delete(watcher) };
  }

  async create<T extends KubeObject = KubeObject>(type: ResourceType, namespace: string, object: NewObject): Promise<T> {
    await undefined;
    this.intercept("create", type, object);
    const copy = structuredClone(object) as KubeObject;
    const scope = isClusterScoped(type) ? "" : namespace;
    copy.metadata.name ??= `${object.metadata.generateName}${String(++this.#serial).padStart(5, "0")}`;
    if (this.get(type, scope, copy.metadata.name)) throw failure(409, "AlreadyExists", `${type} "${copy.metadata.name}" already exists`);
    const home = scope ? this.get("namespaces", "", scope) : undefined;
    if (home?.metadata.deletionTimestamp) throw terminating(type, copy.metadata.name, scope);
    Object.assign(copy.metadata, {
      ...(scope ? { namespace: scope } : {}),
      uid: `00000000-0000-4000-8000-${String(++this.#serial).padStart(12, "0")}`,
      creationTimestamp: this.#stamp(),
      generation: 1,
    });
    if (type === "namespaces") copy.spec ??= { finalizers: ["kubernetes"] };
    if (type === "pods") copy.status = { phase: "Pending", ...copy.status };
    this.#log("create", type, copy);
    return this.#store(type, copy, "ADDED") as T;
  }

  async update<T extends KubeObject = KubeObject>(type: ResourceType, object: KubeObject, subresource?: "scale" | "approval"): Promise<T> {
    if (subresource === "approval") return this.updateStatus(type, object);
    await undefined;
    this.intercept(subresource ? `update/${subresource}` : "update", type, object);
    const present = this.#require(type, object.metadata.namespace ?? "", object.metadata.name);
    if (subresource === "scale") {
      checkVersion(type, object, present);
      const next = { ...present, spec: { ...present.spec, replicas: object.spec.replicas }, metadata: { ...present.metadata } };
      return this.#replace("update", type, present, next) as T;
    }
    return this.#replace("update", type, present, object, (next) => {
      if (present.status !== undefined && hasStatus(type)) next.status = present.status;
    }) as T;
  }

  async updateStatus<T extends KubeObject = KubeObject>(type: ResourceType, object: KubeObject): Promise<T> {
    await undefined;
    this.intercept("updateStatus", type, object);
    const present = this.#require(type, object.metadata.namespace ?? "", object.metadata.name);
    checkVersion(type, object, present);
    const next = { ...present, status: object.status, metadata: { ...present.metadata } };
    return this.#replace("updateStatus", type, present, next) as T;
  }

  async patch<T extends KubeObject = KubeObject>(
    type: ResourceType,
    namespace: string,
    name: string,
    patch: PatchType,
    body: unknown,
    options: PatchOptions = {},
  ): Promise<T> {
    await undefined;
    const present = this.#require(type, isClusterScoped(type) ? "" : namespace, name);
    if (options.dryRun) return present as T;
    const change = body as NewObject;
    this.intercept(`patch${options.subresource ? `/${options.subresource}` : ""}`, type, change);
    if (change.metadata?.uid && change.metadata.uid !== present.metadata.uid)
      throw failure(409, "Conflict", "the UID in the precondition does not match");
    const plain = structuredClone(present);
    const merged = (patch === "strategic" ? strategicPatch(plain, body) : mergePatch(plain, body)) as KubeObject;
    if (change.metadata?.resourceVersion) checkVersion(type, change as KubeObject, present);
    if (options.subresource === "status") {
      const next = { ...present, status: merged.status, metadata: { ...present.metadata } };
      return this.#replace("patchStatus", type, present, next) as T;
    }
    if (hasStatus(type)) merged.status = present.status;
    merged.metadata.resourceVersion = present.metadata.resourceVersion;
    return this.#replace("patch", type, present, merged) as T;
  }

  async apply<T extends KubeObject = KubeObject>(type: ResourceType, object: NewObject, _manager: string): Promise<T> {
    const namespace = object.metadata.namespace ?? "";
    if (!this.get(type, namespace, object.metadata.name!)) return this.create<T>(type, namespace, object);
    return this.patch<T>(type, namespace, object.metadata.name!, "strategic", object);
  }

  async delete(type: ResourceType, namespace: string, name: string, options: DeleteOptions = {}): Promise<void> {
    await undefined;
    const present = this.#require(type, isClusterScoped(type) ? "" : namespace, name);
    if (options.uid && options.uid !== present.metadata.uid) throw failure(409, "Conflict", "the UID in the precondition does not match");
    if (options.resourceVersion && options.resourceVersion !== present.metadata.resourceVersion)
      throw failure(409, "Conflict", "the resource version does not match");
    this.intercept("delete", type, present);
    this.#log("delete", type, present);
    const next = structuredClone(present);
    const finalizers = new Set(next.metadata.finalizers ?? []);
    if (options.propagationPolicy === "Foreground") finalizers.add("foregroundDeletion");
    if (options.propagationPolicy === "Orphan") finalizers.add("orphan");
    const grace = gracePeriod(type, present, options);
    const held = finalizers.size > 0 || (type === "namespaces" && (present.spec?.finalizers ?? []).length > 0);
    if (!held && grace === 0) return this.#remove(type, present);
    if (finalizers.size) next.metadata.finalizers = [...finalizers];
    if (!next.metadata.deletionTimestamp || grace < (next.metadata.deletionGracePeriodSeconds ?? 0)) {
      next.metadata.deletionTimestamp = new Date(this.#clock.now() + grace * 1000).toISOString().replace(/\.\d+/, "");
      next.metadata.deletionGracePeriodSeconds = grace;
      next.metadata.generation = (next.metadata.generation ?? 1) + 1;
    }
    if (type === "namespaces") next.status = { ...next.status, phase: "Terminating" };
    if (JSON.stringify(next) !== JSON.stringify(present)) this.#store(type, next, "MODIFIED");
  }

  async post<T = KubeObject>(type: ResourceType, namespace: string, name: string, subresource: string, body: NewObject): Promise<T> {
    await undefined;
    const present = this.#require(type, isClusterScoped(type) ? "" : namespace, name);
    this.intercept(`post/${subresource}`, type, body);
    switch (`${type}/${subresource}`) {
      case "pods/binding": {
        if (present.spec.nodeName) throw failure(409, "Conflict", `pod ${name} is already assigned to node "${present.spec.nodeName}"`);
        const next = structuredClone(present);
        next.spec.nodeName = body.target.name;
        const conditions = (next.status.conditions ?? []).filter((condition: { type: string }) => condition.type !== "PodScheduled");
        next.status.conditions = [
          ...conditions,
          { type: "PodScheduled", status: "True", lastTransitionTime: this.#stamp(), lastProbeTime: null },
        ];
        this.#log("bind", type, next);
        return this.#store(type, next, "MODIFIED") as T;
      }
      case "pods/eviction":
        await this.delete(type, namespace, name, body.deleteOptions ?? {});
        return body as T;
      case "namespaces/finalize":
        return this.#replace("finalize", type, present, { ...present, spec: body.spec, metadata: { ...present.metadata } }) as T;
      default:
        throw failure(404, "NotFound", "the server could not find the requested resource");
    }
  }

  #of(type: ResourceType): Map<string, KubeObject> {
    let objects = this.#objects.get(type);
    if (!objects) {
      objects = new Map();
      this.#objects.set(type, objects);
    }
    return objects;
  }

  #require(type: ResourceType, namespace: string, name: string): KubeObject {
    const present = this.get(type, namespace, name);
    if (!present) throw failure(404, "NotFound", `${type} "${name}" not found`);
    return present;
  }

  #replace(
    verb: string,
    type: ResourceType,
    present: KubeObject,
    given: KubeObject,
    adjust: (next: KubeObject) => void = () => {},
  ): KubeObject {
    checkVersion(type, given, present);
    const next = structuredClone(given);
    const { uid, creationTimestamp, generation, deletionTimestamp, namespace, name } = present.metadata;
    Object.assign(next.metadata, { uid, creationTimestamp, name, generation: generation ?? 1 });
    if (namespace) next.metadata.namespace = namespace;
    if (deletionTimestamp) next.metadata.deletionTimestamp = deletionTimestamp;
    adjust(next);
    next.metadata.resourceVersion = present.metadata.resourceVersion;
    if (JSON.stringify(next) === JSON.stringify(present)) return present;
    if (JSON.stringify(next.spec) !== JSON.stringify(present.spec)) next.metadata.generation = (generation ?? 1) + 1;
    this.#log(verb, type, next);
    const released = type === "namespaces" ? !(next.spec?.finalizers ?? []).length : true;
    const graceOver = type !== "pods" || !next.metadata.deletionGracePeriodSeconds || !next.spec?.nodeName;
    if (deletionTimestamp && !next.metadata.finalizers?.length && released && graceOver) {
      this.#store(type, next, "MODIFIED");
      this.#remove(type, this.get(type, namespace ?? "", name)!);
      return next;
    }
    return this.#store(type, next, "MODIFIED");
  }

  #store(type: ResourceType, object: KubeObject, event: "ADDED" | "MODIFIED"): KubeObject {
    object.metadata.resourceVersion = String(++this.#revision);
    const frozen = deepFreeze(object);
    const key = `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
    const old = this.#of(type).get(key);
    this.#of(type).set(key, frozen);
    for (const { selection, listener } of this.#watchers.get(type) ?? []) {
      const now = selects(selection, frozen);
      const before = old ? selects(selection, old) : false;
      if (now) listener({ type: before ? event : "ADDED", object: frozen });
      else if (before) listener({ type: "DELETED", object: frozen });
    }
    return frozen;
  }

  #remove(type: ResourceType, object: KubeObject): void {
    this.#of(type).delete(`${object.metadata.namespace ?? ""}/${object.metadata.name}`);
    const last = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#revision) } });
    for (const { selection, listener } of this.#watchers.get(type) ?? []) {
      if (selects(selection, object)) listener({ type: "DELETED", object: last });
    }
  }

  #stamp(): string {
    return new Date(this.#clock.now()).toISOString().replace(/\.\d+/, "");
  }

  #log(verb: string, type: ResourceType, object: KubeObject): void {
    this.writes.push(`${verb} ${type} ${object.metadata.namespace ?? ""}/${object.metadata.name}`);
  }
}

/** A StatusError as the API answers it. */
export function failure(code: number, reason: string, message: string): StatusError {
  return new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code });
}

function terminating(type: string, name: string, namespace: string): StatusError {
  const message = `${type} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`;
  const causes = [{ reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" }];
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: "Forbidden",
    details: { causes },
    code: 403,
  });
}

function checkVersion(type: string, given: KubeObject, present: KubeObject): void {
  const { resourceVersion, name } = given.metadata;
  if (resourceVersion && resourceVersion !== present.metadata.resourceVersion) {
    throw failure(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${type} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    );
  }
}

function gracePeriod(type: string, pod: KubeObject, options: DeleteOptions): number {
  if (type !== "pods") return 0;
  const finished = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  if (!pod.spec?.nodeName || finished) return 0;
  return options.gracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}

function hasStatus(type: string): boolean {
  return !/^(events|leases|configmaps|secrets|serviceaccounts|endpoints)/.test(type);
}

function isClusterScoped(type: string): boolean {
  return clusterScoped.test(type) && !namespacedExceptions.test(type);
}

function deepFreeze<T>(value: T): T {
  if (value && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
