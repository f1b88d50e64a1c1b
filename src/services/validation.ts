// Input constraints that the SDK's schemas drop, reported in the words AWS query services use.
import { AwsError } from "../aws/errors.ts";

/** What a member must satisfy. An undefined value satisfies everything. */
export interface Constraint {
  /** Member's name as AWS prints it, for example `roleSessionName`. */
  readonly member: string;
  readonly value: string | number | readonly unknown[] | undefined;
  /** Length of text or list, or size of a number. */
  readonly min?: number;
  readonly max?: number;
  /** Text the whole value must match. */
  readonly pattern?: string;
  readonly oneOf?: readonly string[];
  /** The value is a secret: the message leaves it out. */
  readonly secret?: boolean;
}

function violations({ value, min, max, pattern, oneOf }: Constraint): string[] {
  if (value === undefined || value === null) return [];
  const found: string[] = [];
  const size = typeof value === "number" ? value : value.length;
  const measure = typeof value === "number" ? "value" : "length";
  if (min !== undefined && size < min) found.push(`Member must have ${measure} greater than or equal to ${min}`);
  if (max !== undefined && size > max) found.push(`Member must have ${measure} less than or equal to ${max}`);
  if (pattern !== undefined && typeof value === "string" && !new RegExp(`^(?:${pattern})$`, "su").test(value)) {
    found.push(`Member must satisfy regular expression pattern: ${pattern}`);
  }
  if (oneOf && !oneOf.includes(String(value))) found.push(`Member must satisfy enum value set: [${oneOf.join(", ")}]`);
  return found;
}

/**
 * Throws ValidationError naming every violated constraint: `1 validation error detected: Value '…' at '…' failed to satisfy
 * constraint: …` (spec identity §2.4).
 */
export function validate(...constraints: readonly Constraint[]): void {
  const found = constraints.flatMap((constraint) => {
    const value = constraint.secret ? "Value" : `Value '${shown(constraint.value)}'`;
    return violations(constraint).map((text) => `${value} at '${constraint.member}' failed to satisfy constraint: ${text}`);
  });
  if (found.length === 0) return;
  const count = found.length === 1 ? "1 validation error" : `${found.length} validation errors`;
  throw new AwsError("ValidationError", `${count} detected: ${found.join("; ")}`, {}, 400);
}

function shown(value: Constraint["value"]): string {
  return Array.isArray(value)
    ? `[${value.map((item) => (typeof item === "object" ? JSON.stringify(item) : String(item))).join(", ")}]`
    : String(value);
}
