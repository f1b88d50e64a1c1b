// How a policy's entries are spread over PolicyEndpoint objects: at most 200 to a list, and what is there stays where it is, so that few
// objects change (spec vpc-cni §8.1).
import { entryKey, podKey } from "./keys.ts";
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
  readonly keep: readonly (Shelf & { readonly isChanged: boolean })[];
  readonly remove: readonly string[];
}

const KINDS = ["ingress", "egress", "podSelectorEndpoints"] as const;

/** Spreads the wanted entries. Even a policy without any has one object, because it isolates. */
export function pack(wanted: Lists, present: readonly Shelf[], size = CHUNK): Packing {
  const shelves = <K extends keyof Lists>(kind: K) => present.map(({ lists }) => lists[kind]);
  const spread = {
    ingress: place(wanted.ingress, shelves("ingress"), entryKey, size),
    egress: place(wanted.egress, shelves("egress"), entryKey, size),
    podSelectorEndpoints: place(wanted.podSelectorEndpoints, shelves("podSelectorEndpoints"), podKey, size),
  };
  const count = Math.max(present.length, ...KINDS.map((kind) => spread[kind].length));
  const all = Array.from({ length: count }, (_, i) => ({
    lists: listsOf(Object.fromEntries(KINDS.map((kind) => [kind, spread[kind][i]?.values ?? []]))),
    isChanged: KINDS.some((kind) => spread[kind][i]?.isChanged),
  }));
  const filled = all.flatMap(({ lists }, i) => (KINDS.every((kind) => lists[kind].length === 0) ? [] : [i]));
  const staying = new Set(filled.length > 0 ? filled : [0]);
  const added = all.slice(present.length).map(({ lists }) => lists);
  return {
    create: count === 0 ? [listsOf({})] : added,
    keep: present.flatMap(({ name }, i) => (staying.has(i) ? [{ name, ...all[i]! }] : [])),
    remove: present.flatMap(({ name }, i) => (staying.has(i) ? [] : [name])),
  };
}

interface Placed<T> {
  readonly values: T[];
  isChanged: boolean;
}

/** One list: entries keep their shelf, new ones fill shelves in use first, then empty ones, then new shelves. */
function place<T>(wanted: readonly T[], shelves: readonly (readonly T[])[], key: (value: T) => string, size: number): Placed<T>[] {
  const missing = new Map(wanted.map((value) => [key(value), value]));
  const placed = shelves.map((shelf): Placed<T> => {
    const values = shelf.filter((value) => missing.delete(key(value)));
    return { values, isChanged: values.length < shelf.length };
  });
  const rest = [...missing.values()];
  const isUsed = ({ values }: Placed<T>) => values.length > 0;
  for (const shelf of [...placed.filter(isUsed), ...placed.filter((each) => !isUsed(each))]) {
    const more = rest.splice(0, Math.max(0, size - shelf.values.length));
    shelf.values.push(...more);
    shelf.isChanged ||= more.length > 0;
  }
  while (rest.length > 0) placed.push({ values: rest.splice(0, size), isChanged: true });
  return placed;
}
