// Writes src/kubernetes/schema/data/kubernetes.json: the Go types of the newest release, and in which minors each field exists.
// Usage: npx node scripts/kubernetes-schema/generate.ts <folder that fetch.sh filled> [target file]   (see README.md beside this file)
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addChanges, addHistory, readGates } from "./history.ts";
import { readPackages } from "./packages.ts";
import { cdk8sRelease, clientNodeRelease, goRelease, type Release, vectorRelease } from "./releases.ts";
import { applySupplement, readSupplement, type Table } from "./supplement.ts";

const folder = process.argv[2];
if (folder === undefined || !existsSync(join(folder, "36/k8s.io/api"))) {
  console.error("usage: generate.ts <folder that fetch.sh filled> [target file]");
  process.exit(1);
}
const beside = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");

/** Names that types of the table mention, so that helpers of the Go packages nobody serialises stay out. */
function reachable(table: Table): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const entry = table.types[name];
    if (entry === undefined || seen.has(name)) return;
    seen.add(name);
    for (const line of typeof entry === "string" ? [`- 0 ${entry}`] : entry) {
      const type = line.split(" ")[2];
      if (type) visit(type.replace(/^(\*|\[\]|\{\})+/, ""));
    }
  };
  for (const kinds of Object.values(table.kinds)) for (const name of Object.values(kinds)) visit(name);
  return seen;
}

/** The newest release's types; the older releases say what its fields' history is. */
const newest = 36;
const table = readPackages(join(folder, String(newest)));
applySupplement(table, readSupplement(beside("supplement.txt")));
const releases = new Map<number, Release>([
  [29, clientNodeRelease(join(folder, "29"))],
  [30, clientNodeRelease(join(folder, "30"))],
  [31, cdk8sRelease(join(folder, "31/lib/imports/k8s.d.ts"))],
  [32, goRelease(readPackages(join(folder, "32")))],
  [33, clientNodeRelease(join(folder, "33"))],
  [34, clientNodeRelease(join(folder, "34"))],
  [35, vectorRelease(join(folder, `${newest}/k8s.io/api/testdata/v1.35.0`), table)],
]);

// These have their own JSON form; the table only names them.
for (const special of ["Time", "MicroTime", "Duration", "FieldsV1"]) delete table.types[`meta.v1.${special}`];
for (const name of ["UID", "NodeName"]) table.types[`types.${name}`] = "string";

const kept = reachable(table);
for (const name of Object.keys(table.types)) if (!kept.has(name)) delete table.types[name];
addHistory(table, releases, newest, readGates(beside("gates.txt")));
addChanges(table);
const types = Object.fromEntries(Object.entries(table.types).sort(([a], [b]) => (a < b ? -1 : 1)));
const kinds = Object.fromEntries(Object.entries(table.kinds).sort(([a], [b]) => (a < b ? -1 : 1)));
const target = process.argv[3] ?? new URL("../../src/kubernetes/schema/data/kubernetes.json", import.meta.url);
const sections = (entries: Record<string, unknown>) =>
  Object.entries(entries)
    .map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`)
    .join(",\n");
writeFileSync(target, `{"kinds":{\n${sections(kinds)}\n},\n"types":{\n${sections(types)}\n}}\n`);
console.log(`${Object.keys(types).length} types, ${Object.values(kinds).flatMap(Object.keys).length} kinds`);
