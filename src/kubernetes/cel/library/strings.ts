// CEL's string extensions beyond what the library brings (Kubernetes documentation, "CEL in Kubernetes").
import type { Environment } from "@marcbachmann/cel-js";
import { patternOf } from "../pattern.ts";

/** Name under which `matches` is compiled, so that patterns run in linear time; the library's own uses backtracking. */
export const linearMatches = "re2matches";

function pattern(source: string) {
  const found = patternOf(source);
  if (!found) throw new Error(`error parsing regexp: ${source}`);
  return found;
}

/** Registers matches, find, findAll, charAt, replace, reverse and format. */
export function registerStrings(environment: Environment): void {
  environment
    .registerFunction(`string.${linearMatches}(string): bool`, (text: string, source: string) => pattern(source).test(text))
    .registerFunction("matches(string, string): bool", (text: string, source: string) => pattern(source).test(text))
    .registerFunction("string.find(string): string", (text: string, source: string) => pattern(source).find(text, 1)[0] ?? "")
    .registerFunction("string.findAll(string): list<string>", (text: string, source: string) =>
      pattern(source).find(text, Number.POSITIVE_INFINITY),
    )
    .registerFunction("string.findAll(string, int): list<string>", (text: string, source: string, limit: bigint) =>
      pattern(source).find(text, limit < 0n ? Number.POSITIVE_INFINITY : Number(limit)),
    )
    .registerFunction("string.charAt(int): string", (text: string, index: bigint) => {
      const characters = [...text];
      if (index < 0n || index > BigInt(characters.length)) throw new Error(`index out of range: ${index}`);
      return characters[Number(index)] ?? "";
    })
    .registerFunction("string.reverse(): string", (text: string) => [...text].reverse().join(""))
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) => text.split(from).join(to))
    .registerFunction("string.replace(string, string, int): string", replaceSome)
    .registerFunction("string.format(list): string", (text: string, values: unknown[]) => formatText(text, values));
}

function replaceSome(text: string, from: string, to: string, limit: bigint): string {
  if (limit < 0n) return text.split(from).join(to);
  const parts = text.split(from);
  const changed = Math.min(Number(limit), parts.length - 1);
  return (
    parts.slice(0, changed + 1).join(to) +
    parts
      .slice(changed + 1)
      .map((part) => from + part)
      .join("")
  );
}

/** `%s %d %f %e %b %x %X %o %%`, as cel-go's strings extension reads them. */
function formatText(text: string, values: unknown[]): string {
  let next = 0;
  return text.replace(/%(?:\.(\d+))?([sdfebxXo%])/g, (_whole, precision: string | undefined, verb: string) => {
    if (verb === "%") return "%";
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    const value = values[next++];
    const digits = precision === undefined ? 6 : Number(precision);
    if (verb === "s") return plainText(value);
    if (verb === "d") return String(value);
    if (verb === "f") return Number(value).toFixed(digits);
    if (verb === "e") return Number(value).toExponential(digits);
    if (verb === "b") return typeof value === "boolean" ? (value ? "1" : "0") : BigInt(value as bigint).toString(2);
    if (verb === "o") return BigInt(value as bigint).toString(8);
    const hex = typeof value === "string" ? Buffer.from(value).toString("hex") : BigInt(value as bigint).toString(16);
    return verb === "X" ? hex.toUpperCase() : hex;
  });
}

function plainText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plainText).join(", ")}]`;
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${key}: ${plainText(member)}`).join(", ")}}`;
  }
  if (value instanceof Date) return value.toISOString().replace(/\.000Z$/, "Z");
  return String(value);
}
