// How a policy's entries are spread over PolicyEndpoint objects: at most 200 to a list, and what is there stays where it is, so that few
// objects change (spec vpc-cni §8.1).
import { canonical } from "../../kubernetes/runtime/hash.ts";
import { type Lists, listsOf } from "./types.ts";

/** Entries a list of one object holds. */
export const CHUNK = 200;

/** An object with its lists. */
export interface Shelf {
  /** Name of the object. */
  readonly name: string;
  readonly lists: Lists;
}

/** What is to be done to the objects of one policy. */
export interface Packing {
  readonly create: readonly Lists[];
  /** Objects that stay, with what they hold now. */
  readonly keep: readonly Shelf[];
  readonly remove: readonly string[];
}

const KINDS = ["ingress", "egress", "podSelectorEndpoints"] as const;

/** Spreads the wanted entries. Even a policy without any has one object, because it isolates. */
export function pack(wanted: Lists, present: readonly Shelf[], size = CHUNK): Packing {
  const spread = Object.fromEntries(
    KINDS.map((kind) => {
      const shelves = present.map(({ lists }) => lists[kind]);
      return [kind, place<unknown>(wanted[kind], shelves, size)];
    }),
  );
  const count = Math.max(present.length, ...KINDS.map((kind) => spread[kind]!.length));
  const all = Array.from({ length: count }, (_, i) => listsOf(Object.fromEntries(KINDS.map((kind) => [kind, spread[kind]![i] ?? []]))));
  const isEmpty = (lists: Lists) => KINDS.every((kind) => lists[kind].length === 0);
  const filled = all.flatMap((lists, i) => (isEmpty(lists) ? [] : [i]));
  const staying = new Set(filled.length > 0 ? filled : [0]);
  return {
    create: all.length === 0 ? [listsOf({})] : all.filter((_, i) => i >= present.length && staying.has(i)),
    keep: present.flatMap(({ name }, i) => (staying.has(i) ? [{ name, lists: all[i]! }] : [])),
    remove: present.flatMap(({ name }, i) => (staying.has(i) ? [] : [name])),
  };
}

/** One list: entries keep their shelf, new ones fill shelves in use first, then empty ones, then new shelves. */
function place<T>(wanted: readonly T[], shelves: readonly (readonly T[])[], size: number): T[][] {
  const missing = new Map(wanted.map((value) => [canonical(value), value]));
  const placed = shelves.map((shelf) => shelf.filter((value) => missing.delete(canonical(value))));
  const rest = [...missing.values()];
  const inUse = placed.filter((shelf) => shelf.length > 0);
  for (const shelf of [...inUse, ...placed.filter((each) => each.length === 0)])
    shelf.push(...rest.splice(0, Math.max(0, size - shelf.length)));
  while (rest.length > 0) placed.push(rest.splice(0, size));
  return placed;
}
