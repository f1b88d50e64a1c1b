// Types of values by their schema, as rules see them. What a schema does not declare, rules cannot name.

import { isObject } from "../../../api/json.ts";
import { bool, dyn, int, listOf, mapOf, type StaticType, text } from "../../../cel/checker/static-type.ts";
import { escapedName } from "../../../cel/values.ts";
import type { Schema } from "../schema.ts";

const metadata: Schema = { type: "object", properties: { name: { type: "string" }, generateName: { type: "string" } } };
const ownMembers: Readonly<Record<string, Schema>> = { apiVersion: { type: "string" }, kind: { type: "string" }, metadata };
const formats: Readonly<Record<string, string>> = { byte: "bytes", date: "timestamp", "date-time": "timestamp", duration: "duration" };
const known = new WeakMap<Schema, StaticType>();

/** The type of a schema's values; undefined where rules cannot reach them. `root` values are objects with a kind of their own. */
export function typeOfSchema(schema: Schema, root = schema["x-kubernetes-embedded-resource"] === true): StaticType | undefined {
  if (schema["x-kubernetes-int-or-string"]) return dyn;
  switch (schema.type) {
    case "array": {
      const element = isObject(schema.items) ? typeOfSchema(schema.items) : undefined;
      return element && listOf(element);
    }
    case "object":
      return objectType(schema, root);
    case "string":
      return schema.format && formats[schema.format] ? { name: formats[schema.format] as string } : text;
    case "boolean":
      return bool;
    case "integer":
      return int;
    case "number":
      return { name: "double" };
    default:
      return undefined;
  }
}

function objectType(schema: Schema, root: boolean): StaticType | undefined {
  if (isObject(schema.additionalProperties)) {
    const value = typeOfSchema(schema.additionalProperties);
    return value && mapOf(text, value);
  }
  let type = known.get(schema);
  if (!type) {
    const declared: Record<string, Schema> = { ...schema.properties, ...(root && ownMembers) };
    const members = new Map(Object.entries(declared).map(([name, member]) => [escapedName(name), member]));
    const types = new Map<string, StaticType | undefined>();
    type = {
      name: "object",
      field(name) {
        const member = members.get(name);
        if (member && !types.has(name)) types.set(name, typeOfSchema(member));
        return types.get(name);
      },
    };
    known.set(schema, type);
  }
  return type;
}
