// JSON values of types that decode themselves: what they accept and the errors they give.
import { parseDuration } from "../protobuf/time.ts";
import { quantityPattern } from "./quantity.ts";
import type { SpecialName } from "./types.ts";

const rfc3339 = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

const timeLayouts: Readonly<Record<string, string>> = { Time: "2006-01-02T15:04:05Z07:00", MicroTime: "2006-01-02T15:04:05.000000Z07:00" };

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value === "object" ? "object" : typeof value;
}

/**
 * Checks a value of a type with its own JSON form; `cannot` words a mismatch of JSON types. Undefined when the value decodes.
 */
export function checkSpecial(special: SpecialName, value: unknown, cannot: (kind: string, go: string) => string): string | undefined {
  switch (special) {
    case "Time":
    case "MicroTime":
      if (typeof value !== "string") return cannot(kindOf(value), "string");
      // MicroTime takes fewer decimals than its layout says, as Go's parser does.
      if (rfc3339.test(value)) return undefined;
      return `parsing time ${JSON.stringify(value)} as "${timeLayouts[special]}": cannot parse ${JSON.stringify(value)} as "2006"`;
    case "Duration":
      if (typeof value !== "string") return cannot(kindOf(value), "string");
      return parseDuration(value) === undefined ? `time: invalid duration ${JSON.stringify(value)}` : undefined;
    case "Quantity":
      if (typeof value !== "string" && typeof value !== "number")
        return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
      return quantityPattern.test(String(value)) || value === ""
        ? undefined
        : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    case "IntOrString":
      if (typeof value === "string") return undefined;
      if (typeof value === "number")
        return Number.isInteger(value) && Math.abs(value) <= 2 ** 31 - 1 ? undefined : cannot(`number ${value}`, "int32");
      return cannot(kindOf(value), "int32");
    default:
      return undefined;
  }
}
