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
      return verbatim(rest) as Map;
    }
    if (kind === "delete") return {};
    throw new PatchError(`Unknown patch type found: ${String(kind)}`);
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
    const next = Object.hasOwn(result, name) ? mergeValue(result[name], value, memberType(type, name)) : fresh(value);
    if (next !== undefined) result[name] = next;
  }
  return result;
}

function mergeValue(original: Json, value: Json, type: TypeNode): Json {
  if (isObject(original) && isObject(value)) {
    return type.patchReplace ? verbatim(value) : mergeMap(original, value, type);
  }
  if (Array.isArray(original) && Array.isArray(value)) return type.patchMerge ? mergeList(original, value, type) : verbatim(value);
  return verbatim(value);
}

function mergeList(original: Json[], patch: Json[], type: TypeNode): Json[] {
  if (original.length === 0 && patch.length === 0) return [];
  const sample = original[0] ?? patch[0];
  if (!isObject(sample)) {
    const merged = [...original];
    for (const value of patch) if (!merged.some((other) => equalJson(other, value))) merged.push(cloneJson(value));
    return inOrder(merged, patch, original, undefined);
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
  if (replaces) return plain.map(verbatim);
  const remaining = merged;
  merged = [...remaining];
  for (const item of plain) {
    if (item[key] === undefined) throw new PatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const at = merged.findIndex((other) => equalJson(other[key], item[key]));
    if (at < 0) merged.push(verbatim(item));
    else merged[at] = mergeMap(merged[at], item, type.element ?? anyType);
  }
  return inOrder(merged, plain, remaining, key);
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
  const key = list.patchKey;
  checkOrder(Array.isArray(change) ? change : [], order, key);
  if (!Array.isArray(before)) {
    if (change !== undefined) result[name] = Array.isArray(change) ? inOrder(fresh(change) as Json[], order, [], key) : verbatim(change);
    return;
  }
  let merged: Json[] = Array.isArray(change) ? (mergeValue(before, change, list) as Json[]) : [...before];
  if (Array.isArray(removed)) merged = merged.filter((each) => !removed.some((other) => equalJson(each, other)));
  result[name] = inOrder(merged, order, before, key);
}

const identityOf = (item: Json, key: string | undefined): Json => (key && isObject(item) ? (item[key] ?? null) : item);
const placeOf = (items: readonly Json[], item: Json, key: string | undefined) =>
  items.findIndex((other) => equalJson(identityOf(other, key), identityOf(item, key)));

/** The items of a patch must stand in its order, except for those it deletes. */
function checkOrder(patch: readonly Json[], order: readonly Json[], key: string | undefined): void {
  if (order.length === 0) return;
  let last = -1;
  for (const item of patch) {
    if (isObject(item) && item[directive] === "delete") continue;
    const at = placeOf(order, item, key);
    if (at <= last)
      throw new PatchError(
        `The order in patch list: ${JSON.stringify(patch)} doesn't match $setElementOrder list: ${JSON.stringify(order)}`,
      );
    last = at;
  }
}

/** Puts the items that a patch names into its order; those only the server has keep their place as well as possible, new ones come before them. */
function inOrder(merged: readonly Json[], order: readonly Json[], before: readonly Json[], key: string | undefined): Json[] {
  const named = (item: Json) => placeOf(order, item, key);
  const fromPatch = merged.filter((item) => named(item) >= 0).sort((a, b) => named(a) - named(b));
  const serverOnly = merged.filter((item) => named(item) < 0);
  const both: Json[] = [];
  let i = 0;
  let j = 0;
  while (i < serverOnly.length && j < fromPatch.length) {
    const left = placeOf(before, serverOnly[i] as Json, key);
    const right = placeOf(before, fromPatch[j] as Json, key);
    both.push((left >= 0 && right >= 0 && left < right ? serverOnly[i++] : fromPatch[j++]) as Json);
  }
  return [...both, ...serverOnly.slice(i), ...fromPatch.slice(j)];
}

const isDirective = (key: string) =>
  key === directive || key === retain || key.startsWith(orderPrefix) || key.startsWith(deletePrefix) || key === "__proto__";

/** A value that is new to the object: maps with a $patch in it have nothing to act on and go; undefined if it is one itself. */
function fresh(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(fresh).filter((item) => item !== undefined) as Json[];
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, directive)) return undefined;
  const result: Map = {};
  for (const [key, member] of Object.entries(value)) {
    const next = member === null || isDirective(key) ? undefined : fresh(member);
    if (next !== undefined) result[key] = next;
  }
  return result;
}

/** A value as it stands in the patch, without what the decoding of the object would drop: directives and nulls. */
function verbatim(value: Json): Json {
  if (Array.isArray(value)) return value.map(verbatim);
  if (!isObject(value)) return value;
  const result: Map = {};
  for (const [key, member] of Object.entries(value)) if (member !== null && !isDirective(key)) result[key] = verbatim(member);
  return result;
}
