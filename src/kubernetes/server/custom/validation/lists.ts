// x-kubernetes-list-type, -list-map-keys and -map-type: what they need of a schema.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../../api/field-error.ts";
import type { Schema } from "../schema.ts";

const listType = "x-kubernetes-list-type";
const mapType = "x-kubernetes-map-type";
const mapKeys = "x-kubernetes-list-map-keys";

/** Findings about the extensions of one schema, not of those below it. */
export function mergeTypeErrors(schema: Schema, path: string): FieldError[] {
  return [...mapTypeErrors(schema, path), ...listTypeErrors(schema, path), ...mapKeyErrors(schema, path), ...itemErrors(schema, path)];
}

function typeMust(schema: Schema, path: string, type: string, extension: string): FieldError[] {
  if (schema[extension] === undefined || schema.type === type) return [];
  const text = `must be ${type} if ${extension} is specified`;
  return [schema.type ? invalid(`${path}.type`, schema.type, text) : required(`${path}.type`, text)];
}

function mapTypeErrors(schema: Schema, path: string): FieldError[] {
  const kind = schema[mapType];
  const errors = typeMust(schema, path, "object", mapType);
  if (kind === undefined || kind === "atomic" || kind === "granular") return errors;
  return [...errors, notSupported(`${path}.${mapType}`, kind, ["atomic", "granular"])];
}

function listTypeErrors(schema: Schema, path: string): FieldError[] {
  const kind = schema[listType];
  const errors = typeMust(schema, path, "array", listType);
  const { items } = schema;
  if (errors.length === 0 && kind === "set" && items) {
    const text = `must be atomic as item of a list with ${listType}=set`;
    const shown = items[listType] ?? null;
    if (items.type === "array" && (items[listType] ?? "atomic") !== "atomic")
      errors.push(invalid(`${path}.items.${listType}`, shown, text));
    // The API server shows the items' list type here, which is hardly ever there.
    if (items.type === "object" && items[mapType] !== "atomic") errors.push(invalid(`${path}.items.${mapType}`, shown, text));
  }
  if (kind !== undefined && !["atomic", "set", "map"].includes(kind))
    errors.push(notSupported(`${path}.${listType}`, kind, ["atomic", "set", "map"]));
  return errors;
}

function mapKeyErrors(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const kind = schema[listType];
  const keys: string[] = schema[mapKeys] ?? [];
  const { items } = schema;
  const text = `must be map if ${mapKeys} is non-empty`;
  if (keys.length > 0 && kind === undefined) errors.push(required(`${path}.${listType}`, text));
  else if (keys.length > 0 && kind !== "map") errors.push(invalid(`${path}.${listType}`, kind, text));
  if (kind !== "map") return errors;
  if (keys.length === 0) errors.push(required(`${path}.${mapKeys}`, `must not be empty if ${listType} is map`));
  if (!items) return [...errors, required(`${path}.items`, `must have a schema if ${listType} is map`)];
  if (Array.isArray(items)) return [...errors, invalid(`${path}.items`, items, `must only have a single schema if ${listType} is map`)];
  const scalar = `parent array's ${listType} is map`;
  if (items.type !== "object") return [...errors, invalid(`${path}.items.type`, items.type ?? "", `must be object if ${scalar}`)];
  for (const [i, key] of keys.entries()) {
    const type = items.properties?.[key]?.type;
    const field = `${path}.${mapKeys}`;
    if (!items.properties?.[key]) errors.push(invalid(field, keys, "entries must all be names of item properties"));
    else if (type === "array" || type === "object")
      errors.push(invalid(`${path}.items.properties[${key}].type`, items.type, `must be a scalar type if ${scalar}`));
    if (keys.indexOf(key) < i) errors.push(invalid(field, keys, "must not contain duplicate entries"));
  }
  return errors;
}

/** Items are told apart by what is always there. */
function itemErrors(schema: Schema, path: string): FieldError[] {
  const kind = schema[listType];
  const { items } = schema;
  if (!items || Array.isArray(items) || (kind !== "set" && kind !== "map")) return [];
  const errors: FieldError[] = [];
  if (items.nullable) errors.push(forbiddenField(`${path}.items.nullable`, `cannot be nullable when ${listType} is ${kind}`));
  if (kind === "set") return errors;
  for (const key of (schema[mapKeys] ?? []) as string[]) {
    const declared = items.properties?.[key];
    if (!declared) continue;
    const field = `${path}.items.properties[${key}]`;
    const because = `this property is in ${mapKeys}, so it`;
    if (!items.required?.includes(key) && declared.default === undefined)
      errors.push(required(`${field}.default`, `${because} must have a default or be a required property`));
    if (declared.nullable) errors.push(forbiddenField(`${field}.nullable`, `${because} cannot be nullable`));
  }
  return errors;
}
