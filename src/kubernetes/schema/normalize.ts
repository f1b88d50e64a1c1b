// Gives an object the form it has after Go decoded and encoded it: the form the API server stores and shows.
import { durationText, microTimeText, parseDuration, timeText } from "../protobuf/time.ts";
import { canonicalQuantity } from "./quantity.ts";
import { type Field, type SpecialName, type StructType, schemaOf, structNamed, type TypeRef } from "./types.ts";

type Json = Record<string, any>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** Canonical forms of times (metav1.Time) seen lately: the same few stand in thousands of objects, and are one text there. */
const times = new Map<string, string>();

function time(name: "Time" | "MicroTime", value: string): string {
  const seen = name === "Time" ? times.get(value) : undefined;
  if (seen !== undefined) return seen;
  const milliseconds = Date.parse(value);
  if (Number.isNaN(milliseconds)) return value;
  const seconds = Math.floor(milliseconds / 1000);
  if (name === "MicroTime") {
    const fraction = /[.,](\d+)/.exec(value)?.[1] ?? "";
    return microTimeText(seconds, Number(fraction.padEnd(9, "0").slice(0, 9))) ?? value;
  }
  const text = timeText(seconds) ?? value;
  if (times.size >= 1000) times.clear();
  // What is longer is no time as anybody writes it, and not worth keeping.
  if (value.length <= 40) times.set(value, text);
  return text;
}

function special(name: SpecialName, value: unknown): unknown {
  switch (name) {
    case "Quantity":
      return typeof value === "string" || typeof value === "number" ? canonicalQuantity(value) : value;
    case "Time":
    case "MicroTime":
      return typeof value === "string" ? time(name, value) : value;
    case "Duration": {
      const nanos = typeof value === "string" ? parseDuration(value) : undefined;
      return nanos === undefined ? value : durationText(nanos);
    }
    case "JSONSchemaPropsOrArray":
    case "JSONSchemaPropsOrBool":
    case "JSONSchemaPropsOrStringArray":
      return normalizeSchema(value);
    default:
      return value;
  }
}

/** A schema where something else may stand, too; what can be neither is as good as absent. */
function normalizeSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalizeSchema);
  const struct = structNamed("apiextensions.v1.JSONSchemaProps");
  if (struct && isObject(value)) normalizeStruct(struct, value);
  return typeof value === "number" ? undefined : value;
}

function normalizeValue(type: TypeRef, value: unknown): unknown {
  switch (type.kind) {
    case "scalar":
      return value;
    case "special":
      return special(type.special, value);
    case "struct":
      if (isObject(value)) normalizeStruct(type.struct, value);
      return value;
    case "list":
      return Array.isArray(value) ? value.map((item) => normalizeValue(type.item, item)) : value;
    case "map":
      if (isObject(value)) for (const [key, member] of Object.entries(value)) value[key] = normalizeValue(type.value, member);
      return value;
  }
}

/** Go's omitempty: zero scalars, empty lists and maps; structs and pointers stay. */
function isOmitted(field: Field, value: unknown): boolean {
  if (!field.omitEmpty || field.pointer) return false;
  if (value === "" || value === 0 || value === false) return field.type.kind === "scalar";
  if (field.type.kind === "list") return Array.isArray(value) && value.length === 0;
  return field.type.kind === "map" && isObject(value) && Object.keys(value).length === 0;
}

/** Normalises a value of a struct in place; see {@link normalize}. */
export function normalizeStruct(struct: StructType, value: Json): void {
  for (const [name, member] of Object.entries(value)) {
    const field = struct.fields.get(name);
    if (!field || field.dropped || member === null || member === undefined || isOmitted(field, member)) delete value[name];
    else value[name] = normalizeValue(field.type, member);
  }
  for (const field of struct.fields.values()) {
    // Go writes structs that are no pointers even when they are empty: `resources: {}`, `status: {loadBalancer: {}}`.
    if (field.type.kind !== "struct" || field.pointer || field.dropped || value[field.name] !== undefined) continue;
    const empty: Json = {};
    normalizeStruct(field.type.struct, empty);
    value[field.name] = empty;
  }
}

/**
 * Normalises an object of a built-in kind in place: unknown members, members behind gates, nulls and empty optional members go; quantities, times and durations
 * take their canonical text (`1024Mi` → `1Gi`); structs that Go always writes appear. Other kinds are left alone.
 * Call it after checkFields and before applyDefaults. Lists and required scalars that are absent stay absent (Go writes null and zero).
 */
export function normalize(apiVersion: string, kind: string, object: Json): void {
  const struct = schemaOf(apiVersion, kind);
  if (struct) normalizeStruct(struct, object);
}
