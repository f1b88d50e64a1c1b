// The seam for what differs per kind in writes: preparation and validation.
import type { FieldError } from "../api/field-error.ts";
import type { KubeObject, NewObject } from "../api/object.ts";
import type { ServerContext, WriteOptions } from "./context.ts";

/** Rules of one kind. All members are optional; objects may be changed in place by prepare functions only. */
export interface Strategy {
  /** Text or texts of a bad name; default: RFC 1123 subdomain. */
  nameProblem?(name: string): string | readonly string[] | undefined;
  /** Whether a PUT of a missing object creates it. */
  readonly createOnUpdate?: boolean;
  /** Whether a write must carry a resourceVersion. Default false. */
  readonly conditionalUpdate?: boolean;
  /** Whether metadata.generation counts changes of the spec. Default: when the kind has a spec. */
  readonly generation?: boolean;
  /** Status given at creation is kept (nodes). */
  readonly keepsStatus?: boolean;
  /** What a delete without a propagation policy does. Default Background. */
  readonly defaultPropagation?: "Orphan" | "Background";
  /** A delete answers with the object instead of a Status. */
  readonly returnsDeleted?: boolean;
  /** Before admission: status, defaults that need the server's knowledge. */
  prepareCreate?(object: NewObject, context: ServerContext, options: WriteOptions): void;
  prepareUpdate?(object: NewObject, old: KubeObject, context: ServerContext, options: WriteOptions): void;
  prepareStatus?(object: NewObject, old: KubeObject, context: ServerContext): void;
  /** Findings about a new (`old` absent) or changed object. */
  validate?(object: NewObject, old: KubeObject | undefined, context: ServerContext): FieldError[];
  /** Findings about a change through the status subresource. */
  validateStatus?(object: NewObject, old: KubeObject, context: ServerContext): FieldError[];
  /** Checks that depend on the user: RBAC escalation. Throws StatusError. */
  authorizeWrite?(object: NewObject, old: KubeObject | undefined, context: ServerContext, options: WriteOptions): void;
  /** Right before the object is stored, inside the same tick: allocation of addresses and ports. */
  allocate?(object: NewObject, old: KubeObject | undefined, context: ServerContext): FieldError[];
  /** After a durable change became visible: caches. */
  changed?(object: KubeObject, context: ServerContext): void;
  /** After an object is gone by a request. */
  removed?(object: KubeObject, context: ServerContext): void;
}
