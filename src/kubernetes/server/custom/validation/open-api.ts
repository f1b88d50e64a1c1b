// Rules for every schema of a definition, wherever it stands (apiextensions-apiserver, ValidateCustomResourceDefinitionOpenAPISchema).
import { type FieldError, forbiddenField, invalid, notSupported } from "../../../api/field-error.ts";
import { isObject } from "../../../api/json.ts";
import type { Schema } from "../schema.ts";
import { mergeTypeErrors } from "./lists.ts";
import { ruleErrors, ruleFormErrors } from "./rules.ts";
import { isSet } from "./unsupported.ts";

const types = ["array", "boolean", "integer", "number", "object", "string"];
const metaMembers = ["metadata", "kind", "apiVersion"];

/** Findings of the compiler come after all others. */
interface Found {
  readonly plain: FieldError[];
  readonly rules: FieldError[];
}

/** Where a schema stands. */
interface Place {
  readonly path: string;
  readonly root?: boolean;
  /** Why no default may stand here. */
  readonly noDefault?: string;
  readonly insideMeta?: boolean;
  /** The nearest place above from which on items cannot be followed from one version of an object to the next. */
  readonly stray?: string | undefined;
  /** Whether rules are compiled: not below allOf, anyOf, oneOf and not, and not in schemas with other findings. */
  readonly compiles: boolean;
}

/** Findings about a schema and all below it. Rules are compiled if `compiles`. */
export function openApiErrors(schema: Schema, path: string, compiles: boolean): FieldError[] {
  const { plain, rules } = errorsAt(schema, { path, root: true, compiles });
  return [...plain, ...rules];
}

function errorsAt(schema: Schema, place: Place): Found {
  const { path } = place;
  const found: Found = { plain: memberErrors(schema, place), rules: [] };
  const descend = (below: unknown, at: string, more: Partial<Place> = {}) => {
    if (!isObject(below)) return;
    const { root: _, ...rest } = place;
    const { plain, rules } = errorsAt(below, { ...rest, path: `${path}.${at}`, ...more });
    found.plain.push(...plain);
    found.rules.push(...rules);
  };
  const {
    properties = {},
    additionalProperties,
    not,
    allOf = [],
    oneOf = [],
    anyOf = [],
    definitions = {},
    items,
    dependencies = {},
  } = schema;
  if (schema.uniqueItems) {
    const text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
    found.plain.push(forbiddenField(`${path}.uniqueItems`, text));
  }
  if (isSet(properties) && additionalProperties !== undefined && additionalProperties !== true)
    found.plain.push(forbiddenField(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"));
  const inMeta = "inside additionalProperties applying to object metadata";
  descend(additionalProperties, "additionalProperties", place.insideMeta ? { noDefault: inMeta } : {});
  for (const [name, member] of Object.entries(properties)) descend(member, `properties[${name}]`, ofMember(name, schema, place));
  const value = { compiles: false };
  descend(not, "not", value);
  for (const [i, each] of allOf.entries()) descend(each, `allOf[${i}]`, value);
  for (const [i, each] of oneOf.entries()) descend(each, `oneOf[${i}]`, value);
  for (const [i, each] of anyOf.entries()) descend(each, `anyOf[${i}]`, value);
  for (const [name, each] of Object.entries(definitions)) descend(each, `definitions[${name}]`, value);
  const stray = place.stray ?? (schema["x-kubernetes-list-type"] === "map" ? undefined : path);
  for (const [i, each] of (Array.isArray(items) ? items : []).entries()) descend(each, `items[${i}]`, { stray });
  descend(items, "items", { stray });
  for (const [name, each] of Object.entries(dependencies)) descend(each, `dependencies[${name}]`, value);
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    found.plain.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
  found.plain.push(...mergeTypeErrors(schema, path), ...ruleFormErrors(schema, path));
  // A rule cannot be held against a schema that is wrong itself.
  const sound = place.compiles && found.plain.length === 0;
  const isRoot = place.root === true || schema["x-kubernetes-embedded-resource"] === true;
  if (sound) found.rules.push(...ruleErrors(schema, isRoot, path, place.stray));
  return found;
}

function ofMember(name: string, schema: Schema, { root }: Place): Partial<Place> {
  if (!metaMembers.includes(name) || !(root || schema["x-kubernetes-embedded-resource"])) return {};
  return { insideMeta: true, ...(root && { noDefault: `in top-level ${name}` }) };
}

/** Members that a schema here may not have. */
function memberErrors(schema: Schema, { path, noDefault, insideMeta }: Place): FieldError[] {
  const errors: FieldError[] = [];
  const forbid = (member: string, text: string) => errors.push(forbiddenField(`${path}.${member}`, text));
  if (schema.type && !types.includes(schema.type)) errors.push(notSupported(`${path}.type`, schema.type, types));
  if (schema.default !== undefined && noDefault) forbid("default", `must not be set ${noDefault}`);
  if (schema.id) forbid("id", "id is not supported");
  if (schema.additionalItems !== undefined) forbid("additionalItems", "additionalItems is not supported");
  for (const member of ["patternProperties", "definitions"]) if (isSet(schema[member])) forbid(member, `${member} is not supported`);
  if (schema.dependencies !== undefined) forbid("dependencies", "dependencies is not supported");
  if (schema.$ref !== undefined) forbid("$ref", "$ref is not supported");
  if (schema.type === "null") forbid("type", "type cannot be set to null, use nullable as an alternative");
  if (Array.isArray(schema.items) && schema.items.length > 0) forbid("items", "items must be a schema object and not an array");
  if (insideMeta && schema["x-kubernetes-embedded-resource"])
    forbid("x-kubernetes-embedded-resource", "must not be used inside of resource meta");
  return errors;
}
