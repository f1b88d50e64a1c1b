// Built-in types as OpenAPI schemas, with the extensions that kubectl, Helm and controllers read.

import { table } from "../schema/table.ts";
import { type Field, type StructType, schemaOf, type TypeRef } from "../schema/types.ts";

/** An OpenAPI schema object. */
export type Schema = Record<string, unknown>;

/** How documents of one OpenAPI version refer to schemas and describe what the versions describe differently. */
export interface Dialect {
  /** `#/components/schemas/` or `#/definitions/`. */
  readonly prefix: string;
  /** v3 wraps a reference in `allOf` when a default stands beside it. */
  readonly wrapsReferences: boolean;
  /** Schema of int-or-string: `oneOf` in v3, a plain string format in v2. */
  readonly intOrString: Schema;
}

export const openApiV3: Dialect = {
  prefix: "#/components/schemas/",
  wrapsReferences: true,
  intOrString: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
};

export const openApiV2: Dialect = {
  prefix: "#/definitions/",
  wrapsReferences: false,
  intOrString: { type: "string", format: "int-or-string" },
};

/** Schemas by name, filled in as references are met. */
export type Definitions = Map<string, Schema>;

const scalars: Readonly<Record<string, Schema>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int: { type: "integer", format: "int32" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  uint32: { type: "integer", format: "int64" },
  uint64: { type: "integer", format: "int64" },
  byte: { type: "integer", format: "byte" },
  float64: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
  any: {},
};

const specialNames: Readonly<Record<string, string>> = {
  Time: "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
  MicroTime: "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
  Duration: "io.k8s.apimachinery.pkg.apis.meta.v1.Duration",
  FieldsV1: "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
  Quantity: "io.k8s.apimachinery.pkg.api.resource.Quantity",
  IntOrString: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
  RawExtension: "io.k8s.apimachinery.pkg.runtime.RawExtension",
  JSON: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
  JSONSchemaPropsOrArray: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray",
  JSONSchemaPropsOrBool: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
  JSONSchemaPropsOrStringArray: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
};

function specialSchema(special: string, dialect: Dialect): Schema {
  switch (special) {
    case "Time":
    case "MicroTime":
      return { type: "string", format: "date-time" };
    case "Duration":
      return { type: "string" };
    case "Quantity":
      return dialect.wrapsReferences ? { oneOf: [{ type: "string" }, { type: "number" }] } : { type: "string" };
    case "IntOrString":
      return dialect.intOrString;
    case "FieldsV1":
    case "RawExtension":
      return { type: "object" };
    default:
      return {};
  }
}

/** Apply, merge-patch and validation extensions of a field. */
function extensions(field: Field): Schema {
  return {
    ...(field.list?.keys.length ? { "x-kubernetes-list-map-keys": field.list.keys } : {}),
    ...(field.list ? { "x-kubernetes-list-type": field.list.type } : {}),
    ...(field.map ? { "x-kubernetes-map-type": field.map } : {}),
    ...(field.patch?.mergeKey ? { "x-kubernetes-patch-merge-key": field.patch.mergeKey } : {}),
    ...(field.patch ? { "x-kubernetes-patch-strategy": field.patch.strategies.join(",") } : {}),
  };
}

function reference(name: string, dialect: Dialect): Schema {
  return { $ref: `${dialect.prefix}${name}` };
}

function typeSchema(type: TypeRef, dialect: Dialect, definitions: Definitions): Schema {
  switch (type.kind) {
    case "scalar":
      return { ...scalars[type.scalar], ...(type.values ? { enum: type.values } : {}) };
    case "special": {
      const name = specialNames[type.special]!;
      if (!definitions.has(name)) definitions.set(name, specialSchema(type.special, dialect));
      return reference(name, dialect);
    }
    case "struct":
      define(type.struct, dialect, definitions);
      return reference(type.struct.openApi, dialect);
    case "list":
      return { type: "array", items: withDefault(type.item, typeSchema(type.item, dialect, definitions), dialect) };
    case "map":
      return { type: "object", additionalProperties: withDefault(type.value, typeSchema(type.value, dialect, definitions), dialect) };
  }
}

/** Members of lists and maps carry their Go zero value as default; a reference beside a default needs `allOf` in v3. */
function withDefault(type: TypeRef, schema: Schema, dialect: Dialect): Schema {
  if (!dialect.wrapsReferences) return schema;
  if (type.kind === "struct") return { allOf: [schema], default: {} };
  if (type.kind === "special" && (type.special === "Quantity" || type.special === "RawExtension")) return schema;
  if (type.kind === "scalar" && type.scalar === "string" && !type.values) return { ...schema, default: "" };
  return schema;
}

function fieldSchema(field: Field, dialect: Dialect, definitions: Definitions): Schema {
  const schema = typeSchema(field.type, dialect, definitions);
  const { initial } = field;
  const structDefault = field.type.kind === "struct" && !field.pointer && dialect.wrapsReferences ? {} : undefined;
  const fallback = initial ?? structDefault;
  const described = fallback === undefined ? schema : { ...schema, default: fallback };
  const wrapped =
    "$ref" in schema && fallback !== undefined && dialect.wrapsReferences ? { allOf: [schema], default: fallback } : described;
  return { ...wrapped, ...extensions(field) };
}

/** Puts a struct's schema, and every schema it refers to, among the definitions. */
export function define(struct: StructType, dialect: Dialect, definitions: Definitions): void {
  if (definitions.has(struct.openApi)) return;
  const schema: Schema = { type: "object" };
  definitions.set(struct.openApi, schema);
  const properties: Record<string, Schema> = {};
  for (const field of [...struct.fields.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    properties[field.name] = fieldSchema(field, dialect, definitions);
  const required = [...struct.fields.values()].filter((field) => !field.optional).map(({ name }) => name);
  if (Object.keys(properties).length > 0) schema.properties = properties;
  if (required.length > 0) schema.required = required.sort();
  const kinds = kindsOf(struct.name);
  if (kinds.length > 0) schema["x-kubernetes-group-version-kind"] = kinds;
  if (struct.atomic) schema["x-kubernetes-map-type"] = "atomic";
}

let kindIndex: Map<string, { group: string; kind: string; version: string }[]> | undefined;

/** The groups, versions and kinds under which a type is known; the options of meta/v1 are known under every one. */
function kindsOf(typeName: string): { group: string; kind: string; version: string }[] {
  if (kindIndex === undefined) {
    kindIndex = new Map();
    for (const [apiVersion, kinds] of Object.entries(table.kinds)) {
      const slash = apiVersion.indexOf("/");
      const group = slash < 0 ? "" : apiVersion.slice(0, slash);
      const version = apiVersion.slice(slash + 1);
      if (group === "meta.k8s.io") continue;
      for (const [kind, name] of Object.entries(kinds)) kindIndex.set(name, [...(kindIndex.get(name) ?? []), { group, kind, version }]);
      for (const kind of ["DeleteOptions", "WatchEvent"])
        kindIndex.set(`meta.v1.${kind}`, [...(kindIndex.get(`meta.v1.${kind}`) ?? []), { group, kind, version }]);
    }
    kindIndex.set("meta.v1.Status", [{ group: "", kind: "Status", version: "v1" }]);
  }
  return kindIndex.get(typeName) ?? [];
}

/** Defines a built-in kind and its list as Kubernetes 1.`minor` has them; returns the names to refer to, undefined for kinds that are not built in. */
export function defineKind(
  apiVersion: string,
  kind: string,
  dialect: Dialect,
  definitions: Definitions,
  minor: number,
): string | undefined {
  const struct = schemaOf(apiVersion, kind, minor);
  if (!struct) return undefined;
  define(struct, dialect, definitions);
  return struct.openApi;
}
