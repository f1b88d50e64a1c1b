// Checks of decoded input that the SDK's schemas do not carry: lengths, ranges, patterns, enums; and required members, which they do.
import { getOwn } from "./record.ts";
import type { Member, Shape, Shapes, StructureShape } from "./shape.ts";

/** Smithy's constraint traits on one member. `member`, `key` and `value` constrain the elements of a list or map. */
export interface Constraint {
  readonly length?: { readonly min?: number; readonly max?: number };
  readonly range?: { readonly min?: number; readonly max?: number };
  /** Must match the whole value. */
  readonly pattern?: string;
  /** Name of an enum that the client package exports, or the values themselves. */
  readonly enum?: string | readonly string[];
  readonly member?: Constraint;
  readonly key?: Constraint;
  readonly value?: Constraint;
}

/** Constraints keyed `Shape.member`; `*.member` holds for every shape's member of that name that has no entry of its own. */
export type Constraints = Readonly<Record<string, Constraint>>;

/** One broken constraint. */
export interface Violation {
  readonly trait: "required" | "length" | "range" | "pattern" | "enum";
  /** Members from the top, with list positions counted from one: `["tags", 1, "Key"]`. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly sensitive: boolean;
  /** `Member must have length less than or equal to 64`. */
  readonly constraint: string;
}

interface Compiled extends Omit<Constraint, "pattern" | "enum" | "member" | "key" | "value"> {
  readonly pattern?: { readonly source: string; readonly regex: RegExp };
  readonly enum?: readonly string[];
  readonly member?: Compiled;
  readonly key?: Compiled;
  readonly value?: Compiled;
}

type Path = readonly (string | number)[];

/** Makes the check of a service's inputs. Throws at once if the table names an enum that does not exist. */
export function createValidator(constraints: Constraints, shapes: Shapes): (shape: StructureShape, input: object) => Violation[] {
  const compiled = new Map(Object.entries(constraints).map(([key, constraint]) => [key, compile(constraint, shapes, key)]));
  return (shape, input) => {
    const found: Violation[] = [];
    structure(shape, input, [], found, compiled);
    return found;
  };
}

function compile(constraint: Constraint, shapes: Shapes, key: string): Compiled {
  const { pattern, enum: values, member, key: keys, value, ...plain } = constraint;
  const allowed = typeof values === "string" ? shapes.enumValues(values) : values;
  if (values !== undefined && !allowed) throw new Error(`constraint ${key} names an unknown enum ${String(values)}`);
  return {
    ...plain,
    ...(pattern !== undefined && { pattern: { source: pattern, regex: new RegExp(`^(?:${pattern})$`, "u") } }),
    ...(allowed && { enum: allowed }),
    ...(member && { member: compile(member, shapes, key) }),
    ...(keys && { key: compile(keys, shapes, key) }),
    ...(value && { value: compile(value, shapes, key) }),
  };
}

function structure(shape: StructureShape, input: object, path: Path, found: Violation[], table: ReadonlyMap<string, Compiled>): void {
  for (const member of shape.members) {
    const value = getOwn(input, member.name);
    if (value === undefined || value === null) {
      if (member.required) {
        found.push({
          trait: "required",
          path: [...path, member.name],
          value: null,
          sensitive: false,
          constraint: "Member must not be null",
        });
      }
    } else {
      walk(member, value, [...path, member.name], table.get(`${shape.name}.${member.name}`) ?? table.get(`*.${member.name}`), found, table);
    }
  }
}

function walk(
  member: Member,
  value: unknown,
  path: Path,
  rule: Compiled | undefined,
  found: Violation[],
  table: ReadonlyMap<string, Compiled>,
): void {
  const shape: Shape = member.shape;
  if (rule) check(rule, value, path, member.sensitive || shape.sensitive, found);
  if (shape.kind === "structure" || shape.kind === "union") structure(shape, value as object, path, found, table);
  else if (shape.kind === "list") {
    for (const [index, item] of (value as unknown[]).entries()) walk(shape.member, item, [...path, index + 1], rule?.member, found, table);
  } else if (shape.kind === "map") {
    for (const [key, item] of Object.entries(value as object)) {
      if (rule?.key) check(rule.key, key, [...path, key], false, found);
      walk(shape.value, item, [...path, key], rule?.value, found, table);
    }
  }
}

function check(rule: Compiled, value: unknown, path: Path, sensitive: boolean, found: Violation[]): void {
  const add = (trait: Violation["trait"], constraint: string) => found.push({ trait, path, value, sensitive, constraint });
  const size = sizeOf(value);
  if (rule.length?.min !== undefined && size < rule.length.min) {
    add("length", `Member must have length greater than or equal to ${rule.length.min}`);
  }
  if (rule.length?.max !== undefined && size > rule.length.max) {
    add("length", `Member must have length less than or equal to ${rule.length.max}`);
  }
  if (typeof value === "number") {
    if (rule.range?.min !== undefined && value < rule.range.min) {
      add("range", `Member must have value greater than or equal to ${rule.range.min}`);
    }
    if (rule.range?.max !== undefined && value > rule.range.max)
      add("range", `Member must have value less than or equal to ${rule.range.max}`);
  }
  if (typeof value !== "string") return;
  if (rule.pattern && !rule.pattern.regex.test(value)) {
    add("pattern", `Member must satisfy regular expression pattern: ${rule.pattern.source}`);
  }
  if (rule.enum && !rule.enum.includes(value)) add("enum", `Member must satisfy enum value set: [${rule.enum.join(", ")}]`);
}

// Smithy counts Unicode scalar values of text, elements of collections and bytes of blobs.
function sizeOf(value: unknown): number {
  if (typeof value === "string") return [...value].length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : Number.NaN;
}
