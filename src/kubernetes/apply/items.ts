// Identity of list items: how associative lists and sets name their elements.
import { isObject, type Json } from "../api/json.ts";
import type { TypeNode } from "../api/type-node.ts";

/** Whether ownership goes into the list's items. */
export const isGranularList = (type: TypeNode): boolean => type.shape === "list" && type.listType !== "atomic";

/** Path element of an item, `k:{"name":"web"}` or `v:"x"`; undefined if it lacks a key. */
export function itemElement(item: Json, type: TypeNode): string | undefined {
  if (type.listType === "set") return `v:${JSON.stringify(item)}`;
  if (!isObject(item)) return undefined;
  let body = "";
  for (const key of sortedKeys(type)) {
    const value = item[key] ?? type.keyDefaults[key];
    if (value === undefined) continue;
    body += `${body ? "," : ""}${JSON.stringify(key)}:${JSON.stringify(value)}`;
  }
  return body ? `k:{${body}}` : undefined;
}

const sorted = new WeakMap<readonly string[], readonly string[]>();

function sortedKeys(type: TypeNode): readonly string[] {
  let keys = sorted.get(type.listKeys);
  if (!keys) {
    keys = [...type.listKeys].sort();
    sorted.set(type.listKeys, keys);
  }
  return keys;
}

/** Items by path element, or undefined when they cannot be told apart: then the list is treated as one value. */
export function itemsByElement(list: readonly Json[], type: TypeNode): Map<string, Json> | undefined {
  const items = new Map<string, Json>();
  for (const item of list) {
    const element = itemElement(item, type);
    if (element === undefined || items.has(element)) return undefined;
    items.set(element, item);
  }
  return items;
}
