// Equal field sets are one object: pods of a deployment own the same fields, and what they own is larger than what they are.
import type { KubeObject } from "../api/object.ts";
import { type FieldSet, leaf } from "./field-set.ts";

/** Sets of a generation. Those of the last two are found again; others are simply not shared with what comes later. */
const limit = 4096;

interface Generation {
  readonly byMembers: Map<string, FieldSet>;
  readonly ids: Map<FieldSet, number>;
}

const newGeneration = (): Generation => ({ byMembers: new Map(), ids: new Map() });

let young = newGeneration();
let old = newGeneration();
let next = 1;

/** The one object for an equal set; its members are shared likewise. */
export function sharedFields(set: FieldSet): FieldSet {
  return share(set)[0];
}

function share(set: FieldSet): readonly [FieldSet, number] {
  if (set === leaf) return [leaf, 0];
  const known = young.ids.get(set) ?? old.ids.get(set);
  if (known !== undefined) return [set, known];
  const children: Record<string, FieldSet> = {};
  let members = "";
  for (const name in set) {
    const [child, id] = share(set[name]!);
    children[name] = child;
    members += `${name.length}:${name}${id},`;
  }
  if (members === "") return [leaf, 0];
  const present = young.byMembers.get(members) ?? old.byMembers.get(members);
  const one = present ?? children;
  const id = (present && (young.ids.get(present) ?? old.ids.get(present))) ?? next++;
  young.byMembers.set(members, one);
  young.ids.set(one, id);
  if (young.byMembers.size >= limit) [old, young] = [young, newGeneration()];
  return [one, id];
}

/** Shares the sets of an object that was just read, in place. */
export function withSharedFields<T extends KubeObject>(object: T): T {
  for (const entry of object.metadata?.managedFields ?? []) {
    if (entry.fieldsV1) entry.fieldsV1 = sharedFields(entry.fieldsV1 as FieldSet) as Record<string, unknown>;
  }
  return object;
}
