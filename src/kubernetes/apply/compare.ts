// What changed between two states of an object, as field sets (structured-merge-diff's comparison).
import { equalJson, isObject, type Json } from "../api/json.ts";
import { anyType, memberType, type TypeNode } from "../api/type-node.ts";
import { type FieldSet, leaf, node } from "./field-set.ts";
import { isGranularList, itemsByElement } from "./items.ts";

/** Fields that appeared, got another value, or went. */
export interface Comparison {
  readonly added: FieldSet | undefined;
  readonly modified: FieldSet | undefined;
  readonly removed: FieldSet | undefined;
}

const nothing: Comparison = { added: undefined, modified: undefined, removed: undefined };
const empty: Record<string, Json> = Object.freeze({});

/** Compares two values of a type. Undefined means absent; null is there, as a map or list without members beside one that has some. */
export function compare(before: Json, after: Json, type: TypeNode): Comparison {
  if (before === after) return nothing;
  const had = before !== undefined;
  const has = after !== undefined;
  if (!had && !has) return nothing;
  const composite = compareItems(before, after, type, had, has) ?? compareMembers(before, after, type, had, has);
  if (composite) return composite;
  if (!had) return { added: leaf, modified: undefined, removed: undefined };
  if (!has) return { added: undefined, modified: undefined, removed: leaf };
  return equalJson(before, after) ? nothing : { added: undefined, modified: leaf, removed: undefined };
}

function compareMembers(before: Json, after: Json, type: TypeNode, had: boolean, has: boolean): Comparison | undefined {
  if (type.atomic || type.shape === "list" || type.shape === "scalar") return undefined;
  const old = before ?? empty;
  const now = after ?? empty;
  if (!isObject(old) || !isObject(now)) return undefined;
  const children = new Children();
  let members = 0;
  for (const key in now) {
    members++;
    const member = memberType(type, key);
    let was = old[key];
    if (was === undefined && had && member.alwaysPresent) was = member.shape === "list" ? [] : empty;
    children.add(`f:${key}`, compare(was, now[key], member));
  }
  for (const key in old) {
    members++;
    if (!Object.hasOwn(now, key)) children.add(`f:${key}`, compare(old[key], undefined, memberType(type, key)));
  }
  // Both sides empty: a leaf, so that presence alone can be owned.
  if (members === 0) return undefined;
  return children.done(!had, !has);
}

function compareItems(before: Json, after: Json, type: TypeNode, had: boolean, has: boolean): Comparison | undefined {
  if (!isGranularList(type)) return undefined;
  const [left, right] = [before ?? [], after ?? []];
  if (!Array.isArray(left) || !Array.isArray(right)) return undefined;
  const old = itemsByElement(left, type);
  const now = itemsByElement(right, type);
  if (!old || !now || old.size + now.size === 0) return undefined;
  const children = new Children();
  const element = type.element ?? anyType;
  for (const [key, item] of now) children.add(key, compare(old.get(key), item, element));
  for (const [key, item] of old) if (!now.has(key)) children.add(key, compare(item, undefined, element));
  return children.done(!had, !has);
}

class Children {
  readonly #added: Record<string, FieldSet> = {};
  readonly #modified: Record<string, FieldSet> = {};
  readonly #removed: Record<string, FieldSet> = {};

  add(key: string, change: Comparison): void {
    if (change.added) this.#added[key] = change.added;
    if (change.modified) this.#modified[key] = change.modified;
    if (change.removed) this.#removed[key] = change.removed;
  }

  done(isNew: boolean, isGone: boolean): Comparison {
    return { added: node(isNew, this.#added), modified: node(false, this.#modified), removed: node(isGone, this.#removed) };
  }
}

/** The fields an applied configuration speaks of: leaves, list items, and map entries. */
export function fieldsOf(value: Json, type: TypeNode): FieldSet | undefined {
  if (value === undefined) return undefined;
  if (isObject(value) && !type.atomic && type.shape !== "list" && type.shape !== "scalar") {
    const children: Record<string, FieldSet> = {};
    for (const key of Object.keys(value)) {
      const declared = type.field(key);
      const child = fieldsOf(value[key], declared ?? type.element ?? anyType);
      const isEmpty = isObject(value[key]) && Object.keys(value[key]).length === 0;
      const own = value[key] === null || isEmpty || !declared ? node(true, without(child)) : child;
      if (own) children[`f:${key}`] = own;
    }
    return node(false, children);
  }
  if (Array.isArray(value) && isGranularList(type)) {
    const items = itemsByElement(value, type);
    if (items) {
      const children: Record<string, FieldSet> = {};
      for (const [key, item] of items) children[key] = node(true, without(fieldsOf(item, type.element ?? anyType))) as FieldSet;
      return node(false, children);
    }
  }
  return leaf;
}

function without(set: FieldSet | undefined): Record<string, FieldSet> {
  const children: Record<string, FieldSet> = {};
  for (const key in set) if (key !== ".") children[key] = set[key]!;
  return children;
}
