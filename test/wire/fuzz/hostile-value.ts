// Inputs that hardly anybody means: shaped as an operation wants them or not, with names that exist here or never did.
import type { Member, Shape, StructureShape } from "../../../src/aws/protocol/shape.ts";
import { type Random, randomInt } from "../../../src/base/random.ts";

const DEEPEST = 6;
const TEXTS: readonly string[] = [
  ...["", " ", "a", "-", "*", "../..", "a/b", "none", "__proto__", "constructor", "toString", "null", "true", "0", "é\u0000\uFFFF"],
  ...["x".repeat(300), "y".repeat(20_000), "%24{aws:username}", "%00%2f", "<a>&amp;", "arn:aws:iam::111122223333:role/", "arn:::::"],
  ...[
    "10.0.0.0/16",
    "10.0.0.0/33",
    "999.1.1.1/8",
    "::/0",
    "2001:db8::/56",
    "0.0.0.0",
    "{}",
    "[",
    '{"Version":"2012-10-17","Statement":[]}',
  ],
  ...["vpc-00000000000000000", "subnet-zz", "eni-", "i-0123456789abcdef0", "sg-0", "us-west-2a", "us-west-2", "1.33", "dev"],
];
const NUMBERS = [0, 1, -1, 2, 100, 101, 1000, 65_536, 2 ** 31, 2 ** 53, -(2 ** 63), 0.5, 1e300];

/** Where values come from: chance, and what exists in the installation. */
export interface Source {
  readonly random: Random;
  /** Ids, names and ARNs that exist. */
  readonly known: readonly string[];
}

const chance = ({ random }: Source, percent: number) => randomInt(random, 100) < percent;
const pick = <T>({ random }: Source, values: readonly T[]): T => values[randomInt(random, values.length)] as T;

/** A value of the shape's form for a member of this name; undefined where nesting got too deep. */
export function hostileValue(shape: Shape, source: Source, depth = 0, name = ""): unknown {
  switch (shape.kind) {
    case "structure":
    case "union":
      return hostileInput(shape, source, depth);
    case "list":
      return Array.from({ length: chance(source, 3) ? 120 : randomInt(source.random, 3) }, () =>
        hostileValue(shape.member.shape, source, depth + 1, name),
      ).filter((item) => item !== undefined);
    case "map":
      return Object.fromEntries(
        Array.from({ length: randomInt(source.random, 3) }, () => [
          hostileText(source, ""),
          hostileValue(shape.value.shape, source, depth + 1),
        ]),
      );
    case "timestamp":
      return new Date(pick(source, [0, 1, 1_700_000_000_000, 8_640_000_000_000, -1]));
    case "blob":
      return new Uint8Array(randomInt(source.random, 100));
    case "number":
      return pick(source, NUMBERS);
    case "boolean":
      return chance(source, 50);
    default:
      return hostileText(source, name);
  }
}

/** Some members of a structure: usually the required ones. A request cannot be made without those that are part of its path. */
export function hostileInput(shape: StructureShape, source: Source, depth = 0): object | undefined {
  if (depth > DEEPEST) return undefined;
  const often = shape.members.length > 8 ? 20 : 50;
  const isWanted = (member: Member) => member.label || (member.required ? chance(source, 90) : chance(source, often));
  const entries = shape.members.filter(isWanted).map((member) => {
    const value = hostileValue(member.shape, source, depth + 1, member.name);
    return [member.name, member.label && (value === "" || value === undefined) ? "none" : value] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Half of the time something that exists, and then mostly something that goes by the member's name: a subnet's id for SubnetId. */
function hostileText(source: Source, name: string): string {
  if (source.known.length === 0 || chance(source, 40)) return pick(source, TEXTS);
  const stem = name.replace(/(Id|Name|Arn|ARN|Identifier)?s?$/, "").toLowerCase();
  const fitting = stem === "" ? [] : source.known.filter((text) => text.toLowerCase().includes(stem));
  return fitting.length > 0 && chance(source, 70) ? pick(source, fitting) : pick(source, source.known);
}

/** The body with one value of another type, if it is JSON; sometimes no JSON at all. */
export function spoiledJson(text: string, source: Source): string {
  if (chance(source, 5)) return pick(source, ["", "{", "[]", "null", "7", '{"a":', `${"[".repeat(5000)}`]);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      places.push({ holder: value as Record<string, unknown>, key });
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(body);
  if (places.length === 0) return text;
  const { holder, key } = pick(source, places);
  holder[key] = pick<unknown>(source, [null, 7, -1, true, "x", [], {}, [null], { a: [] }, [[[]]], 1e308]);
  return JSON.stringify(body);
}

/** The form with one value that another type would have. */
export function spoiledForm(text: string, source: Source): string {
  const parts = text.split("&");
  const index = randomInt(source.random, parts.length);
  const [name] = (parts[index] ?? "").split("=");
  if (name === "Action" || name === "Version") return text;
  parts[index] =
    `${name}${pick(source, ["", ".1", ".x", ".1.1.1", "."])}=${pick(source, ["", "many", "-1", "maybe", "%00", "1e9", "%ff"])}`;
  return parts.join("&");
}
