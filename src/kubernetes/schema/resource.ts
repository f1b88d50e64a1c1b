// What a served resource is: the entry of discovery, the router, RBAC and storage.

/** A verb of discovery. */
export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

/** A path below an object: `pods/log`, `deployments/scale`. */
export interface Subresource {
  /** `status`, `scale`, `exec` … */
  readonly name: string;
  /** Kind of its body; of another group when `group` is set. */
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly Verb[];
}

/** A resource of one group and version. */
export interface Resource {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  /** Verbs that discovery tells, where they are fewer. */
  readonly shownVerbs?: readonly Verb[];
  readonly subresources: readonly Subresource[];
  /** The form objects are stored in; equal to group and version for most. Resources of equal storage share their objects. */
  readonly storage: { readonly group: string; readonly version: string };
  /** Nothing is stored: reviews, bindings, component statuses. */
  readonly virtual: boolean;
}

/** `v1` or `apps/v1`. */
export function apiVersionOf(resource: { readonly group: string; readonly version: string }): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** `pods` or `deployments.apps`. */
export function resourceType(resource: { readonly group: string; readonly plural: string }): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** Splits `apps/v1` or `v1`. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? { group: "", version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}
