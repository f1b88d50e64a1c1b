// HTTP as the protocols see it, and what a protocol does.
import type { AwsError } from "../errors.ts";
import type { OperationShape, Shapes } from "./shape.ts";

/** A request whose body has been read. Nothing is decoded: `path` and `query` are as they arrived. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** An answer. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Protocol settings of a service. */
export interface Settings {
  /** `2011-06-15`. */
  readonly version: string;
  readonly xmlNamespace?: string;
  /** Part of X-Amz-Target before the operation: `Logs_20140328`. */
  readonly targetPrefix?: string;
  /** Answers JSON when asked to (STS). */
  readonly jsonOnDemand?: boolean;
}

/** The operation a request addresses, and what the path said. */
export interface Route {
  readonly operation: OperationShape;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What an answer needs besides its content. */
export interface AnswerContext {
  readonly requestId: string;
  readonly settings: Settings;
  readonly shapes: Shapes;
  readonly request: WireRequest;
}

/** One of AWS's protocols. */
export interface Protocol {
  /** Finds the operation; the text says why there is none, for the service's unknown-operation error. */
  route(request: WireRequest, shapes: Shapes, settings: Settings): Route | { readonly unknown: string };
  /** Typed input. Throws MalformedRequest. */
  decode(route: Route, request: WireRequest): object;
  encode(operation: OperationShape, output: object, context: AnswerContext): WireResponse;
  encodeError(error: AwsError, context: AnswerContext): WireResponse;
}

/** Every protocol name used by the services Atoll serves. */
export type ProtocolName = "restJson1" | "awsJson1_1" | "awsQuery" | "ec2Query";

/** HTTP status of an error: the model's, else the error's own, else 400. */
export function statusOf(error: AwsError, shapes: Shapes): number {
  return shapes.errors.get(error.code)?.status ?? error.status ?? 400;
}
