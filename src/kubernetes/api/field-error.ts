// Validation findings, worded as k8s.io/apimachinery's field package words them.
import type { StatusError } from "./object.ts";
import { failure } from "./status.ts";

/** One finding. `body` is the text after the field's path. */
export interface FieldError {
  readonly reason: string;
  readonly field: string;
  readonly body: string;
}

const quote = (value: unknown): string => {
  if (value === undefined || value === null) return "null";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : JSON.stringify(value);
};
const suffix = (detail: string) => (detail ? `: ${detail}` : "");

/** A member that must be set and is not. */
export const required = (field: string, detail = ""): FieldError => ({
  reason: "FieldValueRequired",
  field,
  body: `Required value${suffix(detail)}`,
});
/** A member whose value is wrong. */
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: "FieldValueInvalid",
  field,
  body: `Invalid value: ${quote(value)}${suffix(detail)}`,
});
/** A member outside its enumeration, whose values are told in the order given: Kubernetes sorts some lists and others not. */
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  reason: "FieldValueNotSupported",
  field,
  body: `Unsupported value: ${quote(value)}: supported values: ${supported.map((each) => JSON.stringify(each)).join(", ")}`,
});
/** An element that occurs twice. */
export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: "FieldValueDuplicate",
  field,
  body: `Duplicate value: ${quote(value)}`,
});
/** A member that may not be set here. */
export const forbiddenField = (field: string, detail: string): FieldError => ({
  reason: "FieldValueForbidden",
  field,
  body: `Forbidden${suffix(detail)}`,
});
/** Text beyond its length in bytes. */
export const tooLong = (field: string, maximum: number): FieldError => ({
  reason: "FieldValueTooLong",
  field,
  body: `Too long: may not be more than ${maximum} bytes`,
});
/** A list beyond its length. */
export const tooMany = (field: string, actual: number, maximum: number): FieldError => ({
  reason: "FieldValueTooMany",
  field,
  body: `Too many: ${actual}: must have at most ${maximum} items`,
});
/** A reference to something that is not there. */
export const notFoundField = (field: string, value: unknown): FieldError => ({
  reason: "FieldValueNotFound",
  field,
  body: `Not found: ${quote(value)}`,
});

/** 422 Invalid for an object of `kind`; findings keep their order. */
export function invalidObject(group: string, kind: string, name: string, errors: readonly FieldError[]): StatusError {
  const lines = errors.map((error) => `${error.field}: ${error.body}`);
  const unique = [...new Set(lines)];
  const text = unique.length === 1 ? unique[0] : `[${unique.join(", ")}]`;
  const title = group ? `${kind}.${group}` : kind;
  return failure(422, "Invalid", `${title} ${JSON.stringify(name)} is invalid: ${text}`, {
    ...(name && { name }),
    ...(group && { group }),
    kind,
    causes: errors.map((error) => ({ reason: error.reason, message: error.body, field: error.field })),
  });
}
