// Objects inside custom resources (x-kubernetes-embedded-resource): each names its kind and has the metadata of an object.
import { type FieldError, invalid, required } from "../../api/field-error.ts";
import { isObject, type Json } from "../../api/json.ts";
import { dns1035Label, pathSegment } from "../../api/names.ts";
import { structNamed } from "../../schema/types.ts";
import { checkAgainst } from "../../schema/validate.ts";
import { validateLabels } from "../metadata.ts";
import type { Schema } from "./schema.ts";

const objectMeta = structNamed("meta.v1.ObjectMeta");

/** Findings about the embedded objects of a value at `path`. */
export function embeddedErrors(value: Json, schema: Schema | undefined, path: string): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => embeddedErrors(item, schema.items, `${path}[${i}]`));
  if (!isObject(value)) return [];
  const errors = schema["x-kubernetes-embedded-resource"] ? objectErrors(value, path) : [];
  for (const [key, member] of Object.entries(value)) {
    if (Object.hasOwn(schema.properties ?? {}, key)) errors.push(...embeddedErrors(member, schema.properties[key], below(path, key)));
    else if (isObject(schema.additionalProperties)) errors.push(...embeddedErrors(member, schema.additionalProperties, `${path}[${key}]`));
  }
  return errors;
}

const below = (path: string, key: string) => (path ? `${path}.${key}` : key);

function objectErrors(value: Record<string, Json>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const member of ["apiVersion", "kind"])
    if (value[member] === undefined) errors.push(required(below(path, member), "must not be empty"));
  for (const [member, text] of Object.entries(value)) {
    const field = below(path, member);
    if (member === "metadata") errors.push(...metadataErrors(text, field));
    if (member !== "apiVersion" && member !== "kind") continue;
    if (typeof text !== "string") errors.push(invalid(field, text, "must be a string"));
    else if (text === "") errors.push(invalid(field, text, "must not be empty"));
    else if (member === "kind" && dns1035Label(text.toLowerCase()))
      errors.push(invalid(field, text, `may have mixed case, but should otherwise match: ${dns1035Label(text.toLowerCase())}`));
    else if (member === "apiVersion" && text.split("/").length > 2)
      errors.push(invalid(field, text, `unexpected GroupVersion string: ${text}`));
  }
  return errors;
}

function metadataErrors(metadata: Json, path: string): FieldError[] {
  const mismatch = objectMeta && checkAgainst(objectMeta, metadata).mismatch;
  if (mismatch) return [invalid(path, metadata, mismatch)];
  const name: string = metadata?.name ?? "";
  const problem = name ? pathSegment(name) : undefined;
  return [...(problem ? [invalid(`${path}.name`, name, problem)] : []), ...validateLabels(metadata?.labels, `${path}.labels`)];
}
