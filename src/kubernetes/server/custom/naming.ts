// Which names a definition gets: those that no definition of its group has taken (apiextensions-apiserver, the naming controller).
import { equalJson } from "../../api/json.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import type { Names } from "./validation/internal.ts";

/** The names a definition has now, and why it does not have all it asks for. */
export interface Naming {
  readonly accepted: Names;
  readonly conflict?: { readonly reason: string; readonly message: string };
}

/** Names taken in a group. */
interface Taken {
  readonly resources: ReadonlySet<string | undefined>;
  readonly kinds: ReadonlySet<string | undefined>;
}

function takenIn(definitions: readonly KubeObject[], group: string): Taken {
  const all: Names[] = definitions.filter(({ spec }) => spec.group === group).map(({ status }) => status?.acceptedNames ?? {});
  return {
    resources: new Set(all.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames])),
    kinds: new Set(all.flatMap(({ kind, listKind }) => [kind, listKind])),
  };
}

/** Names for a definition beside all that exist; `old` is its own stored form. Of several conflicts the last is told. */
export function namesFor(object: NewObject, old: KubeObject | undefined, definitions: readonly KubeObject[]): Naming {
  const wanted: Names = object.spec?.names ?? {};
  const had: Names = old?.status?.acceptedNames ?? {};
  if (equalJson(wanted, had)) return { accepted: had };
  const taken = takenIn(definitions, object.spec?.group);
  let conflict: Naming["conflict"];
  const inUse = (name: string) => `${JSON.stringify(name)} is already in use`;
  const accepted: Record<string, unknown> = { ...had };
  const ask = (field: "plural" | "singular" | "kind" | "listKind", used: Taken["kinds"]) => {
    const name = wanted[field];
    if (name !== undefined && name !== had[field] && used.has(name))
      conflict = { reason: `${field[0]?.toUpperCase()}${field.slice(1)}Conflict`, message: inUse(name) };
    else accepted[field] = name;
  };
  ask("plural", taken.resources);
  ask("singular", taken.resources);
  const short = (wanted.shortNames ?? []).filter((name) => !had.shortNames?.includes(name) && taken.resources.has(name));
  if (short.length === 0) accepted.shortNames = wanted.shortNames;
  else conflict = { reason: "ShortNamesConflict", message: aggregate([...new Set(short.map(inUse))]) };
  ask("kind", taken.kinds);
  ask("listKind", taken.kinds);
  accepted.categories = wanted.categories;
  const names = Object.fromEntries(Object.entries(accepted).filter(([, value]) => value !== undefined)) as Names;
  // Go writes these two always.
  return { accepted: { ...names, plural: names.plural ?? "", kind: names.kind ?? "" }, ...(conflict && { conflict }) };
}

const aggregate = (texts: readonly string[]) => (texts.length === 1 ? (texts[0] as string) : `[${texts.join(", ")}]`);
