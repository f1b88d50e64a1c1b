// The rules of structural schemas (Kubernetes documentation, "Specifying a structural schema"; apiextensions-apiserver, ValidateStructural).
import { type FieldError, forbiddenField, invalid, required } from "../../../api/field-error.ts";
import { equalJson, isObject } from "../../../api/json.ts";
import { patternProblem } from "../../../cel/pattern.ts";
import type { Schema } from "../schema.ts";
import { completenessErrors } from "./completeness.ts";
import { isSet } from "./unsupported.ts";

type Level = "root" | "item" | "field";

const typeless: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};
const embedded = "x-kubernetes-embedded-resource";
const preserve = "x-kubernetes-preserve-unknown-fields";
const intOrString = "x-kubernetes-int-or-string";

/** Findings about a schema that can be read as a structural one, sorted by their text as the API server sorts them. */
export function structuralErrors(schema: Schema, path: string): FieldError[] {
  const text = ({ field, body }: FieldError) => `${field}: ${body}`;
  const errors = [...invariantErrors(schema, "root", path), ...completenessErrors(schema, path)];
  return errors.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}

function invariantErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type, items, properties = {}, additionalProperties } = schema;
  if (type === "array" && !items) errors.push(required(`${path}.items`, "must be specified"));
  if (items) errors.push(...invariantErrors(items, "item", `${path}.items`));
  for (const [name, member] of Object.entries(properties as Record<string, Schema>))
    errors.push(...invariantErrors(member, "field", `${path}.properties[${name}]`));
  if (additionalProperties !== undefined && level === "root")
    errors.push(forbiddenField(`${path}.additionalProperties`, "must not be used at the root"));
  if (isObject(additionalProperties)) errors.push(...invariantErrors(additionalProperties, "field", `${path}.additionalProperties`));
  return [
    ...errors,
    ...extensionErrors(schema, path),
    ...valueErrors(schema, isIntOrString(schema), isIntOrString(schema.allOf?.[0]), path),
    ...typeErrors(schema, level, path),
    ...metaErrors(schema, level, path),
  ];
}

function extensionErrors(schema: Schema, path: string): FieldError[] {
  if (!schema[intOrString]) return [];
  return [preserve, embedded]
    .filter((each) => schema[each])
    .map((each) => invalid(`${path}.${each}`, true, `must be false if ${intOrString} is true`));
}

function typeErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type } = schema;
  const field = `${path}.type`;
  const wanted = `must be object if ${embedded} is true`;
  if (schema[embedded] && !type) errors.push(required(field, wanted));
  else if (schema[embedded] && type !== "object") errors.push(invalid(field, type, wanted));
  else if (!type && !schema[intOrString] && !schema[preserve]) errors.push(required(field, typeless[level]));
  if (schema[embedded] && schema.additionalProperties !== undefined)
    errors.push(forbiddenField(`${path}.additionalProperties`, `must not be used if ${embedded} is set`));
  if (level === "root" && type && type !== "object") errors.push(invalid(field, type, "must be object at the root"));
  return errors;
}

/** apiVersion, kind and metadata are what they are everywhere; a schema may only say more of an object's name. */
function metaErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { properties = {} } = schema;
  const applies = level === "root" || schema[embedded];
  for (const name of ["kind", "apiVersion"]) {
    const member = properties[name];
    if (applies && member && member.type !== "string")
      errors.push(invalid(`${path}.properties[${name}].type`, member.type ?? "", "must be string"));
  }
  const { metadata } = properties;
  const field = `${path}.properties[metadata]`;
  if (applies && metadata && metadata.type !== "object") errors.push(invalid(`${field}.type`, metadata.type ?? "", "must be object"));
  if (level === "root" && metadata && saysMore(metadata)) {
    const text = "must not specify anything other than name and generateName, but metadata is implicitly specified";
    errors.push(forbiddenField(field, text));
  }
  if (schema[embedded] && !schema[preserve] && !isSet(schema.properties))
    errors.push(required(`${path}.properties`, `must not be empty if ${embedded} is true without ${preserve}`));
  return errors;
}

const silent = new Set(["type", "default", "example", "externalDocs", "properties"]);

function saysMore(metadata: Schema): boolean {
  const names = Object.keys(metadata.properties ?? {});
  if (names.some((name) => name !== "name" && name !== "generateName")) return true;
  return Object.entries(metadata).some(([member, value]) => !silent.has(member) && (member === "additionalProperties" || isSet(value)));
}

const integerOrText = [{ type: "integer" }, { type: "string" }];
const isIntOrString = (schema: Schema | undefined): boolean => equalJson(schema?.anyOf, integerOrText);

/** Findings about what a schema asks of values. The two flags let the forms pass in which "a number or a text" is written. */
function valueErrors(schema: Schema, skipAnyOf: boolean, skipFirst: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema;
  if (!skipAnyOf) for (const [i, each] of anyOf.entries()) errors.push(...nestedErrors(each, false, `${path}.anyOf[${i}]`));
  for (const [i, each] of allOf.entries()) errors.push(...nestedErrors(each, skipFirst && i === 0, `${path}.allOf[${i}]`));
  for (const [i, each] of oneOf.entries()) errors.push(...nestedErrors(each, false, `${path}.oneOf[${i}]`));
  if (not) errors.push(...nestedErrors(not, false, `${path}.not`));
  const problem = pattern ? patternProblem(pattern) : undefined;
  if (problem) errors.push(invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${problem}`));
  return errors;
}

const structure: readonly (readonly [member: string, what: string])[] = [
  ["type", "empty"],
  ["additionalProperties", "undefined"],
  ["default", "undefined"],
  ["title", "empty"],
  ["description", "empty"],
  ["nullable", "false"],
  [preserve, "false"],
  [embedded, "false"],
  [intOrString, "false"],
  ["x-kubernetes-list-map-keys", "empty"],
  ["x-kubernetes-list-type", "undefined"],
  ["x-kubernetes-map-type", "undefined"],
  ["x-kubernetes-validations", "empty"],
];

/** Below allOf, anyOf, oneOf and not, schemas restrict values; they say nothing of the structure. */
function nestedErrors(schema: Schema, skipAnyOf: boolean, path: string): FieldError[] {
  const errors = valueErrors(schema, skipAnyOf, false, path);
  if (schema.items) errors.push(...nestedErrors(schema.items, false, `${path}.items`));
  for (const [name, member] of Object.entries((schema.properties ?? {}) as Record<string, Schema>))
    errors.push(...nestedErrors(member, false, `${path}.properties[${name}]`));
  for (const [member, what] of structure) {
    const there = what === "undefined" ? schema[member] !== undefined : isSet(schema[member]);
    if (there) errors.push(forbiddenField(`${path}.${member}`, `must be ${what} to be structural`));
  }
  if (schema.properties?.metadata) errors.push(forbiddenField(`${path}.properties[metadata]`, "must not be specified in a nested context"));
  return errors;
}
