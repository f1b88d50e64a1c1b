// What a version says beside its schema: deprecation, subresources, printer columns and selectable fields.
import { duplicate, type FieldError, invalid, required, tooMany } from "../../../api/field-error.ts";
import { findField } from "../field-path.ts";
import type { Schema } from "../schema.ts";
import type { PrinterColumn, Subresources, Version, VersionParts } from "./internal.ts";

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
const mostSelectableFields = 8;

/** Findings about the warning a deprecated version gives. */
export function deprecationErrors({ deprecated, deprecationWarning: text }: Version, path: string): FieldError[] {
  if (text === undefined) return [];
  const says = (problem: string) => invalid(`${path}.deprecationWarning`, text, problem);
  if (!deprecated) return [says("can only be set for deprecated versions")];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(text) > 256) errors.push(says("must be <= 256 characters long"));
  if (text === "") errors.push(says("must not be an empty string"));
  const strange = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text);
  if (strange) {
    const index = Buffer.byteLength(text.slice(0, strange.index));
    errors.push(says(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`));
  }
  return errors;
}

/** Findings about subresources, columns and selectable fields, in this order. */
export function partErrors(parts: VersionParts, path: string): FieldError[] {
  const columns = (parts.additionalPrinterColumns ?? []).flatMap((each, i) => columnErrors(each, `${path}.additionalPrinterColumns[${i}]`));
  return [...subresourceErrors(parts.subresources, `${path}.subresources`), ...columns];
}

function subresourceErrors(subresources: Subresources | undefined, path: string): FieldError[] {
  const { scale } = subresources ?? {};
  if (!scale) return [];
  const errors: FieldError[] = [];
  const check = (name: "specReplicasPath" | "statusReplicasPath" | "labelSelectorPath", below: readonly string[], where: string) => {
    const field = `${path}.scale.${name}`;
    const value = scale[name];
    if (!value) {
      if (name !== "labelSelectorPath") errors.push(required(field));
    } else if (!value.startsWith(".")) errors.push(notSimple(field, value));
    else if (!below.some((each) => value.startsWith(`${each}.`)))
      errors.push(invalid(field, value, `should be a json path under ${where}`));
  };
  check("specReplicasPath", [".spec"], ".spec");
  check("statusReplicasPath", [".status"], ".status");
  check("labelSelectorPath", [".spec", ".status"], "either .spec or .status");
  return errors;
}

const notSimple = (field: string, value: string) => invalid(field, value, "must be a simple json path starting with .");

function columnErrors({ name, type, format, jsonPath }: PrinterColumn, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const types = `must be one of ${columnTypes.join(",")}`;
  if (!name) errors.push(required(`${path}.name`));
  if (!type) errors.push(required(`${path}.type`, types));
  else if (!columnTypes.includes(type)) errors.push(invalid(`${path}.type`, type, types));
  if (format && !columnFormats.includes(format))
    errors.push(invalid(`${path}.format`, format, `must be one of ${columnFormats.join(",")}`));
  if (!jsonPath) errors.push(required(`${path}.JSONPath`));
  else if (!jsonPath.startsWith(".")) errors.push(notSimple(`${path}.JSONPath`, jsonPath));
  return errors;
}

const selectableTypes = ["string", "boolean", "integer"];

/**
 * Findings about fields that selectors may name; they are held against the schema. The API server refuses versions with the same fields and
 * different schemas: the fields then stand at the spec, and no schema does.
 */
export function selectableFieldErrors(fields: VersionParts["selectableFields"], schema: Schema | undefined, path: string): FieldError[] {
  if (!fields?.length) return [];
  if (!schema) {
    const where = path === "spec.selectableFields" ? "validations.schema is included" : "version.schema.openAPIV3Schema is not included";
    return [invalid(path, "", `selectableFields may only be set when ${where}`)];
  }
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { jsonPath = "" }] of fields.entries()) {
    const field = `${path}[${i}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(field));
      continue;
    }
    const found = findField(jsonPath, schema, false);
    if ("problem" in found) {
      errors.push(invalid(field, jsonPath, `is an invalid path: ${found.problem}`));
      continue;
    }
    if (found.root === "metadata") errors.push(invalid(field, jsonPath, "must not point to fields in metadata"));
    if (!selectableTypes.includes(found.schema?.type)) {
      const text = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
      errors.push(invalid(field, jsonPath, text));
    }
    if (seen.has(found.path)) errors.push(duplicate(field, jsonPath));
    seen.add(found.path);
  }
  if (seen.size > mostSelectableFields) errors.push(tooMany(path, seen.size, mostSelectableFields));
  return errors;
}
