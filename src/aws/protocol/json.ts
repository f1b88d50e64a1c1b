// Shapes from and to JSON values (restJson1 and awsJson1.1 bodies).
import { MAX_DEPTH, MalformedRequest } from "./malformed.ts";
import { getOwn, setOwn } from "./record.ts";
import type { Shape, StructureShape } from "./shape.ts";
import { jsonTimestamp, parseTimestamp, toDate } from "./timestamp.ts";

/** Parses a body; an empty one is an empty object. Throws {@link MalformedRequest} unless it is a JSON object. */
export function parseJsonObject(body: Uint8Array): object {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(strictUtf8.decode(body));
  } catch {
    throw new MalformedRequest("", "JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MalformedRequest("", "JSON object");
  return value;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads a JSON value as `shape`. Unknown members are ignored, null members count as absent. Throws {@link MalformedRequest}. */
export function fromJson(shape: Shape, value: unknown, path = "", depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new MalformedRequest(path, "value of less depth");
  switch (shape.kind) {
    case "structure":
    case "union": {
      const source = object(value, path, "structure");
      const result: Record<string, unknown> = {};
      for (const member of shape.members) {
        const found = getOwn(source, member.name);
        if (found !== undefined && found !== null) result[member.name] = fromJson(member.shape, found, join(path, member.name), depth + 1);
      }
      return result;
    }
    case "list": {
      if (!Array.isArray(value)) throw new MalformedRequest(path, "list", value);
      return value.map((item, index) => fromJson(shape.member.shape, item, `${path}.${index + 1}`, depth + 1));
    }
    case "map": {
      const result = {};
      for (const [key, item] of Object.entries(object(value, path, "map"))) {
        setOwn(result, key, fromJson(shape.value.shape, item, join(path, key), depth + 1));
      }
      return result;
    }
    case "timestamp": {
      const date = parseTimestamp(value);
      if (!date) throw new MalformedRequest(path, "timestamp", value);
      return date;
    }
    case "blob":
      return blob(value, path);
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) throw new MalformedRequest(path, "number", value);
      return value;
    default:
      if (typeof value !== shape.kind) throw new MalformedRequest(path, shape.kind, value);
      return value;
  }
}

/** Writes `value` as JSON text's value. Members that the shape lacks are left out, undefined ones too. */
export function toJson(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
    case "union":
      return structureToJson(shape, value as Record<string, unknown>);
    case "list":
      return (value as unknown[]).filter((item) => item !== undefined && item !== null).map((item) => toJson(shape.member.shape, item));
    case "map": {
      const result = {};
      for (const [key, item] of Object.entries(value as object)) {
        if (item !== undefined && item !== null) setOwn(result, key, toJson(shape.value.shape, item));
      }
      return result;
    }
    case "timestamp":
      return jsonTimestamp(toDate(value), shape.format);
    case "blob":
      return Buffer.from(value as Uint8Array).toString("base64");
    default:
      return value;
  }
}

function structureToJson(shape: StructureShape, value: Record<string, unknown>): object {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const item = getOwn(value, member.name);
    if (item !== undefined && item !== null) result[member.name] = toJson(member.shape, item);
  }
  return result;
}

function object(value: unknown, path: string, expected: string): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MalformedRequest(path, expected, value);
  return value;
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

/** Reads base64. */
export function blob(value: unknown, path: string): Uint8Array {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw new MalformedRequest(path, "base64 text", value);
  return new Uint8Array(Buffer.from(value, "base64"));
}
