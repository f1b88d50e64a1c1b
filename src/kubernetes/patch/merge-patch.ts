// RFC 7386 JSON Merge Patch.
import { cloneJson, isObject, type Json } from "../api/json.ts";

/** Applies a merge patch and returns the new value; inputs are untouched. Null removes a member. */
export function applyMergePatch(original: Json, patch: Json): Json {
  if (!isObject(patch)) return cloneJson(patch);
  const result: Record<string, Json> = isObject(original) ? { ...original } : {};
  for (const key of Object.keys(patch)) {
    if (key === "__proto__") continue;
    if (patch[key] === null) delete result[key];
    else result[key] = applyMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, patch[key]);
  }
  return result;
}
