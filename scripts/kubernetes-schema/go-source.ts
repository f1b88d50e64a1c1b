// Reads Go type declarations: just enough of the language for Kubernetes' API packages.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A field of a Go struct as written. */
export interface GoField {
  readonly name: string;
  readonly type: string;
  readonly embedded: boolean;
  readonly tag: Readonly<Record<string, string>>;
  /** Markers of the comment above it: `listType` → ["map"], `optional` → [""]. */
  readonly markers: ReadonlyMap<string, readonly string[]>;
}

/** A declared type: a struct's fields, or what another type stands for. */
export interface GoType {
  readonly name: string;
  readonly fields?: readonly GoField[];
  readonly underlying?: string;
  readonly markers: ReadonlyMap<string, readonly string[]>;
  /** Import alias → path of the file that declares it. */
  readonly imports: ReadonlyMap<string, string>;
}

/** What one Go package declares. */
export interface GoPackage {
  readonly types: ReadonlyMap<string, GoType>;
  /** Constants' values by their declared type, in order of appearance. */
  readonly constants: ReadonlyMap<string, readonly { name: string; value: string }[]>;
  readonly groupName: string | undefined;
  readonly kinds: readonly string[];
}

const marker = /^\s*\/\/\s*\+([A-Za-z0-9:_.-]+)(?:=(.*))?$/;

function readMarkers(lines: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const match = marker.exec(line);
    if (match) found.set(match[1]!, [...(found.get(match[1]!) ?? []), (match[2] ?? "").trim()]);
  }
  return found;
}

function readTag(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/(\w+):"([^"]*)"/g)].map((match) => [match[1]!, match[2]!]));
}

function readImports(source: string): Map<string, string> {
  const block = /^import \(([\s\S]*?)^\)/m.exec(source)?.[1] ?? /^import (.*)$/m.exec(source)?.[1] ?? "";
  const imports = new Map<string, string>();
  for (const match of block.matchAll(/(?:([\w.]+)\s+)?"([^"]+)"/g)) imports.set(match[1] ?? match[2]!.split("/").at(-1)!, match[2]!);
  return imports;
}

function readField(line: string, comment: readonly string[]): GoField | undefined {
  const match = /^\s*(?:(\w+)\s+)?([\w.*[\]{}]+)\s*(?:`([^`]*)`)?\s*(?:\/\/.*)?$/.exec(line);
  if (!match) return undefined;
  const type = match[2]!;
  return {
    name: match[1] ?? type.split(".").at(-1)!,
    type,
    embedded: match[1] === undefined,
    tag: readTag(match[3] ?? ""),
    markers: readMarkers(comment),
  };
}

function readTypes(source: string, types: Map<string, GoType>): void {
  const imports = readImports(source);
  const lines = source.split("\n");
  let comment: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const declared = /^type (\w+) (.+)$/.exec(line);
    if (declared) {
      const [, name, rest] = declared as unknown as [string, string, string];
      const markers = readMarkers(comment);
      if (rest.startsWith("struct {") && !rest.startsWith("struct {}")) {
        const fields: GoField[] = [];
        let above: string[] = [];
        for (i++; lines[i] !== "}"; i++) {
          const inner = lines[i]!;
          if (/^\s*\/\//.test(inner)) above.push(inner);
          else if (inner.trim() !== "") {
            const field = readField(inner, above);
            if (!field) throw new Error(`cannot read the field ${inner.trim()} of ${name}`);
            fields.push(field);
            above = [];
          }
        }
        types.set(name, { name, fields, markers, imports });
      } else if (rest.startsWith("struct")) types.set(name, { name, fields: [], markers, imports });
      else if (!rest.startsWith("interface") && !rest.startsWith("func"))
        types.set(name, { name, underlying: rest.replace(/^=\s*/, "").replace(/\s*\/\/.*$/, ""), markers, imports });
    }
    // A blank line keeps the comment: markers may stand in a block of their own above the description.
    if (/^\s*\/\//.test(line)) comment.push(line);
    else if (line.trim() !== "") comment = [];
  }
}

/** Reads every Go file of a package folder except tests and generated code. */
export function readGoPackage(folder: string): GoPackage {
  const types = new Map<string, GoType>();
  const constants = new Map<string, { name: string; value: string }[]>();
  const kinds: string[] = [];
  let groupName: string | undefined;
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".go") || /_test\.go$|generated|_fuzz|_proto\.go$/.test(file)) continue;
    const source = readFileSync(join(folder, file), "utf8").replace(/^\s*\/\*[\s\S]*?\*\//gm, "");
    readTypes(source, types);
    for (const match of source.matchAll(/^(?:const)?\s+(\w+)\s+(\w+)\s*=\s*"([^"]*)"/gm))
      constants.set(match[2]!, [...(constants.get(match[2]!) ?? []), { name: match[1]!, value: match[3]! }]);
    groupName ??= /GroupName\s*=\s*"([^"]*)"/.exec(source)?.[1];
    for (const call of source.matchAll(/AddKnownTypes\(([\s\S]*?)\n?\t*\)\n/g))
      for (const kind of call[1]!.matchAll(/&(\w+)\{\}/g)) kinds.push(kind[1]!);
  }
  return { types, constants, groupName, kinds };
}
