// Random valid values of any shape, repeatable from a seed.

import type { Member, Shape, StructureShape } from "../../../src/aws/protocol/shape.ts";
import { type Random, randomInt } from "../../../src/base/random.ts";

const ALPHABET = [..."abcXYZ019-_./:=+&<>\"'%?# {}[]@!~*(),;$\\^|`", "é", "ß", "日", "🦊", "\u0085", "\u2028"];
const DEEPEST = 5;

/** Whether a value is for an input, where members bound to the path must be there. */
export interface GenerateOptions {
  readonly random: Random;
}

/** A value of `shape`; undefined where nesting got too deep. */
export function generate(shape: Shape, { random }: GenerateOptions, depth = 0): unknown {
  const pick = (bound: number) => randomInt(random, bound);
  switch (shape.kind) {
    case "structure":
      return structure(shape, random, depth);
    case "union":
      return structure({ ...shape, members: shape.members.slice(pick(shape.members.length)).slice(0, 1) }, random, depth);
    case "list": {
      const items = Array.from({ length: 1 + pick(2) }, () => generate(shape.member.shape, { random }, depth + 1));
      const kept = items.filter((item) => item !== undefined);
      return kept.length > 0 ? kept : undefined;
    }
    case "map": {
      const entries = Array.from(
        { length: 1 + pick(2) },
        () => [text(random), generate(shape.value.shape, { random }, depth + 1)] as const,
      );
      const kept = entries.filter(([, value]) => value !== undefined);
      return kept.length > 0 ? Object.fromEntries(kept) : undefined;
    }
    case "timestamp":
      return new Date(1_500_000_000_000 + pick(1_000_000_000) + (pick(2) ? 0 : pick(1000)));
    case "blob":
      return new Uint8Array(random.bytes(1 + pick(8)));
    case "number":
      return pick(4) === 0 ? pick(1000) + 0.5 : pick(2_000_000_000) - 1_000_000_000;
    case "boolean":
      return pick(2) === 1;
    default:
      return text(random);
  }
}

function structure(shape: StructureShape, random: Random, depth: number): object | undefined {
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (!wanted(member, shape, random, depth)) continue;
    const value = generate(member.shape, { random }, depth + 1);
    if (value !== undefined) result[member.name] = value;
  }
  return Object.keys(result).length > 0 || shape.members.length === 0 ? result : undefined;
}

function wanted(member: Member, shape: StructureShape, random: Random, depth: number): boolean {
  // Clients fill idempotency tokens in themselves.
  if (member.label || /token$/i.test(member.name)) return true;
  const nested = !["string", "number", "boolean", "timestamp", "blob"].includes(member.shape.kind);
  if (nested && depth >= DEEPEST) return false;
  const most = shape.members.length > 12 ? 6 : 2;
  return member.required || randomInt(random, most) === 0 || shape.members.length === 1;
}

/** Text without blanks at its ends, which XML readers drop. */
export function text(random: Random): string {
  const inner = Array.from({ length: randomInt(random, 10) }, () => ALPHABET[randomInt(random, ALPHABET.length)]).join("");
  return `a${inner}z`;
}

/** A comparable form: moments as text, bytes as hex, nothing undefined or null. */
export function comparable(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Date) return `date ${value.toISOString()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, item]) => [key, comparable(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}
