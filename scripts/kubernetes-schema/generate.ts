// Writes src/kubernetes/schema/data/kubernetes.json from the Go types of Debian's golang-k8s-api-dev and golang-k8s-apimachinery-dev.
// Usage: npx node scripts/kubernetes-schema/generate.ts <folder that holds k8s.io/>   (see README.md beside this file)
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GoPackage, readGoPackage } from "./go-source.ts";
import { packageKey, renderDeclaration } from "./render.ts";
import { applySupplement, readSupplement, type Table } from "./supplement.ts";

const source = process.argv[2];
if (source === undefined || !existsSync(join(source, "k8s.io/api"))) {
  console.error("usage: generate.ts <folder that holds k8s.io/api and k8s.io/apimachinery>");
  process.exit(1);
}

function packages(): string[] {
  const api = join(source!, "k8s.io/api");
  const found: string[] = [];
  for (const group of readdirSync(api).sort()) {
    if (group === "imagepolicy" || group === "storagemigration") continue;
    for (const version of existsSync(join(api, group, "..")) && !group.includes(".") ? readdirSync(join(api, group)).sort() : [])
      if (existsSync(join(api, group, version, "register.go"))) found.push(`k8s.io/api/${group}/${version}`);
  }
  return [...found, "k8s.io/apimachinery/pkg/apis/meta/v1"];
}

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

const table: Table = { types: {}, kinds: {} };
for (const path of packages()) {
  const declared: GoPackage = readGoPackage(join(source, path));
  const key = packageKey(path);
  const version = path.split("/").at(-1)!;
  for (const type of declared.types.values()) {
    const entry = renderDeclaration(type, key, declared);
    if (entry !== undefined) table.types[`${key}.${type.name}`] = entry;
  }
  if (key === "meta.v1") continue;
  const groupVersion = declared.groupName ? `${declared.groupName}/${version}` : version;
  table.kinds[groupVersion] = Object.fromEntries(
    declared.kinds.filter((kind) => declared.types.has(kind)).map((kind) => [kind, `${key}.${kind}`]),
  );
}
table.kinds["meta.k8s.io/v1"] = Object.fromEntries(
  "Status DeleteOptions CreateOptions UpdateOptions PatchOptions GetOptions ListOptions WatchEvent LabelSelector Table PartialObjectMetadata PartialObjectMetadataList APIGroup APIGroupList APIResourceList APIVersions List Patch"
    .split(" ")
    .map((kind) => [kind, `meta.v1.${kind}`]),
);
applySupplement(table, readSupplement(readFileSync(new URL("supplement.txt", import.meta.url), "utf8")));

// These have their own JSON form; the table only names them.
for (const special of ["Time", "MicroTime", "Duration", "FieldsV1"]) delete table.types[`meta.v1.${special}`];
table.types["types.UID"] = "string";

const kept = reachable(table);
const types = Object.fromEntries(
  Object.entries(table.types)
    .filter(([name]) => kept.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);
const kinds = Object.fromEntries(Object.entries(table.kinds).sort(([a], [b]) => (a < b ? -1 : 1)));
const target = new URL("../../src/kubernetes/schema/data/kubernetes.json", import.meta.url);
const sections = (entries: Record<string, unknown>) =>
  Object.entries(entries)
    .map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`)
    .join(",\n");
writeFileSync(target, `{"kinds":{\n${sections(kinds)}\n},\n"types":{\n${sections(types)}\n}}\n`);
console.log(`${Object.keys(types).length} types, ${Object.values(kinds).flatMap(Object.keys).length} kinds`);
