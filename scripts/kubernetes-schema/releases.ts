// Which fields a type had in a release, read from what describes that release: Go types, client libraries, test vectors.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Table } from "./supplement.ts";

/** A type's JSON members in one release; undefined where the source does not describe the type. */
export type Release = (typeName: string) => ReadonlySet<string> | undefined;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const struct = (table: Table, name: string) => {
  const entry = table.types[name];
  return Array.isArray(entry) ? entry.filter((line) => !line.startsWith("@")) : undefined;
};
const base = (type: string) => type.replace(/^(\*|\[\]|\{\})+/, "");

/** JSON name → type of all members, embedded structs' members included. */
function members(table: Table, typeName: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of struct(table, typeName) ?? []) {
    const [name, , type] = line.split(" ") as [string, string, string];
    if (name !== "-") found.set(name, type);
    else for (const [inner, innerType] of members(table, base(type))) found.set(inner, innerType);
  }
  return found;
}

/** A release known by the table of its own Go types. */
export function goRelease(table: Table): Release {
  return (typeName) => (struct(table, typeName) ? new Set(members(table, typeName).keys()) : undefined);
}

/** A release known by the models of @kubernetes/client-node: `V1PodSpec`, or `CoreV1Event` where groups share a name. */
export function clientNodeRelease(folder: string): Release {
  const models = new Map<string, ReadonlySet<string>>();
  const home = ["dist/gen/models", "dist/gen/model"].map((path) => join(folder, path)).find(existsSync);
  if (home === undefined) throw new Error(`${folder} holds no generated models`);
  for (const file of readdirSync(home))
    if (file.endsWith(".js")) {
      const source = readFileSync(join(home, file), "utf8");
      const names = [...source.matchAll(/"?baseName"?: "([^"]+)"/g)].map((match) => match[1]!);
      models.set(capital(file.slice(0, -3)), new Set(names));
    }
  return (typeName) => {
    const [group = "", version = "", name = ""] = typeName.split(".");
    return models.get(`${capital(group)}${capital(version)}${name}`) ?? models.get(`${capital(version)}${name}`);
  };
}

const groups: Readonly<Record<string, string>> = { "apimachinery.pkg.apis.meta": "meta" };

/** A release known by the declarations that cdk8s-plus generates from its OpenAPI document; statuses are not among them. */
export function cdk8sRelease(file: string): Release {
  const types = new Map<string, Set<string>>();
  for (const match of readFileSync(file, "utf8").matchAll(/@schema io\.k8s\.(?:api\.)?([\w.-]+)\.(v\w+)\.(\w+)(?:#([\w$-]+))?/g)) {
    const [, path = "", version = "", name = "", member] = match;
    const typeName = `${groups[path] ?? path.split(".").at(-1)}.${version}.${name}`;
    const known = types.get(typeName) ?? new Set<string>();
    types.set(typeName, member === undefined ? known : known.add(member));
  }
  return (typeName) => types.get(typeName)?.add("status");
}

/** A release known by its test vectors, in which every member of every kind is set. `table` says what the members are. */
export function vectorRelease(folder: string, table: Table): Release {
  const types = new Map<string, Set<string>>();
  const visit = (type: string, value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const alias = table.types[type];
    if (type.startsWith("*")) visit(type.slice(1), value);
    else if (/^(\[\]|\{\})/.test(type)) for (const item of Object.values(value)) visit(type.slice(2), item);
    else if (typeof alias === "string") visit(alias.split(" ")[0]!, value);
    else if (alias !== undefined) note(type, value);
  };
  const note = (type: string, value: object): void => {
    const known = types.get(type) ?? new Set<string>();
    types.set(type, known);
    const declared = members(table, type);
    for (const [name, member] of Object.entries(value)) {
      known.add(name);
      const memberType = declared.get(name);
      if (memberType !== undefined) visit(memberType, member);
    }
  };
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(".json") || file.includes("after_roundtrip")) continue;
    const object = JSON.parse(readFileSync(join(folder, file), "utf8"));
    const type = table.kinds[object.apiVersion]?.[object.kind];
    if (type !== undefined) visit(type, object);
  }
  return (typeName) => types.get(typeName);
}
