// Structural schemas: pruning, defaulting, unknown fields, and the type tree for merges (Kubernetes documentation, "Structural schemas").
import { cloneJson, isObject, type Json } from "../../api/json.ts";
import { anyType, scalarType, scalarTypes, type TypeNode, typeNode } from "../../api/type-node.ts";
import { schemaOf } from "../../schema/types.ts";
import { structNode } from "../built-in-type.ts";

export type Schema = Record<string, any>;

const ownMembers = ["apiVersion", "kind", "metadata"];

/** Removes members a schema does not declare, in place, and reports their paths. */
export function prune(
  value: Json,
  schema: Schema | undefined,
  root: boolean,
  path = "",
  report: (path: string) => void = () => {},
  remove = true,
): void {
  if (!schema) return;
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries())
      prune(item, schema.items, schema.items?.["x-kubernetes-embedded-resource"] === true, `${path}[${i}]`, report, remove);
    return;
  }
  if (!isObject(value)) return;
  const preserve = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const { properties = {}, additionalProperties } = schema;
  for (const key of Object.keys(value)) {
    if (root && ownMembers.includes(key)) continue;
    const at = path ? `${path}.${key}` : key;
    const declared = Object.hasOwn(properties, key) ? properties[key] : isObject(additionalProperties) ? additionalProperties : undefined;
    if (declared) prune(value[key], declared, declared["x-kubernetes-embedded-resource"] === true, at, report, remove);
    else if (!preserve && additionalProperties !== true) {
      report(at);
      if (remove) delete value[key];
    }
  }
}

/** Fills in defaults, in place. Nulls that a schema does not allow give way to the default. */
export function applySchemaDefaults(value: Json, schema: Schema | undefined): void {
  if (!schema) return;
  if (Array.isArray(value)) for (const item of value) applySchemaDefaults(item, schema.items);
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
    if (member.default !== undefined && (value[key] === undefined || (value[key] === null && !member.nullable)))
      value[key] = cloneJson(member.default);
    if (value[key] !== undefined) applySchemaDefaults(value[key], member);
  }
  if (isObject(schema.additionalProperties)) {
    for (const key of Object.keys(value))
      if (!Object.hasOwn(schema.properties ?? {}, key)) applySchemaDefaults(value[key], schema.additionalProperties);
  }
}

/** Types of the members that every object has. */
function objectMember(name: string): TypeNode | undefined {
  const struct = schemaOf("v1", "ConfigMap");
  return ownMembers.includes(name) && struct ? structNode(struct).field(name) : undefined;
}

/** The type tree of a custom resource; metadata is that of every object. */
export function customType(schema: Schema | undefined): TypeNode {
  const body = schema ? typeOf(schema) : anyType;
  const element = body.shape === "any" ? anyType : body.element;
  return typeNode({ shape: "object", field: (name) => objectMember(name) ?? body.field(name), element });
}

function typeOf(schema: Schema): TypeNode {
  if (schema["x-kubernetes-int-or-string"]) return scalarType;
  if (schema.type === "array") {
    const listType = schema["x-kubernetes-list-type"];
    const keys: string[] = schema["x-kubernetes-list-map-keys"] ?? [];
    const keyDefaults: Record<string, Json> = {};
    for (const key of keys) {
      const initial = schema.items?.properties?.[key]?.default;
      if (initial !== undefined) keyDefaults[key] = initial;
    }
    const element = schema.items ? typeOf(schema.items) : anyType;
    return typeNode({
      shape: "list",
      listType: listType === "map" || listType === "set" ? listType : "atomic",
      listKeys: keys,
      keyDefaults,
      element,
    });
  }
  if (schema.type === "object" || schema.properties) {
    const known = new Map<string, TypeNode>();
    const field = (name: string) => {
      const declared = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties[name] : undefined;
      if (schema["x-kubernetes-embedded-resource"] && objectMember(name)) return objectMember(name);
      if (!declared) return undefined;
      let node = known.get(name);
      if (!node) {
        node = typeOf(declared);
        known.set(name, node);
      }
      return node;
    };
    return typeNode({
      shape: schema.properties ? "object" : "map",
      atomic: schema["x-kubernetes-map-type"] === "atomic",
      field,
      element: restOf(schema),
    });
  }
  return { ...scalarTypes, number: scalarTypes.numeric, integer: scalarTypes.numeric }[schema.type as string] ?? anyType;
}

/** The type of members that are not declared one by one; undefined where there are none. */
function restOf(schema: Schema): TypeNode | undefined {
  if (isObject(schema.additionalProperties)) return typeOf(schema.additionalProperties);
  const open = schema.additionalProperties === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  return open || Object.keys(schema.properties ?? {}).length === 0 ? anyType : undefined;
}
