// Validation of custom resources by their OpenAPI v3 schema, worded as kube-openapi words it.
import { isIP } from "node:net";
import { type FieldError, invalid, notSupported, required, tooLong, tooMany } from "../../api/field-error.ts";
import { equalJson, isObject, type Json } from "../../api/json.ts";
import { patternOf } from "../../cel/pattern.ts";
import type { Schema } from "./schema.ts";

/**
 * Findings about a value at `path`. `old` is what was stored there before: what does not change is not judged again, so that a
 * narrowed schema does not lock old objects (Kubernetes documentation, "Validation ratcheting").
 */
export function validateBySchema(value: Json, schema: Schema | undefined, path: string, old?: Json): FieldError[] {
  if (!schema || (old !== undefined && equalJson(value, old))) return [];
  if (value === null) return schema.nullable ? [] : wrongType(value, schema, path);
  const typed = wrongType(value, schema, path);
  if (typed.length > 0) return typed;
  const errors: FieldError[] = [];
  if (schema.enum && !schema.enum.some((each: Json) => equalJson(each, value))) {
    errors.push(
      notSupported(
        path,
        value,
        schema.enum.map((each: Json) => (typeof each === "string" ? each : JSON.stringify(each))),
      ),
    );
  }
  if (typeof value === "string") errors.push(...validateText(value, schema, path));
  else if (typeof value === "number") errors.push(...validateNumber(value, schema, path));
  else if (Array.isArray(value)) errors.push(...validateList(value, schema, path, old));
  else if (isObject(value)) errors.push(...validateMembers(value, schema, path, old));
  return [...errors, ...validateCombinations(value, schema, path)];
}

const says = (path: string, value: Json, text: string): FieldError => invalid(path, value, `${path} in body ${text}`);

function jsonType(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function wrongType(value: Json, schema: Schema, path: string): FieldError[] {
  const actual = jsonType(value);
  const mismatch = (expected: string): FieldError[] => {
    return [
      {
        reason: "FieldValueTypeInvalid",
        field: path,
        body: invalid(path, actual, `${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`).body,
      },
    ];
  };
  if (schema["x-kubernetes-int-or-string"]) return actual === "integer" || actual === "string" ? [] : mismatch("integer,string");
  const { type } = schema;
  if (!type || type === actual || (type === "number" && actual === "integer")) return [];
  return mismatch(type);
}

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": (text) => /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  ipv4: (text) => isIP(text) === 4,
  ipv6: (text) => isIP(text) === 6,
  cidr: (text) => isIP(text.split("/")[0] ?? "") !== 0 && /\/\d{1,3}$/.test(text),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  uri: (text) => URL.canParse(text),
  email: (text) => /^[^\s@]+@[^\s@]+$/.test(text),
};

function validateText(value: string, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) errors.push(tooLong(path, schema.maxLength));
  if (schema.minLength !== undefined && length < schema.minLength)
    errors.push(says(path, value, `should be at least ${schema.minLength} chars long`));
  if (schema.pattern && !patternOf(schema.pattern)?.test(value)) errors.push(says(path, value, `should match '${schema.pattern}'`));
  const check = schema.format && formats[schema.format];
  if (check && !check(value)) errors.push(says(path, value, `must be of type ${schema.format}: ${JSON.stringify(value)}`));
  return errors;
}

function validateNumber(value: number, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    errors.push(says(path, value, `should be greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`));
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    errors.push(says(path, value, `should be less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`));
  }
  if (multipleOf && Math.abs(value / multipleOf - Math.round(value / multipleOf)) > 1e-9)
    errors.push(says(path, value, `should be a multiple of ${multipleOf}`));
  return errors;
}

function validateList(value: Json[], schema: Schema, path: string, old: Json): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.maxItems !== undefined && value.length > schema.maxItems) errors.push(tooMany(path, value.length, schema.maxItems));
  if (schema.minItems !== undefined && value.length < schema.minItems)
    errors.push(says(path, value.length, `should have at least ${schema.minItems} items`));
  const keys: string[] = schema["x-kubernetes-list-map-keys"] ?? [];
  const kind = schema["x-kubernetes-list-type"];
  for (const [i, item] of value.entries()) {
    const past =
      kind === "map" && Array.isArray(old) ? old.find((each) => keys.every((key) => equalJson(each?.[key], item?.[key]))) : undefined;
    errors.push(...validateBySchema(item, schema.items, `${path}[${i}]`, past));
  }
  if (kind !== "set" && kind !== "map") return errors;
  const seen = new Set<string>();
  for (const [i, item] of value.entries()) {
    const identity = kind === "set" ? item : Object.fromEntries(keys.map((key) => [key, item?.[key]]));
    const text = JSON.stringify(identity);
    if (seen.has(text)) errors.push({ reason: "FieldValueDuplicate", field: `${path}[${i}]`, body: `Duplicate value: ${text}` });
    seen.add(text);
  }
  return errors;
}

function validateMembers(value: Record<string, Json>, schema: Schema, path: string, old: Json): FieldError[] {
  const errors: FieldError[] = [];
  const at = (key: string) => (path ? `${path}.${key}` : key);
  for (const key of schema.required ?? []) if (value[key] === undefined) errors.push(required(at(key)));
  const count = Object.keys(value).length;
  if (schema.maxProperties !== undefined && count > schema.maxProperties) errors.push(tooMany(path, count, schema.maxProperties));
  if (schema.minProperties !== undefined && count < schema.minProperties)
    errors.push(says(path, count, `should have at least ${schema.minProperties} properties`));
  for (const [key, member] of Object.entries(value)) {
    const declared = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties[key] : undefined;
    const rest = isObject(schema.additionalProperties) ? schema.additionalProperties : undefined;
    errors.push(...validateBySchema(member, declared ?? rest, at(key), isObject(old) ? old[key] : undefined));
  }
  return errors;
}

function validateCombinations(value: Json, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const passes = (each: Schema) => validateBySchema(value, each, path).length === 0;
  for (const each of schema.allOf ?? []) errors.push(...validateBySchema(value, each, path));
  if (schema.anyOf && !schema.anyOf.some(passes)) errors.push(says(path, "", "must validate at least one schema (anyOf)"));
  if (schema.oneOf && schema.oneOf.filter(passes).length !== 1)
    errors.push(says(path, "", "must validate one and only one schema (oneOf)"));
  if (schema.not && passes(schema.not)) errors.push(says(path, "", "must not validate the schema (not)"));
  return errors;
}
