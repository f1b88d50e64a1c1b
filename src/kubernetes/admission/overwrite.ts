// Putting what a webhook or a policy made of an object in the object's place.
import { equalJson } from "../api/json.ts";
import type { NewObject } from "../api/object.ts";

/** Gives `object` the members of `next`, in place; false if they are equal. */
export function overwrite(object: NewObject, next: NewObject): boolean {
  if (equalJson(next, object)) return false;
  const members = object as unknown as Record<string, unknown>;
  for (const key of Object.keys(members)) delete members[key];
  Object.assign(members, next);
  return true;
}
