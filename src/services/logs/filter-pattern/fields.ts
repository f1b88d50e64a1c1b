// Space-delimited patterns: `[ip, user, ..., status = 4*, bytes > 1000]`.
import { comparison, OPERATORS, type Operator } from "./conditions.ts";
import { invalidPattern } from "./invalid-pattern.ts";
import { Scanner } from "./scanner.ts";

type FieldTest = (value: string) => boolean;

/** Prepares a pattern in brackets. A message matches if it has as many fields and every field satisfies its conditions. */
export function parseFieldPattern(pattern: string): (message: string) => boolean {
  const scanner = new Scanner(pattern);
  const fields: (FieldTest | "...")[] = [];
  scanner.expect("[");
  do fields.push(scanner.take("...") ? "..." : field(scanner));
  while (scanner.take(","));
  scanner.expect("]");
  scanner.end();
  const gap = fields.indexOf("...");
  if (gap !== fields.lastIndexOf("...")) throw invalidPattern();
  const tests = fields.filter((test): test is FieldTest => test !== "...");
  return (message) => {
    const values = splitFields(message);
    if (gap === -1 ? values.length !== tests.length : values.length < tests.length) return false;
    // With a gap the first tests look at the first fields and the others at the last.
    return tests.every((test, index) => test(values[gap === -1 || index < gap ? index : values.length - tests.length + index]!));
  };
}

function field(scanner: Scanner): FieldTest {
  const name = scanner.bare(/[A-Za-z_$][\w$.-]*/y);
  const any = [conjunction(scanner, name)];
  while (scanner.take("||")) any.push(conjunction(scanner, name));
  return (value) => any.some((test) => test(value));
}

function conjunction(scanner: Scanner, name: string): FieldTest {
  const all = [condition(scanner, name)];
  while (scanner.take("&&")) all.push(condition(scanner, name));
  return (value) => all.every((test) => test(value));
}

/** `= "x*"`, or with the field's name repeated as after `&&`; nothing at all is true of every value. */
function condition(scanner: Scanner, name: string): FieldTest {
  scanner.take(name);
  const operator = OPERATORS.find((candidate): candidate is Operator => scanner.take(candidate));
  if (!operator) return () => true;
  const quoted = scanner.quoted();
  return comparison(operator, quoted ?? scanner.bare(/[^\s,\]&|]+/y), quoted !== undefined);
}

/** Fields of a message: split at blanks, `"…"` and `[…]` are one field. Takes one pass over the message. */
function splitFields(message: string): string[] {
  const fields: string[] = [];
  const lastClose: Record<string, number> = { '"': message.lastIndexOf('"'), "]": message.lastIndexOf("]") };
  for (let at = 0; at < message.length; ) {
    const character = message[at]!;
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    const closing = character === '"' ? '"' : character === "[" ? "]" : undefined;
    if (closing && lastClose[closing]! > at) {
      const end = message.indexOf(closing, at + 1);
      fields.push(message.slice(at + 1, end));
      at = end + 1;
      continue;
    }
    const start = at;
    while (at < message.length && !/\s/.test(message[at]!)) at++;
    fields.push(message.slice(start, at));
  }
  return fields;
}
