// The schema of a version, or of all: what may stand at its root, whether it is structural, its defaults and its rules.
import { type FieldError, forbiddenField, invalid } from "../../../api/field-error.ts";
import type { Schema } from "../schema.ts";
import { defaultErrors } from "./defaults.ts";
import { openApiErrors } from "./open-api.ts";
import { structuralErrors } from "./structural.ts";
import { isSet, unsupportedPart } from "./unsupported.ts";

/** Members of the root, by their Go names, that keep the schema of `status` separable from the rest. */
const atRoot: Readonly<Record<string, string>> = {
  description: "Description",
  type: "Type",
  format: "Format",
  title: "Title",
  maximum: "Maximum",
  exclusiveMaximum: "ExclusiveMaximum",
  minimum: "Minimum",
  exclusiveMinimum: "ExclusiveMinimum",
  maxLength: "MaxLength",
  minLength: "MinLength",
  pattern: "Pattern",
  maxItems: "MaxItems",
  minItems: "MinItems",
  uniqueItems: "UniqueItems",
  multipleOf: "MultipleOf",
  required: "Required",
  items: "Items",
  properties: "Properties",
  externalDocs: "ExternalDocs",
  example: "Example",
  "x-kubernetes-preserve-unknown-fields": "XPreserveUnknownFields",
  "x-kubernetes-validations": "XValidations",
};

/** Findings about a schema at `path`; `withStatus` when the status subresource is served. An unchanged schema is judged at its root only. */
export function schemaErrors(schema: Schema, path: string, withStatus: boolean, unchanged: boolean): FieldError[] {
  const errors = withStatus ? statusErrors(schema, path) : [];
  if (schema.nullable) errors.push(forbiddenField(`${path}.nullable`, "nullable cannot be true at the root"));
  if (unchanged) return errors;
  const unsupported = unsupportedPart(schema);
  const structural = unsupported ? [] : structuralErrors(schema, path);
  const defaults = unsupported || structural.length > 0 ? [] : defaultErrors(schema, path);
  const compiles = !unsupported && structural.length === 0 && defaults.length === 0;
  errors.push(...structural, ...defaults, ...openApiErrors(schema, path, compiles));
  return unsupported && errors.length === 0 ? [invalid(path, "", unsupported)] : errors;
}

function statusErrors(schema: Schema, path: string): FieldError[] {
  if (schema.type && schema.type !== "object") {
    const text = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    return [invalid(`${path}.type`, schema.type, text)];
  }
  if (Object.keys(schema).every((member) => atRoot[member] || !isSet(schema[member]))) return [];
  const text = `only [${Object.values(atRoot).join(" ")}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [invalid(path, schema, text)];
}
