// Merging an applied configuration into the live object.
import { isObject, type Json } from "../api/json.ts";
import { anyType, memberType, type TypeNode } from "../api/type-node.ts";
import { isGranularList, itemsByElement } from "./items.ts";

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

/**
 * Items only the live list has keep their place relative to their neighbours; the others follow the configuration's order. Undefined if items of
 * the configuration, or items of the live list that it speaks of, cannot be told apart.
 */
function mergeItems(live: readonly Json[], config: readonly Json[], type: TypeNode): Json[] | undefined {
  const wanted = itemsByElement(config, type);
  const present = itemsByElement(live, type);
  if (!wanted || !present) return undefined;
  const left = [...present.keys()];
  const right = [...wanted.keys()];
  const shared = right.filter((key) => present.has(key));
  const result: Json[] = [];
  const merged = new Set<string>();
  const take = (key: string) => {
    result.push(mergeApplied(present.get(key), wanted.get(key), type.element ?? anyType));
    merged.add(key);
    if (key === shared[0]) shared.shift();
  };
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const [ours, theirs] = [left[l], right[r]];
    if (ours !== undefined && ours === theirs) {
      take(ours);
      l++;
      r++;
    } else if (ours !== undefined && theirs !== undefined && wanted.has(ours) && shared[0] !== undefined && shared[0] !== ours) {
      // A common item whose turn comes later: the configuration brings it.
      l++;
    } else if (ours !== undefined && !wanted.has(ours)) {
      result.push(present.get(ours));
      l++;
    } else {
      if (ours !== undefined && merged.has(ours)) l++;
      if (theirs !== undefined) {
        take(theirs);
        r++;
      }
    }
  }
  return result;
}

/** Removes null members, which say nothing in an applied configuration. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: Record<string, Json> = {};
  for (const key of Object.keys(value)) if (value[key] !== null && key !== "__proto__") result[key] = withoutNulls(value[key]);
  return result;
}
