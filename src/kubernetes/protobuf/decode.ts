// Decodes `application/vnd.kubernetes.protobuf` bodies to the JSON that Go would have written.
import type { Field, StructType, TypeRef } from "../schema/types.ts";
import { schemaOf, structNamed } from "../schema/types.ts";
import { ProtobufError, Reader, wireBytes, wireFixed32, wireFixed64 } from "./reader.ts";
import { decodeSpecial, type Nested } from "./special.ts";

/** Media type of these bodies. */
export const protobufMediaType = "application/vnd.kubernetes.protobuf";

const magic = Buffer.from("k8s\0", "latin1");

/** True if a body starts like Kubernetes protobuf. */
export function isKubernetesProtobuf(body: Uint8Array): boolean {
  return body.length >= 4 && magic.equals(body.subarray(0, 4));
}

type Json = Record<string, unknown>;

const schemaStruct = "apiextensions.v1.JSONSchemaProps";

const nested: Nested = {
  schema: (reader) => decodeStruct(structNamed(schemaStruct)!, reader),
  object: (raw) => (isKubernetesProtobuf(raw) ? decodeProtobuf(raw) : JSON.parse(Buffer.from(raw).toString("utf8"))),
};

/** Lists that are messages of their own with one repeated field: a map cannot hold a bare list. */
function isWrappedList(type: TypeRef): boolean {
  return type.kind === "list" && type.alias !== undefined && /\.(ExtraValue|Verbs)$/.test(type.alias);
}

function decodeWrappedList(reader: Reader): string[] {
  const items: string[] = [];
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === wireBytes) items.push(reader.string());
    else reader.skip(wire);
  }
  return items;
}

function decodeScalar(type: TypeRef & { kind: "scalar" }, reader: Reader, wire: number): unknown {
  if (wire === wireFixed64) return reader.double();
  if (wire === wireFixed32) return reader.float();
  if (wire === wireBytes) {
    if (type.scalar === "bytes") return Buffer.from(reader.bytes()).toString("base64");
    if (type.scalar !== "string") throw new ProtobufError(`proto: wrong wireType = ${wire} for field of type ${type.go}`);
    return reader.string();
  }
  if (type.scalar === "string" || type.scalar === "bytes")
    throw new ProtobufError(`proto: wrong wireType = ${wire} for field of type ${type.go}`);
  return type.scalar === "bool" ? reader.integer() !== 0 : reader.integer();
}

/** One value; list fields are handled by their items. */
function decodeValue(type: TypeRef, reader: Reader, wire: number): unknown {
  if (type.kind === "scalar") return decodeScalar(type, reader, wire);
  if (wire !== wireBytes) throw new ProtobufError(`proto: wrong wireType = ${wire} for field of type ${type.go}`);
  if (type.kind === "struct") return decodeStruct(type.struct, reader.message());
  if (type.kind === "special") return decodeSpecial(type.special, reader.message(), nested);
  if (isWrappedList(type)) return decodeWrappedList(reader.message());
  throw new ProtobufError(`proto: ${type.go} cannot stand alone`);
}

function decodeEntry(type: TypeRef & { kind: "map" }, reader: Reader, into: Json): void {
  let key = "";
  let value: unknown;
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === wireBytes) key = reader.string();
    else if (number === 2) value = decodeValue(type.value, reader, wire);
    else reader.skip(wire);
  }
  if (value === undefined) value = type.value.kind === "scalar" && type.value.scalar !== "bool" ? "" : null;
  // A plain assignment to __proto__ would set the prototype.
  Object.defineProperty(into, key, { value, writable: true, enumerable: true, configurable: true });
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false;
}

function store(field: Field, reader: Reader, wire: number, into: Json): void {
  const { name, type } = field;
  if (field.embedded) {
    if (type.kind === "struct" && wire === wireBytes) Object.assign(into, decodeStruct(type.struct, reader.message()));
    else reader.skip(wire);
  } else if (type.kind === "list" && !isWrappedList(type)) {
    into[name] ??= [];
    const items = into[name] as unknown[];
    if (wire === wireBytes && type.item.kind === "scalar" && type.item.scalar !== "string" && type.item.scalar !== "bytes") {
      for (const packed = reader.message(); !packed.done; ) items.push(decodeScalar(type.item, packed, 0));
    } else items.push(decodeValue(type.item, reader, wire) ?? null);
  } else if (type.kind === "map") {
    into[name] ??= {};
    decodeEntry(type, reader.message(), into[name] as Json);
  } else {
    const value = decodeValue(type, reader, wire);
    // Go writes zero values of fields that are no pointers; its JSON encoder leaves them out.
    if (value === undefined || (field.omitEmpty && !field.pointer && isZero(value))) delete into[name];
    else into[name] = value;
  }
}

/**
 * Decodes one message of a struct. Unknown numbers are skipped, as Go does.
 * Throws ProtobufError (truncated or mistyped) or SyntaxError (embedded JSON).
 */
export function decodeStruct(struct: StructType, reader: Reader): Json {
  const into: Json = {};
  while (!reader.done) {
    const { number, wire } = reader.tag();
    const field = struct.byNumber.get(number);
    if (field) store(field, reader, wire, into);
    else reader.skip(wire);
  }
  return into;
}

/** The envelope: which kind the bytes are. */
interface Unknown {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
  contentType: string;
}

function decodeUnknown(body: Uint8Array): Unknown {
  const unknown: Unknown = { apiVersion: "", kind: "", raw: new Uint8Array(), contentType: "" };
  const reader = new Reader(body, 4);
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === wireBytes) {
      for (const meta = reader.message(); !meta.done; ) {
        const tag = meta.tag();
        if (tag.number === 1 && tag.wire === wireBytes) unknown.apiVersion = meta.string();
        else if (tag.number === 2 && tag.wire === wireBytes) unknown.kind = meta.string();
        else meta.skip(tag.wire);
      }
    } else if (number === 2 && wire === wireBytes) unknown.raw = reader.bytes();
    else if (number === 4 && wire === wireBytes) unknown.contentType = reader.string();
    else reader.skip(wire);
  }
  return unknown;
}

/**
 * Decodes a body: `k8s\0` and a runtime.Unknown. The result has apiVersion and kind, taken from `defaults` where the body has none. Fields
 * that Kubernetes 1.`minor` (the newest, if not said) does not know are skipped.
 * Throws ProtobufError when the body is not protobuf, is truncated, or names a kind that is not built in (custom resources have no
 * protobuf form); SyntaxError when JSON embedded in it does not parse.
 */
export function decodeProtobuf(
  body: Uint8Array,
  defaults?: { apiVersion: string; kind: string },
  minor?: number,
): { apiVersion: string; kind: string } & Json {
  if (!isKubernetesProtobuf(body))
    throw new ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  const unknown = decodeUnknown(body);
  const apiVersion = unknown.apiVersion || defaults?.apiVersion || "";
  const kind = unknown.kind || defaults?.kind || "";
  if (unknown.contentType === "application/json") return { apiVersion, kind, ...JSON.parse(Buffer.from(unknown.raw).toString("utf8")) };
  const struct = schemaOf(apiVersion, kind, minor);
  if (!struct) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  const decoded = decodeStruct(struct, new Reader(unknown.raw));
  return { ...decoded, kind, apiVersion } as { apiVersion: string; kind: string } & Json;
}
