// Reads supplement.txt: what no package carries, in the table's own grammar.

/** The schema table as written to disk. */
export interface Table {
  types: Record<string, readonly string[] | string>;
  kinds: Record<string, Record<string, string>>;
}

/** One section of the supplement. */
export interface Section {
  readonly verb: "kinds" | "type" | "add" | "alias" | "since";
  readonly name: string;
  readonly lines: readonly string[];
}

/** Sections start with `[verb name]`; `#` starts a comment line. */
export function readSupplement(text: string): Section[] {
  const sections: { verb: Section["verb"]; name: string; lines: string[] }[] = [];
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const heading = /^\[(kinds|type|add|alias|since) (.+)\]$/.exec(line);
    if (heading) sections.push({ verb: heading[1] as Section["verb"], name: heading[2]!, lines: [] });
    else if (sections.length > 0) sections.at(-1)!.lines.push(line);
    else throw new Error(`a line before the first section: ${line}`);
  }
  return sections;
}

/** Says in which minor a field (`core.v1.Pod.spec`) appeared. */
function setSince(table: Table, minor: string, field: string): void {
  const dot = field.lastIndexOf(".");
  const present = table.types[field.slice(0, dot)];
  const starts = `${field.slice(dot + 1)} `;
  if (!Array.isArray(present) || !present.some((line: string) => line.startsWith(starts))) throw new Error(`no field ${field}`);
  table.types[field.slice(0, dot)] = present.map((line: string) => (line.startsWith(starts) ? `${line} since=${minor}` : line));
}

/** Adds the sections to the table; a field that is already there is replaced. */
export function applySupplement(table: Table, sections: readonly Section[]): void {
  for (const { verb, name, lines } of sections) {
    if (verb === "type") table.types[name] = lines;
    else if (verb === "alias") table.types[name] = lines.join(" ");
    else if (verb === "since") for (const field of lines) setSince(table, name, field);
    else if (verb === "add") {
      const present = table.types[name];
      if (!Array.isArray(present)) throw new Error(`no struct ${name} to add to`);
      const names = new Set(lines.map((line) => line.split(" ")[0]));
      table.types[name] = [...present.filter((line) => !names.has(line.split(" ")[0])), ...lines];
    } else {
      const [groupVersion, key] = name.split(" ") as [string, string];
      table.kinds[groupVersion] ??= {};
      const kinds = table.kinds[groupVersion];
      for (const kind of lines.join(" ").split(" ")) kinds[kind] = `${key}.${kind}`;
    }
  }
}
