// The Kubernetes client that everything inside Atoll uses: controllers, kubelets, the CNI, EKS add-ons.
// In process today; the same interface over HTTP serves clusters Atoll does not run itself.
import type { KubeObject, NewObject, ResourceType } from "../api/object.ts";

/** Narrows reads. Selectors use kubectl's syntax. */
export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** A change to an object. `DELETED` carries its last state. */
export interface ObjectEvent<T extends KubeObject = KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: T;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

/** Where a patch goes. */
export interface PatchOptions {
  readonly subresource?: "status" | "scale" | "approval";
  readonly fieldManager?: string;
  readonly force?: boolean;
  /** Checks and answers as if, and stores nothing. */
  readonly dryRun?: boolean;
}

/** How a deletion goes on. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan";
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/**
 * Reads are synchronous, from memory, and return shared objects that must not be mutated. Writes go through authorization (as the
 * client's user), admission, validation and storage, resolve when durable, and reject with StatusError.
 * Namespaces of cluster-scoped resources are "".
 */
export interface KubeClient {
  get<T extends KubeObject = KubeObject>(type: ResourceType, namespace: string, name: string): T | undefined;
  list<T extends KubeObject = KubeObject>(type: ResourceType, selection?: Selection): readonly T[];
  /** Delivers the present objects as ADDED before it returns, then every change. */
  watch<T extends KubeObject = KubeObject>(
    type: ResourceType,
    selection: Selection,
    listener: (event: ObjectEvent<T>) => void,
  ): { close(): void };
  create<T extends KubeObject = KubeObject>(type: ResourceType, namespace: string, object: NewObject): Promise<T>;
  /** Replaces the object, or one of its subresources; a resourceVersion in the object must be current (409 Conflict). */
  update<T extends KubeObject = KubeObject>(type: ResourceType, object: KubeObject, subresource?: "scale" | "approval"): Promise<T>;
  updateStatus<T extends KubeObject = KubeObject>(type: ResourceType, object: KubeObject): Promise<T>;
  patch<T extends KubeObject = KubeObject>(
    type: ResourceType,
    namespace: string,
    name: string,
    patch: PatchType,
    body: unknown,
    options?: PatchOptions,
  ): Promise<T>;
  /** Server-side apply of a whole object; makes it if absent. */
  apply<T extends KubeObject = KubeObject>(type: ResourceType, object: NewObject, fieldManager: string, force?: boolean): Promise<T>;
  delete(type: ResourceType, namespace: string, name: string, options?: DeleteOptions): Promise<void>;
  /** POST to a subresource: pods/eviction, pods/binding, serviceaccounts/token. */
  post<T = KubeObject>(type: ResourceType, namespace: string, name: string, subresource: string, body: NewObject): Promise<T>;
}
