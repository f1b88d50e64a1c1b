// A served resource as the request path sees it, whether built in or defined by a CustomResourceDefinition.
import type { KubeObject, NewObject } from "../api/object.ts";
import type { ResourceName } from "../api/status.ts";
import type { TypeNode } from "../api/type-node.ts";
import type { Resource } from "../schema/resource.ts";
import type { Findings } from "../schema/validate.ts";
import type { StoredForm } from "./custom/stored-form.ts";

/** One resource in one version. */
export interface ResourceInfo extends Resource {
  /** Group and plural under which objects are kept; differs from its own for events.k8s.io. */
  readonly kept: ResourceName;
  /** Type tree for merges and field ownership. */
  type(): TypeNode;
  /** Fills defaults in place. */
  applyDefaults(object: NewObject): void;
  /** Unknown fields and the first mistyped value. */
  findings(object: NewObject): Findings;
  /** Set for the resources of a metrics-server: of what they are the metrics. */
  readonly metrics?: "nodes" | "pods";
  /** Set for resources of a CustomResourceDefinition. */
  readonly custom?: CustomFacts;
}

/** What a CustomResourceDefinition says beyond names. */
export interface CustomFacts {
  /** Name of the definition. */
  readonly definition: string;
  /** openAPIV3Schema of the version. */
  readonly schema: Record<string, any> | undefined;
  readonly columns: readonly { name: string; type: string; format?: string; description?: string; jsonPath: string; priority?: number }[];
  readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  readonly selectableFields: readonly string[];
  readonly stored: StoredForm;
  /** The warning to who uses the version; absent if it is not deprecated. */
  readonly deprecation?: string;
  /** Removes what the structural schema does not know, in place. */
  prune(object: NewObject): void;
  /** Findings of the schema's validation. */
  validate(object: NewObject, old: KubeObject | undefined): readonly { reason: string; field: string; body: string }[];
  readonly terminating: boolean;
}

/** Whether a path below objects of the resource is served. */
export function hasSubresource(resource: Resource, name: string): boolean {
  return resource.subresources.some((each) => each.name === name);
}
