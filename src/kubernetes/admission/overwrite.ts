// Putting what a webhook or a policy made of an object in the object's place.
import { equalJson, isObject } from "../api/json.ts";
import type { NewObject } from "../api/object.ts";
import type { AdmissionRequest } from "./types.ts";

/** Gives `object` the members of `next`, in place; false if they are equal. */
export function overwrite(object: NewObject, next: NewObject): boolean {
  if (equalJson(next, object)) return false;
  const members = object as unknown as Record<string, unknown>;
  for (const key of Object.keys(members)) delete members[key];
  Object.assign(members, next);
  return true;
}

/** Whether what a webhook or a policy made can stand for the request's object. Options of connections have no metadata. */
export function leavesObject(next: unknown, { operation }: AdmissionRequest): next is NewObject {
  return isObject(next) && (operation === "CONNECT" || isObject(next.metadata));
}
