// Merging an applied configuration into the live object, and removing what its manager no longer applies.
import { isObject, type Json } from "../api/json.ts";
import { anyType, memberType, type TypeNode } from "../api/type-node.ts";
import type { FieldSet } from "./field-set.ts";
import { isGranularList, itemElement, itemsByElement } from "./items.ts";

/** The live value with everything the configuration says. Inputs are untouched; unchanged parts are shared. */
export function mergeApplied(live: Json, config: Json, type: TypeNode): Json {
  if (config === undefined) return live;
  if (live === undefined || live === null) return config;
  if (isObject(live) && isObject(config) && !type.atomic && type.shape !== "list" && type.shape !== "scalar") {
    const result: Record<string, Json> = { ...live };
    for (const key of Object.keys(config)) {
      if (key === "__proto__") continue;
      result[key] = mergeApplied(Object.hasOwn(live, key) ? live[key] : undefined, config[key], memberType(type, key));
    }
    return result;
  }
  if (Array.isArray(live) && Array.isArray(config) && isGranularList(type)) return mergeItems(live, config, type) ?? config;
  return config;
}

/** Items only the live list has keep their place relative to their neighbours; the others follow the configuration's order. */
function mergeItems(live: readonly Json[], config: readonly Json[], type: TypeNode): Json[] | undefined {
  const wanted = itemsByElement(config, type);
  const present = itemsByElement(live, type);
  if (!wanted || !present) return undefined;
  const result: Json[] = [];
  const merged = new Set<string>();
  const left = [...present.keys()];
  const right = [...wanted.keys()];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const own = left[i];
    if (own !== undefined && (merged.has(own) || !wanted.has(own))) {
      if (!merged.has(own)) result.push(present.get(own));
      i++;
      continue;
    }
    const key = right[j++];
    if (key === undefined) break;
    merged.add(key);
    result.push(mergeApplied(present.get(key), wanted.get(key), type.element ?? anyType));
  }
  return result;
}

/** Removes from `value` what `last` had and `keep` has not. Returns the value itself when nothing goes. */
export function prune(value: Json, last: FieldSet, keep: FieldSet | undefined, type: TypeNode): Json {
  if (isObject(value) && !type.atomic && type.shape !== "list") {
    let result = value;
    for (const element in last) {
      if (!element.startsWith("f:")) continue;
      const key = element.slice(2);
      if (!Object.hasOwn(value, key)) continue;
      const pruned = keep?.[element] ? prune(value[key], last[element]!, keep[element], memberType(type, key)) : undefined;
      if (pruned === value[key]) continue;
      if (result === value) result = { ...value };
      if (pruned === undefined) delete result[key];
      else result[key] = pruned;
    }
    return result;
  }
  if (Array.isArray(value) && isGranularList(type)) {
    const result: Json[] = [];
    for (const item of value) {
      const element = itemElement(item, type);
      if (element === undefined || !last[element]) result.push(item);
      else if (keep?.[element]) result.push(prune(item, last[element], keep[element], type.element ?? anyType));
    }
    return result.length === value.length && result.every((item, i) => item === value[i]) ? value : result;
  }
  return value;
}

/** Removes null members, which say nothing in an applied configuration. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: Record<string, Json> = {};
  for (const key of Object.keys(value)) if (value[key] !== null && key !== "__proto__") result[key] = withoutNulls(value[key]);
  return result;
}
