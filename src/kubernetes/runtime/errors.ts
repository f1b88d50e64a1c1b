// Failures of API calls that callers tell apart.
import { StatusError } from "../api/object.ts";

/** The object is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404;
}

/** The name is taken. */
export function isAlreadyExists(error: unknown): boolean {
  return error instanceof StatusError && error.code === 409 && error.reason === "AlreadyExists";
}

/** The object changed meanwhile, or a precondition does not hold. */
export function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.code === 409 && error.reason !== "AlreadyExists";
}

/** The namespace is being deleted, so nothing can be made in it. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof StatusError && !!error.status.details?.causes?.some((cause) => cause.reason === "NamespaceTerminating");
}

/** Swallows "not found": somebody else was faster. */
export async function ignoreNotFound<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The text controllers put in events about a failed call. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
