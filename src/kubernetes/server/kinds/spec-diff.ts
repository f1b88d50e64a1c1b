// The difference of two specs as the API server prints it after "spec is immutable": a unified diff of the Go structs as indented JSON.
import type { Field, StructType, TypeRef } from "../../schema/types.ts";

const around = 3;

/** A unified diff of two values of a struct, without file names; "" if they are equal. Every field is shown under its Go name. */
export function specDiff(struct: StructType, before: unknown, after: unknown): string {
  const [a, b] = [before, after].map((value) => JSON.stringify(shown(struct, value as object), null, " ").split("\n")) as [
    string[],
    string[],
  ];
  return hunks(a, b)
    .map(({ from, to, lines }) => [`@@ -${place(from)} +${place(to)} @@`, ...lines, ""].join("\n"))
    .join("");
}

function shown(struct: StructType, value: any): object {
  const result: Record<string, unknown> = {};
  for (const field of struct.fields.values()) result[goField(field.name)] = shownField(field, value?.[field.name]);
  return result;
}

const initialisms = /^(dns|tty|uid|ip|url|fc|iscsi|nfs|rbd|csi|aws|gce)(?=[A-Z]|$)/;

const goField = (name: string) => name.replace(initialisms, (text) => text.toUpperCase()).replace(/^./, (letter) => letter.toUpperCase());

function shownField({ type, pointer }: Field, value: unknown): unknown {
  if (value === undefined || value === null) return pointer ? null : zero(type);
  return shownValue(type, value);
}

function shownValue(type: TypeRef, value: any): unknown {
  if (type.kind === "struct") return shown(type.struct, value);
  if (type.kind === "list" && Array.isArray(value)) return value.map((each) => shownValue(type.item, each));
  if (type.kind === "map") return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shownValue(type.value, each)]));
  return value;
}

function zero(type: TypeRef): unknown {
  if (type.kind === "struct") return shown(type.struct, undefined);
  if (type.kind !== "scalar") return null;
  return type.scalar === "string" ? "" : type.scalar === "bool" ? false : type.scalar === "any" || type.scalar === "bytes" ? null : 0;
}

interface Span {
  /** First line, counted from 0. */
  readonly start: number;
  readonly length: number;
}

/** `1,6` as `diff -u` writes a span. */
const place = ({ start, length }: Span) => (length === 1 ? `${start + 1}` : `${length === 0 ? start : start + 1},${length}`);

interface Hunk {
  readonly from: Span;
  readonly to: Span;
  readonly lines: readonly string[];
}

interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

function hunks(a: readonly string[], b: readonly string[]): Hunk[] {
  const lines = edits(a, b);
  const changed = lines.flatMap(({ sign }, i) => (sign === " " ? [] : [i]));
  const result: Hunk[] = [];
  for (let first = 0; first < changed.length; ) {
    let last = first;
    while (last + 1 < changed.length && (changed[last + 1] as number) - (changed[last] as number) <= 2 * around) last++;
    const start = Math.max(0, (changed[first] as number) - around);
    const end = Math.min(lines.length, (changed[last] as number) + around + 1);
    const count = (sign: "-" | "+", until: Line[]) => until.filter((line) => line.sign === " " || line.sign === sign).length;
    const [earlier, inside] = [lines.slice(0, start), lines.slice(start, end)];
    result.push({
      from: { start: count("-", earlier), length: count("-", inside) },
      to: { start: count("+", earlier), length: count("+", inside) },
      lines: inside.map(({ sign, text }) => sign + text),
    });
    first = last + 1;
  }
  return result;
}

/** Most lines between the first and the last difference that are compared pair by pair; beyond, all of them count as replaced. */
const largest = 1500;

/** The lines of both sides in order, by their longest common subsequence. */
function edits(a: readonly string[], b: readonly string[]): Line[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (texts: readonly string[]): Line[] => texts.map((text) => ({ sign: " ", text }));
  return [
    ...same(a.slice(0, head)),
    ...replaced(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(a.slice(a.length - tail)),
  ];
}

function replaced(a: readonly string[], b: readonly string[]): Line[] {
  const [removed, added] = [(text: string): Line => ({ sign: "-", text }), (text: string): Line => ({ sign: "+", text })];
  if (Math.max(a.length, b.length) > largest) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const here = i * width + j;
      common[here] = a[i] === b[j] ? common[here + width + 1]! + 1 : Math.max(common[here + width]!, common[here + 1]!);
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const here = i * width + j;
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ sign: " ", text: a[i]! });
      i++;
      j++;
    } else if (i < a.length && (j === b.length || common[here + width]! >= common[here + 1]!)) lines.push(removed(a[i++]!));
    else lines.push(added(b[j++]!));
  }
  return lines;
}
