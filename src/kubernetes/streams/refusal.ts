// What a client is told whose stream needs containers that are not there.
import type { StatusError } from "../api/object.ts";
import { notImplemented } from "../api/status.ts";

/** 501 that says why there is no stream. */
export function streamRefused(resource: string, subresource: string): StatusError {
  return notImplemented(`${resource}/${subresource} is not available: the nodes of this cluster are simulated and run no containers`);
}
