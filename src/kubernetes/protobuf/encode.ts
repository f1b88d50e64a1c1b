// Encodes objects of built-in kinds as Kubernetes protobuf; clients in tests write with it.
import type { Field, SpecialName, StructType, TypeRef } from "../schema/types.ts";
import { schemaOf, structNamed } from "../schema/types.ts";
import { ProtobufError } from "./reader.ts";
import { parseDuration } from "./time.ts";
import { chunk, double, integer, text } from "./writer.ts";

type Json = Record<string, unknown>;

const schema = (value: unknown) => encodeStruct(structNamed("apiextensions.v1.JSONSchemaProps")!, value as Json);

function time(value: string): Buffer {
  const seconds = Math.floor(Date.parse(value) / 1000);
  const fraction = /[.](\d+)/.exec(value)?.[1] ?? "";
  return Buffer.concat([integer(1, seconds), integer(2, Number(fraction.padEnd(9, "0").slice(0, 9)))]);
}

function encodeSpecial(special: SpecialName, value: unknown): Buffer {
  if (value === null) return Buffer.alloc(0);
  switch (special) {
    case "Time":
    case "MicroTime":
      return time(String(value));
    case "Duration":
      return integer(1, parseDuration(String(value)) ?? 0);
    case "Quantity":
      return text(1, String(value));
    case "IntOrString":
      return typeof value === "number"
        ? Buffer.concat([integer(1, 0), integer(2, value), text(3, "")])
        : Buffer.concat([integer(1, 1), integer(2, 0), text(3, String(value))]);
    case "RawExtension":
    case "FieldsV1":
    case "JSON":
      return text(1, JSON.stringify(value));
    case "JSONSchemaPropsOrArray":
      return Array.isArray(value) ? Buffer.concat(value.map((item) => chunk(2, schema(item)))) : chunk(1, schema(value));
    case "JSONSchemaPropsOrBool":
      return typeof value === "boolean" ? integer(1, value ? 1 : 0) : Buffer.concat([integer(1, 1), chunk(2, schema(value))]);
    case "JSONSchemaPropsOrStringArray":
      return Array.isArray(value) ? Buffer.concat(value.map((item) => text(2, String(item)))) : chunk(1, schema(value));
  }
}

function encodeValue(number: number, type: TypeRef, value: unknown): Buffer {
  switch (type.kind) {
    case "struct":
      return chunk(number, encodeStruct(type.struct, value as Json));
    case "special":
      return chunk(number, encodeSpecial(type.special, value));
    case "list":
      if (type.alias !== undefined && /\.(ExtraValue|Verbs)$/.test(type.alias))
        return chunk(number, Buffer.concat((value as string[]).map((item) => text(1, item))));
      return Buffer.concat((value as unknown[]).map((item) => encodeValue(number, type.item, item)));
    case "map":
      return Buffer.concat(
        Object.entries(value as Json).map(([key, member]) =>
          chunk(number, Buffer.concat([text(1, key), encodeValue(2, type.value, member)])),
        ),
      );
    case "scalar": {
      if (type.scalar === "bool") return integer(number, value ? 1 : 0);
      if (type.scalar === "string") return text(number, String(value));
      if (type.scalar === "bytes") return chunk(number, Buffer.from(String(value), "base64"));
      if (type.scalar !== "float64") return integer(number, Number(value));
      return double(number, Number(value));
    }
  }
}

/** Go writes fields that are no pointers even when they are zero. */
function encodeAbsent(field: Field): Buffer {
  const { type, number, pointer } = field;
  if (pointer || type.kind === "list" || type.kind === "map") return Buffer.alloc(0);
  if (type.kind === "struct") return chunk(number, encodeStruct(type.struct, {}));
  if (type.kind === "special")
    return type.special === "Time" || type.special === "MicroTime" ? chunk(number, Buffer.alloc(0)) : Buffer.alloc(0);
  if (type.scalar === "bytes") return Buffer.alloc(0);
  return encodeValue(number, type, type.scalar === "string" ? "" : 0);
}

/** Encodes one message of a struct, zero values included, in the order of declaration. */
export function encodeStruct(struct: StructType, value: Json): Buffer {
  const parts = struct.declared
    .filter((field) => field.number > 0)
    .map((field) => {
      if (field.embedded && field.type.kind === "struct") return chunk(field.number, encodeStruct(field.type.struct, value));
      const member = value[field.name];
      return member === undefined || member === null ? encodeAbsent(field) : encodeValue(field.number, field.type, member);
    });
  return Buffer.concat(parts);
}

/** Encodes an object of a built-in kind with its envelope. Throws ProtobufError for other kinds. */
export function encodeProtobuf(object: { apiVersion: string; kind: string } & Json): Buffer {
  const struct = schemaOf(object.apiVersion, object.kind);
  if (!struct) throw new ProtobufError(`no kind "${object.kind}" is registered for version "${object.apiVersion}"`);
  const meta = Buffer.concat([text(1, object.apiVersion), text(2, object.kind)]);
  const unknown = Buffer.concat([chunk(1, meta), chunk(2, encodeStruct(struct, object)), text(3, ""), text(4, "")]);
  return Buffer.concat([Buffer.from("k8s\0", "latin1"), unknown]);
}
