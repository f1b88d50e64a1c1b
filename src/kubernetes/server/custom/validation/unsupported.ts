// What a schema may not contain if it is to be structural at all.
import { isObject } from "../../../api/json.ts";
import type { Schema } from "../schema.ts";

const members: readonly (readonly [member: string, name: string])[] = [
  ["id", "id"],
  ["$schema", "schema"],
  ["$ref", "$ref"],
  ["patternProperties", "patternProperties"],
  ["dependencies", "dependencies"],
  ["additionalItems", "additionalItems"],
  ["definitions", "definitions"],
];

/** Whether a member of a schema says something: neither absent nor its zero value. Numbers always do. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== "object" || Object.keys(value as object).length > 0;
}

/** The schemas directly below a schema, wherever they stand. */
export function schemasBelow(schema: Schema): Schema[] {
  const { not, items, additionalProperties, allOf = [], anyOf = [], oneOf = [], properties = {} } = schema;
  return [not, ...allOf, ...anyOf, ...oneOf, additionalProperties, items, ...Object.values(properties)].filter(isObject);
}

/** Why a schema cannot be read as a structural one, or undefined. */
export function unsupportedPart(schema: Schema): string | undefined {
  for (const [member, name] of members) {
    const value = schema[member];
    const there = member === "additionalItems" ? value !== undefined : isSet(value);
    if (there) return `OpenAPIV3Schema '${name}' is not supported`;
  }
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  if (Array.isArray(schema.items)) return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  for (const below of schemasBelow(schema)) {
    const problem = unsupportedPart(below);
    if (problem) return problem;
  }
  return undefined;
}
