// What the parts of one API server share.
import type { AdmissionRequest } from "../admission/types.ts";
import type { RbacAuthorizer } from "../auth/rbac.ts";
import type { Attributes, UserInfo, Verdict } from "../auth/types.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { Catalog } from "./catalog.ts";
import type { Flights } from "./http/flights.ts";
import type { RequestMetrics } from "./http/metrics.ts";
import type { ApiServerOptions } from "./options.ts";
import type { ResourceInfo } from "./resource.ts";

/** One server's parts. */
export interface ServerContext {
  readonly options: ApiServerOptions;
  readonly objects: ObjectStorage;
  readonly catalog: Catalog;
  /** Asks the chain; anything but "allow" refuses. */
  authorize(attributes: Attributes): Verdict;
  readonly rbac: RbacAuthorizer;
  /** Status of a SelfSubjectRulesReview. */
  rulesFor(user: UserInfo, namespace: string): object;
  /** Status of a TokenReview. */
  reviewToken(token: string, audiences: readonly string[] | undefined): Promise<object>;
  readonly admission: AdmissionChain;
  /** Places of requests under way. */
  readonly flights: Flights;
  readonly metrics: RequestMetrics;
  /** Milliseconds since the epoch. */
  now(): number;
  /** A random UUID. */
  uuid(): string;
}

/** All admission plugins in their order. */
export interface AdmissionChain {
  mutate(request: AdmissionRequest): Promise<void>;
  validate(request: AdmissionRequest): Promise<void>;
  /** Right before the write, in its tick. */
  commit(request: AdmissionRequest): void;
}

/** What a request is about. */
export interface Target {
  readonly resource: ResourceInfo;
  /** "" for cluster-scoped resources. */
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** How a write is to be made. */
export interface WriteOptions {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  /** The body is what an applied configuration became: undeclared fields it may still have are dropped without a word. */
  readonly applied?: boolean;
  /** `duplicate field "a.b"` for every member the body's JSON has twice. */
  readonly duplicates?: readonly string[];
  /** Texts for Warning headers; the write adds to it. */
  readonly warnings: string[];
  /** Adds an annotation to the request's audit record. */
  readonly annotate?: (key: string, value: string) => void;
}
