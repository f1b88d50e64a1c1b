// Removing what a manager applied before and applies no longer, and nobody else owns (Kubernetes documentation, "Server-Side Apply").
import { isObject, type Json } from "../api/json.ts";
import { anyType, memberType, type TypeNode } from "../api/type-node.ts";
import { type FieldSet, hasSelf } from "./field-set.ts";
import { isGranularList, itemElement } from "./items.ts";

/** Where a walk stands: what the manager had, what anybody has now, and what became of the values above. */
interface Place {
  readonly last: FieldSet;
  readonly owned: FieldSet | undefined;
  /** The manager had a value above this one. */
  readonly isBelowLast: boolean;
  /** Every value above stays because it is owned or was never the manager's. */
  readonly isHeld: boolean;
}

/**
 * The value without what `last` had and `owned` has not; the value itself when nothing goes. A declared field belongs to a set as soon as
 * something below it does; an item of a list or an entry of a map only if it is in the set itself, so that an item goes whole when the
 * manager that added it drops it, even though others changed it. A map or list that is left without members becomes null, as in Kubernetes:
 * built-in types then do not show it, and the schema of a custom resource may refuse it.
 */
export function prune(value: Json, last: FieldSet, owned: FieldSet | undefined, type: TypeNode): Json {
  return walk(value, { last, owned, isBelowLast: false, isHeld: true }, type);
}

function walk(value: Json, place: Place, type: TypeNode): Json {
  if (isObject(value) && !type.atomic && type.shape !== "list") return walkMembers(value, place, type);
  if (Array.isArray(value) && isGranularList(type)) return walkItems(value, place, type);
  return value;
}

function walkMembers(value: Record<string, Json>, place: Place, type: TypeNode): Json {
  let result = value;
  for (const element in place.last) {
    if (!element.startsWith("f:")) continue;
    const key = element.slice(2);
    if (!Object.hasOwn(value, key)) continue;
    const isDeclared = type.field(key) !== undefined;
    const rest = walkChild(value[key], element, place, isDeclared, memberType(type, key));
    if (rest === value[key]) continue;
    if (result === value) result = { ...value };
    if (rest === undefined) delete result[key];
    else result[key] = rest;
  }
  return result !== value && Object.keys(result).length === 0 ? null : result;
}

function walkItems(value: readonly Json[], place: Place, type: TypeNode): Json {
  const result: Json[] = [];
  for (const item of value) {
    const element = itemElement(item, type);
    const rest = element && place.last[element] ? walkChild(item, element, place, false, type.element ?? anyType) : item;
    if (rest !== undefined) result.push(rest);
  }
  if (result.length === value.length && result.every((item, i) => item === value[i])) return value;
  return result.length === 0 ? null : result;
}

/** What is left of a member or item; undefined if it goes. */
function walkChild(value: Json, element: string, place: Place, isDeclared: boolean, type: TypeNode): Json {
  const last = place.last[element] as FieldSet;
  const owned = place.owned?.[element];
  const wasMine = isDeclared || hasSelf(last);
  const isOwned = owned !== undefined && (isDeclared || hasSelf(owned));
  const isHeld = place.isHeld && (isOwned || !(place.isBelowLast || wasMine));
  if (wasMine && !isHeld) return undefined;
  return walk(value, { last, owned, isBelowLast: place.isBelowLast || wasMine, isHeld }, type);
}
