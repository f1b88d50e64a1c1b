// JSON patterns: `{ ($.verb = "get") && ($.code >= 400) }`.
import { comparison, OPERATORS, type Operator } from "./conditions.ts";
import { invalidPattern } from "./invalid-pattern.ts";
import { Scanner } from "./scanner.ts";

type Test = (event: unknown) => boolean;
type Step = string | number | "[*]";

const MAX_DEPTH = 100;

/** Prepares a pattern in braces. Messages that are not JSON never match. */
export function parseJsonPattern(pattern: string): (message: string) => boolean {
  const scanner = new Scanner(pattern);
  scanner.expect("{");
  const test = disjunction(scanner, 0);
  scanner.expect("}");
  scanner.end();
  return (message) => {
    const event = parse(message);
    return typeof event === "object" && event !== null && test(event);
  };
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

function disjunction(scanner: Scanner, depth: number): Test {
  const tests = [conjunction(scanner, depth)];
  while (scanner.take("||")) tests.push(conjunction(scanner, depth));
  return tests.length === 1 ? tests[0]! : (event) => tests.some((test) => test(event));
}

function conjunction(scanner: Scanner, depth: number): Test {
  const tests = [operand(scanner, depth)];
  while (scanner.take("&&")) tests.push(operand(scanner, depth));
  return tests.length === 1 ? tests[0]! : (event) => tests.every((test) => test(event));
}

function operand(scanner: Scanner, depth: number): Test {
  if (depth > MAX_DEPTH) throw invalidPattern();
  if (scanner.take("(")) {
    const test = disjunction(scanner, depth + 1);
    scanner.expect(")");
    return test;
  }
  const steps = selector(scanner);
  if (scanner.word("IS")) return isTest(scanner, steps);
  if (scanner.word("NOT")) {
    if (!scanner.word("EXISTS")) throw invalidPattern();
    return (event) => resolve(event, steps).length === 0;
  }
  const operator = OPERATORS.find((candidate): candidate is Operator => scanner.take(candidate));
  if (!operator) throw invalidPattern();
  const quoted = scanner.quoted();
  const compare = comparison(operator, quoted ?? scanner.bare(/[^\s()&|{}]+/y), quoted !== undefined);
  return (event) => resolve(event, steps).some((value) => isScalar(value) && compare(value));
}

function isTest(scanner: Scanner, steps: readonly Step[]): Test {
  const wanted = scanner.word("NULL") ? null : scanner.word("TRUE") ? true : scanner.word("FALSE") ? false : undefined;
  if (wanted === undefined) throw invalidPattern();
  return (event) => resolve(event, steps).some((value) => value === wanted);
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** `$.a.b[0].c[*]`, also `$.["a-b"]` and `$['a']`. */
function selector(scanner: Scanner): Step[] {
  scanner.expect("$");
  const steps: Step[] = [];
  for (;;) {
    if (scanner.adjacent(".")) {
      const name = scanner.peek("[") ? undefined : scanner.bare(/[^\s.[\]()=!<>&|{}"]+/y);
      if (name !== undefined) steps.push(name);
    } else if (scanner.adjacent("[")) {
      const quoted = scanner.quoted();
      const index = quoted === undefined ? scanner.bare(/\*|\d{1,9}/y) : quoted;
      scanner.expect("]");
      steps.push(quoted !== undefined ? quoted : index === "*" ? "[*]" : Number(index));
    } else break;
  }
  if (steps.length === 0) throw invalidPattern();
  return steps;
}

/** All values a selector means; none if the path does not exist. */
function resolve(event: unknown, steps: readonly Step[]): unknown[] {
  let values: unknown[] = [event];
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of values) {
      if (typeof value !== "object" || value === null) continue;
      if (step === "[*]") next.push(...Object.values(value).slice(0, 10_000));
      else if (Object.hasOwn(value, step)) next.push((value as Record<string | number, unknown>)[step]);
    }
    values = next;
  }
  return values;
}
