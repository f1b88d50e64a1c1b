// Schema violations in the words of the validator EKS uses (spec addons §4).
import { type OutputUnit, Validator } from "@cfworker/json-schema";
import type { Schema } from "./schemas.ts";

/** Violations of a schema by a parsed document, `$.path: what is wrong`; empty if it satisfies the schema. */
export function schemaErrors(schema: Schema, document: unknown): string[] {
  const { errors } = new Validator(schema as never, "7", false).validate(document as never);
  const alternatives = errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf").map((error) => error.keywordLocation);
  const within = ({ keywordLocation }: OutputUnit) => alternatives.some((location) => keywordLocation.startsWith(`${location}/`));
  const texts = errors.filter((error) => !within(error)).flatMap((error) => wording(error, schema, document));
  return [...new Set(texts)];
}

const plainToken = (token: string) => decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");
const tokens = (pointer: string) => pointer.split("/").slice(1).map(plainToken);

/** `#/env/FOO` → `$.env.FOO`, `#/tolerations/0` → `$.tolerations[0]`. */
const pathOf = (pointer: string, document: unknown) => {
  let at = document;
  return tokens(pointer).reduce((path, token) => {
    const next = Array.isArray(at) ? `${path}[${token}]` : `${path}.${token}`;
    at = (at as Record<string, unknown> | undefined)?.[token];
    return next;
  }, "$");
};

/** What a keyword's location in the schema holds; `$ref` steps are followed. */
function keywordValue(schema: Schema, location: string): unknown {
  return tokens(location).reduce<unknown>((at, token) => {
    const value = (at as Record<string, unknown> | undefined)?.[token];
    return token === "$ref" && typeof value === "string" ? keywordValue(schema, value) : value;
  }, schema);
}

function valueAt(document: unknown, pointer: string): unknown {
  return tokens(pointer).reduce<unknown>((at, token) => (at as Record<string, unknown> | undefined)?.[token], document);
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function wording({ keyword, instanceLocation, keywordLocation }: OutputUnit, schema: Schema, document: unknown): string[] {
  const path = pathOf(instanceLocation, document);
  const value = valueAt(document, instanceLocation);
  const expected = keyword === "false" ? undefined : keywordValue(schema, keywordLocation);
  const list = (items: unknown) => `[${(items as unknown[]).join(", ")}]`;
  switch (keyword) {
    case "type":
      return [`${path}: ${typeName(value)} found, ${Array.isArray(expected) ? list(expected) : expected} expected`];
    case "false":
      return [`${path}: is not defined in the schema and the schema does not allow additional properties`];
    case "enum":
      return [`${path}: does not have a value in the enumeration ${list(expected)}`];
    case "required": {
      const missing = (expected as string[]).filter((name) => !Object.hasOwn(value as object, name));
      return missing.map((name) => `${path}.${name}: is missing but it is required`);
    }
    case "pattern":
      return [`${path}: does not match the regex pattern ${expected}`];
    case "minimum":
      return [`${path}: must have a minimum value of ${expected}`];
    case "maximum":
      return [`${path}: must have a maximum value of ${expected}`];
    case "minProperties":
      return [`${path}: should have a minimum of ${expected} properties`];
    case "anyOf":
    case "oneOf":
      return [`${path}: should be valid to any of the schemas`];
    default:
      return [];
  }
}
