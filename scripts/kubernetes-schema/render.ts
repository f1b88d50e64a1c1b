// Turns Go declarations into lines of the schema table (grammar: src/kubernetes/schema/line.ts).
import type { GoField, GoPackage, GoType } from "./go-source.ts";

const wellKnown: Readonly<Record<string, string>> = {
  "k8s.io/apimachinery/pkg/api/resource": "resource",
  "k8s.io/apimachinery/pkg/runtime": "runtime",
  "k8s.io/apimachinery/pkg/util/intstr": "intstr",
  "k8s.io/apimachinery/pkg/types": "types",
};

/** `k8s.io/api/core/v1` → `core.v1`; `k8s.io/apimachinery/pkg/apis/meta/v1` → `meta.v1`. */
export function packageKey(path: string): string {
  return wellKnown[path] ?? path.split("/").slice(-2).join(".");
}

const basic = new Set(["string", "bool", "int32", "int64", "int", "uint32", "uint64", "float64", "byte"]);

function renderType(type: string, owner: GoType, key: string): string {
  if (type.startsWith("*")) return `*${renderType(type.slice(1), owner, key)}`;
  if (type === "[]byte") return "bytes";
  if (type.startsWith("[]")) return `[]${renderType(type.slice(2), owner, key)}`;
  const map = /^map\[([\w.]+)\](.+)$/.exec(type);
  if (map) return `{}${renderType(map[2]!, owner, key)}`;
  if (type === "interface{}") return "any";
  if (basic.has(type)) return type;
  const dot = type.indexOf(".");
  if (dot < 0) return `${key}.${type}`;
  const path = owner.imports.get(type.slice(0, dot));
  if (path === undefined) throw new Error(`${type} in ${key}.${owner.name}: no such import`);
  return `${packageKey(path)}.${type.slice(dot + 1)}`;
}

/** A `+default=` marker's JSON text; `ref(Constant)` is looked up among the package's constants. */
function renderDefault(text: string, declared: GoPackage): string {
  const reference = /^ref\((\w+)\)$/.exec(text)?.[1];
  if (reference === undefined) return JSON.stringify(JSON.parse(text));
  for (const values of declared.constants.values())
    for (const constant of values) if (constant.name === reference) return JSON.stringify(constant.value);
  throw new Error(`no constant ${reference}`);
}

function renderField(field: GoField, owner: GoType, key: string, declared: GoPackage): string | undefined {
  const [json = "", ...options] = (field.tag.json ?? "").split(",");
  const inline = options.includes("inline") || (field.embedded && json === "");
  if (json === "-" || (json === "" && !inline)) return undefined;
  const number = /^\w+,(\d+)/.exec(field.tag.protobuf ?? "")?.[1] ?? "0";
  const words = [inline ? "-" : json, number, renderType(field.type, owner, key)];
  if (options.includes("omitempty")) words.push("omit");
  if (field.markers.has("optional")) words.push("opt");
  if (field.markers.has("nullable")) words.push("null");
  const strategy = field.tag.patchStrategy;
  if (strategy) words.push(`patch=${strategy}${field.tag.patchMergeKey ? `:${field.tag.patchMergeKey}` : ""}`);
  const list = field.markers.get("listType")?.[0];
  if (list) words.push(`list=${list}${list === "map" ? `:${(field.markers.get("listMapKey") ?? []).join(",")}` : ""}`);
  const map = field.markers.get("mapType")?.[0] ?? field.markers.get("structType")?.[0];
  if (map) words.push(`map=${map}`);
  const gate = field.markers.get("featureGate")?.[0];
  if (gate) words.push(`gate=${gate}`);
  const initial = field.markers.get("default")?.[0];
  if (initial !== undefined) words.push(`def=${renderDefault(initial, declared)}`);
  return words.join(" ");
}

/** The table's entry of one type: its fields' lines, or one line that says what the name stands for. */
export function renderDeclaration(type: GoType, key: string, declared: GoPackage): readonly string[] | string | undefined {
  if (type.fields) {
    const lines = type.fields.map((field) => renderField(field, type, key, declared)).filter((line) => line !== undefined);
    const map = type.markers.get("structType")?.[0] ?? type.markers.get("mapType")?.[0];
    return map ? [`@map=${map}`, ...lines] : lines;
  }
  if (!type.underlying || /^(func|interface|chan)/.test(type.underlying)) return undefined;
  const values = type.markers.has("enum") ? (declared.constants.get(type.name) ?? []).map((constant) => constant.value) : [];
  return [renderType(type.underlying, type, key), ...[...new Set(values)].sort()].join(" ");
}
