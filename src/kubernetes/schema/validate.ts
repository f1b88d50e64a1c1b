// Holds an object against its Go type: fields the type does not have, and values of the wrong JSON type, in the API server's words.
import { checkSpecial } from "./special-values.ts";
import type { SpecialName, StructType, TypeRef } from "./types.ts";
import { schemaOf, structNamed } from "./types.ts";

/** What decoding an object into its Go type would complain about. */
export interface Findings {
  /** `unknown field "spec.foo"`, in document order. */
  readonly unknown: string[];
  /** The decoder's error for the first value of a wrong type: `json: cannot unmarshal string into Go struct field …`. */
  mismatch?: string;
}

/** Where the decoder stands: the innermost struct and the JSON names that lead to it. */
interface Place {
  readonly owner: string;
  readonly names: readonly string[];
  /** Path with indexes, as unknown fields print it. */
  readonly path: string;
  /** Below a member that decodes itself: errors name that member, and unknown fields are not reported. */
  readonly within?: true;
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "number" : `number ${value}`;
  return typeof value === "object" ? "object" : typeof value;
}

function cannot(value: string, place: Place, go: string): string {
  if (place.owner === "") return `json: cannot unmarshal ${value} into Go value of type ${go}`;
  return `json: cannot unmarshal ${value} into Go struct field ${place.owner}.${place.names.join(".")} of type ${go}`;
}

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  int: [-(2 ** 63), 2 ** 63],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, 2 ** 64],
  byte: [0, 255],
};

function checkScalar(type: TypeRef & { kind: "scalar" }, value: unknown, place: Place): string | undefined {
  const fits = (() => {
    switch (type.scalar) {
      case "any":
        return true;
      case "string":
        return typeof value === "string";
      case "bool":
        return typeof value === "boolean";
      case "float64":
        return typeof value === "number";
      case "bytes":
        return typeof value === "string";
      default: {
        if (typeof value !== "number") return false;
        const [low, high] = ranges[type.scalar]!;
        return Number.isInteger(value) && value >= low && value <= high;
      }
    }
  })();
  if (!fits) {
    const number = typeof value === "number" && type.scalar !== "string" && type.scalar !== "bool" && type.scalar !== "bytes";
    return cannot(number ? `number ${value}` : jsonKind(value).split(" ")[0]!, place, type.go);
  }
  if (type.scalar === "bytes") return checkBase64(value as string);
  return undefined;
}

function checkBase64(text: string): string | undefined {
  const clean = text.replace(/[\r\n]/g, "");
  const bad = /[^A-Za-z0-9+/]/.exec(clean.replace(/={1,2}$/, ""));
  if (bad) return `illegal base64 data at input byte ${bad.index}`;
  return clean.length % 4 === 0 ? undefined : `illegal base64 data at input byte ${clean.length - (clean.length % 4)}`;
}

function checkStruct(struct: StructType, value: unknown, place: Place, findings: Findings): string | undefined {
  if (typeof value !== "object" || Array.isArray(value))
    return cannot(jsonKind(value).split(" ")[0]!, place, struct.goName === "" ? "" : goOf(struct));
  let error: string | undefined;
  const prefix = place.path === "" ? "" : `${place.path}.`;
  for (const [name, member] of Object.entries(value as object)) {
    const field = struct.fields.get(name);
    if (!field) {
      if (!place.within) findings.unknown.push(`unknown field ${JSON.stringify(prefix + name)}`);
      continue;
    }
    const inner: Place = place.within ? place : { owner: struct.goName, names: [...place.names, name], path: prefix + name };
    error ??= check(field.type, member, inner, findings);
  }
  return error;
}

const goOf = (struct: StructType) => struct.name.split(".").slice(-2).join(".");

function check(type: TypeRef, value: unknown, place: Place, findings: Findings): string | undefined {
  // Go's decoder leaves a field alone when the document says null.
  if (value === null || value === undefined) return undefined;
  switch (type.kind) {
    case "scalar":
      return checkScalar(type, value, place);
    case "special":
      if (isSchema(type.special)) return checkSchema(type.special, value, place, findings);
      return checkSpecial(type.special, value, (kind, go) => cannot(kind, place, go));
    case "struct":
      return checkStruct(type.struct, value, place, findings);
    case "list": {
      if (!Array.isArray(value)) return cannot(jsonKind(value).split(" ")[0]!, place, type.go);
      let error: string | undefined;
      value.forEach((item, index) => {
        error ??= check(type.item, item, { ...place, path: `${place.path}[${index}]` }, findings);
      });
      return error;
    }
    case "map": {
      if (typeof value !== "object" || Array.isArray(value)) return cannot(jsonKind(value).split(" ")[0]!, place, type.go);
      let error: string | undefined;
      for (const [key, member] of Object.entries(value))
        error ??= check(type.value, member, { ...place, path: `${place.path}.${key}` }, findings);
      return error;
    }
  }
}

const isSchema = (special: SpecialName) => special.startsWith("JSONSchemaProps");

/** A schema that stands where something else may stand, too: a list of schemas, a boolean, a list of names. */
function checkSchema(special: SpecialName, value: unknown, place: Place, findings: Findings): string | undefined {
  const struct = structNamed("apiextensions.v1.JSONSchemaProps");
  if (special === "JSONSchemaPropsOrBool" && (typeof value !== "object" || Array.isArray(value)))
    return typeof value === "boolean" ? undefined : "boolean or JSON schema expected";
  if (!struct) return undefined;
  const below: Place = { ...place, within: true };
  const schemas = Array.isArray(value) && special === "JSONSchemaPropsOrArray" ? value : [value];
  for (const each of schemas) {
    if (typeof each !== "object" || each === null || Array.isArray(each)) continue;
    const error = checkStruct(struct, each, below, findings);
    if (error) return error;
  }
  return undefined;
}

/** Holds a value against a struct. */
export function checkAgainst(struct: StructType, value: unknown): Findings {
  const findings: Findings = { unknown: [] };
  const mismatch = checkStruct(struct, value, { owner: "", names: [], path: "" }, findings);
  if (mismatch !== undefined) findings.mismatch = mismatch;
  return findings;
}

/**
 * Holds an object against the Go type of a built-in kind. Kinds that are not built in have no findings.
 * The API server answers a mismatch with 400 `<Kind> in version "<version>" cannot be handled as a <Kind>: <mismatch>`, and unknown
 * fields under `fieldValidation=Strict` with `… strict decoding error: <texts joined by ", ">`.
 */
export function checkFields(apiVersion: string, kind: string, object: unknown): Findings {
  const struct = schemaOf(apiVersion, kind);
  return struct ? checkAgainst(struct, object) : { unknown: [] };
}

/** The unknown fields of an object: `unknown field "spec.foo"`, in document order. */
export function unknownFields(apiVersion: string, kind: string, object: unknown): string[] {
  return checkFields(apiVersion, kind, object).unknown;
}
