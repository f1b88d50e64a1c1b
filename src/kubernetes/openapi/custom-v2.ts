// A custom resource's schema for OpenAPI v2, without what its clients stumble over.
import type { Schema } from "./schemas.ts";

const dropped = new Set(["oneOf", "anyOf", "allOf", "not", "nullable", "x-kubernetes-validations"]);
const nested = new Set(["items", "additionalProperties"]);

const isNullable = (schema: unknown) => typeof schema === "object" && schema !== null && (schema as Schema).nullable === true;

/**
 * The schema as apiextensions-apiserver publishes it in v2: junctors are gone; what may be null or keeps unknown fields has no type, items
 * or properties, because older kubectl checks objects by this document and would refuse them; members that may be null are not required.
 */
export function forVersion2(schema: Schema): Schema {
  const open = schema.nullable === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const result: Schema = {};
  for (const [name, member] of Object.entries(schema)) {
    if (dropped.has(name) || (open && (name === "items" || name === "properties"))) continue;
    if (name === "properties") result[name] = Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, forVersion2(each)]));
    else if (nested.has(name) && typeof member === "object") result[name] = forVersion2(member as Schema);
    else result[name] = member;
  }
  const { type } = result;
  const untyped = schema.nullable === true || (type === "object" && open) || (type === "array" && result.items === undefined);
  if (untyped) delete result.type;
  const required = ((schema.required ?? []) as string[]).filter((name) => open || !isNullable(properties[name]));
  if (required.length === 0 || isNullable(schema.additionalProperties)) delete result.required;
  else result.required = required;
  return result;
}
