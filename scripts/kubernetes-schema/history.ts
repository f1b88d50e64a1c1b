// Writes into the table in which minors a field exists (`since`, `until`) and from which on it is kept by default (`on`).
import type { Release } from "./releases.ts";
import type { Table } from "./supplement.ts";

/** What is known of feature gates: from which minor on a gate is on by default, and which fields it guards beside those marked. */
export interface Gates {
  readonly on: ReadonlyMap<string, string>;
  /** `core.v1.PodSpec.hostUsers` → gate. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Lines `gate minor|never [type.field …]`; `#` starts a comment line. */
export function readGates(text: string): Gates {
  const on = new Map<string, string>();
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [gate, minor, ...guarded] = line.trim().split(/\s+/) as [string, string, ...string[]];
    on.set(gate, minor);
    for (const field of guarded) fields.set(field, gate);
  }
  return { on, fields };
}

const lines = (table: Table, name: string): readonly string[] => {
  const entry = table.types[name];
  return Array.isArray(entry) ? entry : [];
};
const typeIn = (line: string) => (line.split(" ")[2] ?? "").replace(/^(\*|\[\]|\{\})+/, "");

/** Puts words before a `def=`, which ends a line. */
function insert(line: string, words: readonly string[]): string {
  if (words.length === 0) return line;
  const at = line.indexOf(" def=");
  return at < 0 ? [line, ...words].join(" ") : `${[line.slice(0, at), ...words].join(" ")}${line.slice(at)}`;
}

/** Struct → structs that embed it: OpenAPI documents know its members as theirs. */
function embedders(table: Table): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of Object.keys(table.types))
    for (const line of lines(table, name)) {
      if (line.startsWith("- ")) found.set(typeIn(line), [...(found.get(typeIn(line)) ?? []), name]);
    }
  return found;
}

/** The first minor that has a field of a type which minors before it lacked; undefined for a field as old as its type. */
function firstMinor(releases: ReadonlyMap<number, Release>, holders: readonly string[], field: string): number | undefined {
  let lacked = false;
  let after: number | undefined;
  for (const [minor, release] of releases) {
    const known = holders.map(release).filter((each) => each !== undefined);
    if (known.length === 0) continue;
    if (known.some((each) => each.has(field))) after ??= lacked ? minor : 0;
    else {
      lacked = true;
      after = undefined;
    }
  }
  return lacked ? (after ?? Number.NaN) : undefined;
}

/**
 * Adds the words to the table's lines, in place. `releases` by rising minor; `newest` is the minor of the table itself. Fields whose line
 * says `since` or `until` already are left alone.
 */
export function addHistory(table: Table, releases: ReadonlyMap<number, Release>, newest: number, gates: Gates): void {
  const embedding = embedders(table);
  const holdersOf = (name: string): string[] => [name, ...(embedding.get(name) ?? []).flatMap((holder) => holdersOf(holder))];
  for (const [name, entry] of Object.entries(table.types)) {
    if (!Array.isArray(entry)) continue;
    const holders = holdersOf(name);
    table.types[name] = entry.map((line: string) => {
      const field = line.split(" ")[0]!;
      if (field.startsWith("@") || field === "-") return line;
      const words: string[] = [];
      let since = Number(/ since=(\d+)/.exec(line)?.[1] ?? 0);
      if (since === 0 && !line.includes(" until=")) {
        const first = firstMinor(releases, holders, field);
        since = first === undefined ? 0 : Number.isNaN(first) ? newest : first;
        if (since > 0) words.push(`since=${since}`);
      }
      const gate = / gate=(\S+)/.exec(line)?.[1] ?? gates.fields.get(`${name}.${field}`);
      const on = gate === undefined ? undefined : gates.on.get(gate);
      if (on !== undefined && (on === "never" || Number(on) > since)) words.push(`on=${on}`);
      return insert(line.replace(/ gate=\S+/, ""), words);
    });
  }
}

const changes = (line: string) => [...line.matchAll(/ (?:since|until|on)=(\d+)/g)].map((match) => Number(match[1]));

/** Heads every struct with the minors at which it, or anything below it, changes: `@minors=31,34`. */
export function addChanges(table: Table): void {
  const below = new Map<string, Set<number>>();
  for (const name of Object.keys(table.types)) below.set(name, new Set(lines(table, name).flatMap(changes)));
  for (let grown = true; grown; ) {
    grown = false;
    for (const [name, own] of below) {
      const before = own.size;
      const entry = table.types[name]!;
      for (const line of typeof entry === "string" ? [`- 0 ${entry}`] : entry)
        for (const minor of below.get(typeIn(line)) ?? []) own.add(minor);
      grown ||= own.size > before;
    }
  }
  for (const [name, minors] of below) {
    const entry = table.types[name]!;
    if (Array.isArray(entry) && minors.size > 0) table.types[name] = [`@minors=${[...minors].sort((a, b) => a - b)}`, ...entry];
  }
}
