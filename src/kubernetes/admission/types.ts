// Admission plugins: the last word on a write before it is validated and stored.

import type { KubeObject, NewObject } from "../api/object.ts";
import type { UserInfo } from "../auth/types.ts";
import type { Reinvocation } from "./reinvocation.ts";

/** A write under admission. */
export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly user: UserInfo;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What the client asked for, when this is the same request in another version. */
  readonly original?: { readonly group: string; readonly version: string; readonly kind: string; readonly resource: string };
  readonly dryRun: boolean;
  /** Texts for the client's Warning headers; plugins may add to it. */
  readonly warnings?: string[];
  /** Adds an annotation to the request's audit record. */
  annotate?(key: string, value: string): void;
  /** The new state; plugins' `mutate` may change it in place. Absent on DELETE. */
  readonly object: NewObject | undefined;
  /** The stored state; absent on CREATE. */
  readonly oldObject: KubeObject | undefined;
}

/** A plugin. Throws StatusError (403 Forbidden by custom) to refuse. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Whether it wants to see connections (CONNECT), whose object is their options and has no metadata. */
  readonly connections?: true;
  /** `rounds` tells the second round, which runs when a webhook changed the object, from the first. */
  mutate?(request: AdmissionRequest, rounds?: Reinvocation): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
  /** Runs in the same tick as the write, for checks that depend on what else is stored. */
  commit?(request: AdmissionRequest): void;
}
