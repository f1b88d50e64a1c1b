// Reads the Go packages of one Kubernetes release into a table.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type GoPackage, readGoPackage } from "./go-source.ts";
import { packageKey, renderDeclaration } from "./render.ts";
import type { Table } from "./supplement.ts";

function packagesIn(source: string): string[] {
  const api = join(source, "k8s.io/api");
  const found: string[] = [];
  for (const group of readdirSync(api).sort())
    for (const version of group.includes(".") || group === "testdata" ? [] : readdirSync(join(api, group)).sort())
      if (existsSync(join(api, group, version, "register.go"))) found.push(`k8s.io/api/${group}/${version}`);
  const extensions = "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1";
  return [...found, ...(existsSync(join(source, extensions)) ? [extensions] : []), "k8s.io/apimachinery/pkg/apis/meta/v1"];
}

const metaKinds =
  "Status DeleteOptions CreateOptions UpdateOptions PatchOptions GetOptions ListOptions WatchEvent LabelSelector Table PartialObjectMetadata PartialObjectMetadataList APIGroup APIGroupList APIResourceList APIVersions List Patch";

/** The types and kinds of the packages below `source`, a folder that holds `k8s.io/api` and `k8s.io/apimachinery`. */
export function readPackages(source: string): Table {
  const table: Table = { types: {}, kinds: {} };
  for (const path of packagesIn(source)) {
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
  table.kinds["meta.k8s.io/v1"] = Object.fromEntries(metaKinds.split(" ").map((kind) => [kind, `meta.v1.${kind}`]));
  return table;
}
