// Input constraints that services check themselves: those that depend on other members, and those of calls that came another way.
import { AwsError } from "../aws/errors.ts";
import { validationText } from "../aws/models/wording.ts";
import type { Violation } from "../aws/protocol/constraints.ts";

/** What a member must satisfy. An undefined value satisfies everything. */
export interface Constraint {
  /** Member's name as AWS prints it, for example `roleSessionName` or `tags.1.member.key`. */
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

const expressions = new Map<string, RegExp>();

function expression(pattern: string): RegExp {
  let compiled = expressions.get(pattern);
  if (!compiled) {
    compiled = new RegExp(`^(?:${pattern})$`, "su");
    expressions.set(pattern, compiled);
  }
  return compiled;
}

function violations({ member, value, min, max, pattern, oneOf, secret = false }: Constraint): Violation[] {
  if (value === undefined || value === null) return [];
  const found: Violation[] = [];
  const add = (trait: Violation["trait"], constraint: string) =>
    found.push({ trait, path: [member], value, sensitive: secret, constraint });
  const [trait, measure, size] =
    typeof value === "number" ? (["range", "value", value] as const) : (["length", "length", [...value].length] as const);
  if (min !== undefined && size < min) add(trait, `Member must have ${measure} greater than or equal to ${min}`);
  if (max !== undefined && size > max) add(trait, `Member must have ${measure} less than or equal to ${max}`);
  if (typeof value !== "string") return found;
  if (pattern !== undefined && !expression(pattern).test(value))
    add("pattern", `Member must satisfy regular expression pattern: ${pattern}`);
  if (oneOf && !oneOf.includes(value)) add("enum", `Member must satisfy enum value set: [${oneOf.join(", ")}]`);
  return found;
}

/**
 * Throws ValidationError naming every violated constraint: `1 validation error detected: Value '…' at '…' failed to satisfy
 * constraint: …` (spec identity §2.4).
 */
export function validate(...constraints: readonly Constraint[]): void {
  const found = constraints.flatMap(violations);
  if (found.length > 0) throw new AwsError("ValidationError", validationText(found), {}, 400);
}
