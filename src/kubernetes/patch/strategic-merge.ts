// Strategic merge patch: Kubernetes' merge patch that knows list keys, with its $-directives (API conventions, "Strategic Merge Patch").
import { cloneJson, equalJson, isObject, type Json } from "../api/json.ts";
import { anyType, memberType, type TypeNode } from "../api/type-node.ts";
import { PatchError } from "./json-patch.ts";

type Map = Record<string, Json>;

const directive = "$patch";
const retain = "$retainKeys";
const orderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";

/** Applies a strategic merge patch and returns the new object; inputs are untouched. Throws {@link PatchError}. */
export function applyStrategicMerge(original: Json, patch: Json, type: TypeNode): Json {
  if (!isObject(patch)) throw new PatchError("a strategic merge patch must be an object");
  return mergeMap(isObject(original) ? original : {}, patch, type);
}

function mergeMap(original: Map, patch: Map, type: TypeNode): Map {
  if (Object.hasOwn(patch, directive)) {
    const kind = patch[directive];
    if (kind === "replace") {
      const { [directive]: _, ...rest } = patch;
      return dropDirectives(rest);
    }
    if (kind === "delete") return {};
    if (kind !== "merge") throw new PatchError(`Unknown patch type found: ${String(kind)}`);
  }
  let result: Map = { ...original };
  if (patch[retain] !== undefined) {
    const kept = patch[retain];
    if (!Array.isArray(kept)) throw new PatchError(`${retain} must be a list`);
    for (const key of Object.keys(patch)) {
      if (!key.startsWith("$") && patch[key] !== null && !kept.includes(key))
        throw new PatchError(`the list of $retainKeys is missing ${key}`);
    }
    result = Object.fromEntries(Object.entries(result).filter(([key]) => kept.includes(key)));
  }
  const ordered = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    const name = key.slice(orderPrefix.length);
    ordered.add(name);
    mergeOrdered(result, name, patch, type);
  }
  for (const key of Object.keys(patch)) {
    if (key === directive || key === retain || key.startsWith(orderPrefix) || key === "__proto__") continue;
    const deletes = key.startsWith(deletePrefix);
    const name = deletes ? key.slice(deletePrefix.length) : key;
    if (!deletes && ordered.has(name)) continue;
    const value = patch[key];
    if (value === null) {
      delete result[name];
      continue;
    }
    if (deletes) {
      if (Array.isArray(result[name]) && Array.isArray(value))
        result[name] = result[name].filter((each: Json) => !value.some((other) => equalJson(each, other)));
      continue;
    }
    result[name] = Object.hasOwn(result, name) ? mergeValue(result[name], value, memberType(type, name)) : dropDirectives(value);
  }
  return result;
}

function mergeValue(original: Json, value: Json, type: TypeNode): Json {
  if (isObject(original) && isObject(value)) {
    return type.patchReplace ? dropDirectives(value) : mergeMap(original, value, type);
  }
  if (Array.isArray(original) && Array.isArray(value)) return type.patchMerge ? mergeList(original, value, type) : dropDirectives(value);
  return dropDirectives(value);
}

function mergeList(original: Json[], patch: Json[], type: TypeNode): Json[] {
  if (original.length === 0 && patch.length === 0) return [];
  const sample = original[0] ?? patch[0];
  if (!isObject(sample)) {
    const merged = [...original];
    for (const value of patch) if (!merged.some((other) => equalJson(other, value))) merged.push(cloneJson(value));
    return merged;
  }
  const key = type.patchKey;
  if (!key) throw new PatchError("cannot merge lists without merge key");
  let merged = [...original];
  let replaces = false;
  const plain: Map[] = [];
  for (const item of patch) {
    if (!isObject(item)) throw new PatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const kind = item[directive];
    if (kind === undefined) plain.push(item);
    else if (kind === "replace") replaces = true;
    else if (kind === "delete") {
      if (item[key] === undefined) throw new PatchError(`delete patch type with no merge key defined`);
      merged = merged.filter((other) => !equalJson(other[key], item[key]));
    } else if (kind === "merge") throw new PatchError("merging lists cannot yet be specified in the patch");
    else throw new PatchError(`Unknown patch type found: ${String(kind)}`);
  }
  if (replaces) return plain.map(dropDirectives);
  for (const item of plain) {
    if (item[key] === undefined) throw new PatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const at = merged.findIndex((other) => equalJson(other[key], item[key]));
    if (at < 0) merged.push(dropDirectives(item));
    else merged[at] = mergeMap(merged[at], item, type.element ?? anyType);
  }
  return merged;
}

/** Merges one list and puts it into the order the patch asks for; items only the server has keep their place as well as possible. */
function mergeOrdered(result: Map, name: string, patch: Map, type: TypeNode): void {
  const order = patch[orderPrefix + name];
  if (!Array.isArray(order)) throw new PatchError(`${orderPrefix}${name} must be a list`);
  const list = memberType(type, name);
  const before = result[name];
  const change = patch[name];
  if (change === null) {
    delete result[name];
    return;
  }
  const removed = patch[deletePrefix + name];
  if (!Array.isArray(before)) {
    if (change !== undefined) result[name] = dropDirectives(change);
    return;
  }
  let merged: Json[] = Array.isArray(change) ? mergeValue(before, change, list) : [...before];
  if (Array.isArray(removed)) merged = merged.filter((each) => !removed.some((other) => equalJson(each, other)));
  const key = list.patchKey;
  const identity = (item: Json) => (key && isObject(item) ? item[key] : item);
  const place = (items: Json[], item: Json) => items.findIndex((other) => equalJson(identity(other), identity(item)));
  const fromPatch = merged.filter((item) => place(order, item) >= 0).sort((a, b) => place(order, a) - place(order, b));
  const serverOnly = merged.filter((item) => place(order, item) < 0);
  const both: Json[] = [];
  let i = 0;
  let j = 0;
  while (i < serverOnly.length || j < fromPatch.length) {
    if (i >= serverOnly.length) both.push(fromPatch[j++]);
    else if (j >= fromPatch.length) both.push(serverOnly[i++]);
    else {
      const left = place(before, serverOnly[i]);
      const right = place(before, fromPatch[j]);
      both.push(left >= 0 && right >= 0 && left < right ? serverOnly[i++] : fromPatch[j++]);
    }
  }
  result[name] = both;
}

/** A value that is new to the object: directives and nulls in it have nothing to act on. */
function dropDirectives(value: Json): Json {
  if (Array.isArray(value)) {
    return value.filter((item) => !(isObject(item) && item[directive] !== undefined && item[directive] !== "merge")).map(dropDirectives);
  }
  if (!isObject(value)) return value;
  const result: Map = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === directive || key === retain || key.startsWith(orderPrefix) || key.startsWith(deletePrefix) || key === "__proto__") continue;
    if (member !== null) result[key] = dropDirectives(member);
  }
  return result;
}
