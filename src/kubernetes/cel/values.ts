// JSON as CEL sees it: whole numbers are ints, and a schema says what texts stand for.
import type { Json } from "../api/json.ts";

type Schema = Record<string, any>;

const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "),
);

/** Escaped reserved words as plain ones, for values whose members keep their names. */
export function unescapedSource(source: string): string {
  return source.replace(/\.__([a-z]+)__\b/g, (whole, word: string) => (reserved.has(word) ? `.${word}` : whole));
}

/** The name under which a member is reached in CEL (Kubernetes documentation, "Escaping"). */
export function escapedName(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.includes("__")) return name;
  return name.replaceAll("__", "__underscores__").replaceAll(".", "__dot__").replaceAll("-", "__dash__").replaceAll("/", "__slash__");
}

/** A value of unknown schema: whole numbers become ints, members keep their names. */
export function untypedValue(value: Json): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(untypedValue);
  const members: Record<string, unknown> = {};
  for (const key of Object.keys(value)) if (key !== "__proto__") members[key] = untypedValue(value[key]);
  return members;
}

/** A value of a structural schema. */
export function typedValue(value: Json, schema: Schema | undefined): unknown {
  if (value === null || value === undefined) return value;
  if (!schema) return untypedValue(value);
  if (typeof value === "number") return schema.type === "number" ? value : Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === "string") return typedText(value, schema);
  if (Array.isArray(value)) return value.map((each) => typedValue(each, schema.items));
  if (typeof value !== "object") return value;
  if (schema["x-kubernetes-preserve-unknown-fields"] && !schema.properties && !schema.additionalProperties) return untypedValue(value);
  const members: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const declared = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties[key] : undefined;
    const rest = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
    const name = declared ? escapedName(key) : key;
    if (name !== "__proto__") members[name] = typedValue(value[key], declared ?? rest);
  }
  return members;
}

function typedText(value: string, schema: Schema): unknown {
  if (schema.format === "date-time" || schema.format === "date") {
    const at = new Date(value);
    return Number.isNaN(at.getTime()) ? value : at;
  }
  return schema.format === "byte" ? new Uint8Array(Buffer.from(value, "base64")) : value;
}

/** Equality of CEL values; ints equal doubles of the same value. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === "bigint" || typeof b === "bigint") {
    // biome-ignore lint/suspicious/noDoubleEquals: CEL compares an int with a double by value.
    return (typeof a === "number" || typeof b === "number") && (a as bigint) == (b as number as unknown as bigint);
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, i) => equalValues(each, b[i]));
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && equalValues(left[key], right[key]));
}
