// Defaults must be what the schema would accept, and leave, as a value (apiextensions-apiserver, ValidateDefaults).
import { type FieldError, invalid } from "../../../api/field-error.ts";
import { cloneJson, equalJson, type Json } from "../../../api/json.ts";
import { embeddedErrors } from "../embedded.ts";
import { checkDefault } from "../rules/check.ts";
import { compileRules } from "../rules/compile.ts";
import { prune, type Schema } from "../schema.ts";
import { validateBySchema } from "../validate.ts";

const embedded = "x-kubernetes-embedded-resource";
const metaMembers = new Set(["apiVersion", "kind", "metadata"]);

/** Findings about the defaults of a structural schema. Those below additionalProperties are not looked at. */
export function defaultErrors(schema: Schema, path: string): FieldError[] {
  return errorsAt(schema, path, true, false);
}

function errorsAt(schema: Schema, path: string, root: boolean, insideMeta: boolean): FieldError[] {
  const inMeta = insideMeta && !schema[embedded];
  const errors = schema.default === undefined ? [] : valueErrors(schema, schema.default, `${path}.default`, root, inMeta);
  if (schema.items) errors.push(...errorsAt(schema.items, `${path}.items`, false, inMeta));
  for (const [name, member] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
    const isMeta = inMeta || ((root || schema[embedded] === true) && metaMembers.has(name));
    errors.push(...errorsAt(member, `${path}.properties[${name}]`, false, isMeta));
  }
  return errors;
}

function valueErrors(schema: Schema, value: Json, path: string, root: boolean, inMeta: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const at = ({ field, ...finding }: FieldError): FieldError => ({
    ...finding,
    field: field && field !== "<nil>" ? `${path}.${field}` : path,
  });
  if (!inMeta) {
    const pruned = cloneJson(value);
    prune(pruned, schema, root || schema[embedded] === true);
    if (!equalJson(pruned, value)) errors.push(invalid(path, value, "must not have unknown fields"));
    const found = embeddedErrors(value, schema, "");
    if (found.length > 0) return [...errors, ...found.map(at)];
  }
  const found = validateBySchema(value, schema, "");
  if (found.length > 0) return [...errors, ...found.map(at)];
  const rules = compileRules(schema, root || schema[embedded] === true);
  return rules ? [...errors, ...checkDefault(rules, value).map(at)] : errors;
}
