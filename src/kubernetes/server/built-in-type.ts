// The type tree of built-in kinds for merges, made from the table of Go types.
import { anyType, scalarType, scalarTypes, type TypeNode, typeNode } from "../api/type-node.ts";
import type { Field, StructType, TypeRef } from "../schema/types.ts";

const nodes = new WeakMap<Field, TypeNode>();
const structs = new WeakMap<StructType, TypeNode>();

/** Type node of a struct. */
export function structNode(struct: StructType): TypeNode {
  let node = structs.get(struct);
  if (!node) {
    node = typeNode({ shape: "object", atomic: struct.atomic, field: (name) => fieldNode(struct, name) });
    structs.set(struct, node);
  }
  return node;
}

function fieldNode(struct: StructType, name: string): TypeNode | undefined {
  const field = struct.fields.get(name);
  if (!field) return undefined;
  let node = nodes.get(field);
  if (!node) {
    node = makeField(field);
    nodes.set(field, node);
  }
  return node;
}

function makeField(field: Field): TypeNode {
  const base = refNode(field.type);
  const strategies = field.patch?.strategies ?? [];
  const keys = field.list?.keys ?? [];
  const item = field.type.kind === "list" && field.type.item.kind === "struct" ? field.type.item.struct : undefined;
  const keyDefaults: Record<string, unknown> = {};
  for (const key of keys) {
    const initial = item && keyDefault(item, key);
    if (initial !== undefined) keyDefaults[key] = initial;
  }
  const { type } = field;
  return {
    ...base,
    field: base.field,
    atomic: base.atomic || field.map === "atomic",
    listType: field.list?.type ?? "atomic",
    listKeys: keys,
    keyDefaults,
    patchMerge: strategies.includes("merge"),
    patchReplace: strategies.includes("replace"),
    patchKey: field.patch?.mergeKey,
    alwaysPresent: !field.pointer && (type.kind === "struct" || (type.kind === "list" && !field.omitEmpty)),
  };
}

/** A key that is no pointer has a zero value, and that is its default. */
function keyDefault(item: StructType, key: string): unknown {
  const field = item.fields.get(key);
  if (!field || field.initial !== undefined || field.pointer) return field?.initial;
  if (field.type.kind !== "scalar") return undefined;
  return field.type.scalar === "string" ? "" : field.type.scalar === "bool" ? false : 0;
}

const scalarKinds: Readonly<Record<string, TypeNode>> = {
  string: scalarTypes.string,
  bytes: scalarTypes.string,
  bool: scalarTypes.boolean,
  any: anyType,
  Time: scalarTypes.string,
  MicroTime: scalarTypes.string,
  Duration: scalarTypes.string,
  Quantity: scalarType,
  IntOrString: scalarType,
};

function refNode(ref: TypeRef): TypeNode {
  if (ref.kind === "struct") return structNode(ref.struct);
  if (ref.kind === "list") return typeNode({ shape: "list", element: refNode(ref.item) });
  if (ref.kind === "map") return typeNode({ shape: "map", element: refNode(ref.value) });
  return ref.kind === "special" ? (scalarKinds[ref.special] ?? anyType) : (scalarKinds[ref.scalar] ?? scalarTypes.numeric);
}
