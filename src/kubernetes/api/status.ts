// Every failure the Kubernetes API answers with, in one place, in Kubernetes' own words.
import { type Status, StatusError } from "./object.ts";

/** Group and plural of a resource, as Status details name it. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
}

type Details = NonNullable<Status["details"]>;

/** Builds any failure. */
export function failure(code: number, reason: string, message: string, details?: Details): StatusError {
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason && { reason }),
    ...(details && { details }),
    code,
  });
}

/** `pods`, `deployments.apps`. */
export function qualified(resource: ResourceName): string {
  return resource.group ? `${resource.plural}.${resource.group}` : resource.plural;
}

function details(resource: ResourceName, name: string, more: Details = {}): Details {
  return { ...(name && { name }), ...(resource.group && { group: resource.group }), kind: resource.plural, ...more };
}

/** 404 of a named object. */
export function notFound(resource: ResourceName, name: string): StatusError {
  return failure(404, "NotFound", `${qualified(resource)} "${name}" not found`, details(resource, name));
}

/** 404 of a path inside a known group that serves nothing. */
export function noSuchResource(): StatusError {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

/** 409 of a create. */
export function alreadyExists(resource: ResourceName, name: string): StatusError {
  return failure(409, "AlreadyExists", `${qualified(resource)} "${name}" already exists`, details(resource, name));
}

/** 409 of a write; `why` defaults to a stale resourceVersion. */
export function conflict(
  resource: ResourceName,
  name: string,
  why = "the object has been modified; please apply your changes to the latest version and try again",
  more: Details = {},
): StatusError {
  return failure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    details(resource, name, more),
  );
}

/** 400 with a message. */
export function badRequest(message: string): StatusError {
  return failure(400, "BadRequest", message);
}

/** 401. */
export function unauthorized(): StatusError {
  return failure(401, "Unauthorized", "Unauthorized");
}

/** 403 of a resource request; `why` is the reason after the colon. */
export function forbidden(resource: ResourceName, name: string, why: string): StatusError {
  const subject = name ? `${qualified(resource)} "${name}"` : qualified(resource);
  return failure(403, "Forbidden", `${subject} is forbidden: ${why}`, details(resource, name));
}

/** 403 of a path. */
export function forbiddenPath(why: string): StatusError {
  return failure(403, "Forbidden", `forbidden: ${why}`, {});
}

/** 405. */
export function methodNotAllowed(message = "the server does not allow this method on the requested resource"): StatusError {
  return failure(405, "MethodNotAllowed", message, {});
}

/** 406 and 415: formats the server does not speak. */
export function notAcceptable(accepted: readonly string[]): StatusError {
  return failure(406, "NotAcceptable", `only the following media types are accepted: ${accepted.join(", ")}`);
}
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return failure(415, "UnsupportedMediaType", message);
}

/** 410: the watch or the continue token reaches into compacted history. */
export function expired(message: string): StatusError {
  return failure(410, "Expired", message);
}

/** 413. */
export function tooLarge(message: string): StatusError {
  return failure(413, "RequestEntityTooLarge", message);
}

/** 429. */
export function tooManyRequests(message: string, retryAfterSeconds: number, more: Details = {}): StatusError {
  return failure(429, "TooManyRequests", message, { ...more, ...(retryAfterSeconds > 0 && { retryAfterSeconds }) });
}

/** 500; `message` must not carry secrets. */
export function internalError(message: string): StatusError {
  return failure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** 501: what this server does not do, said plainly. */
export function notImplemented(message: string): StatusError {
  return failure(501, "NotImplemented", message);
}

/** 504: the client asks for a revision that does not exist yet. */
export function tooLargeResourceVersion(asked: number, current: number): StatusError {
  const cause = { reason: "ResourceVersionTooLarge", message: "Too large resource version" };
  return failure(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [cause],
    retryAfterSeconds: 1,
  });
}

/** Status of a success without an object (a finished delete). */
export function success(more: Partial<Status> = {}): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", ...more, code: more.code ?? 200 };
}
