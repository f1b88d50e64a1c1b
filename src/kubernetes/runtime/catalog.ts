// Which resource types a cluster serves, for the controllers that treat all of them alike (garbage collector, namespaces, quota).
import type { ResourceType } from "../api/object.ts";

/** A served resource type that can be listed, watched and deleted. */
export interface ServedResource {
  readonly type: ResourceType;
  readonly group: string;
  /** Group and version, as objects carry it. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The served types, now. Types come and go with custom resource definitions. */
export type ResourceCatalog = () => readonly ServedResource[];
