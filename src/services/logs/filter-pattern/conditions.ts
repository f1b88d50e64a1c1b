// Comparisons shared by JSON and space-delimited patterns.
import { ANY_RUN, type Matcher, matcherOf, tokensOf } from "../../../policy/glob.ts";
import { invalidPattern } from "./invalid-pattern.ts";

export const OPERATORS = ["!=", "<=", ">=", "=", "<", ">"] as const;
export type Operator = (typeof OPERATORS)[number];

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** Compares a value with an operand: numbers as numbers where the operand is an unquoted number, else as text with `*`. */
export function comparison(operator: Operator, operand: string, quoted: boolean): (value: string | number | boolean) => boolean {
  if (!quoted && NUMBER.test(operand)) return numeric(operator, Number(operand));
  if (operator !== "=" && operator !== "!=") throw invalidPattern();
  const matches = starPattern(operand);
  return (value) => matches(String(value)) === (operator === "=");
}

/** Only the star is a wildcard here. */
function starPattern(operand: string): Matcher {
  const parts = operand.split(/\*+/).map((part) => tokensOf(part, false));
  return matcherOf(parts.flatMap((part, index) => (index === 0 ? part : [ANY_RUN, ...part])));
}

function numeric(operator: Operator, operand: number): (value: string | number | boolean) => boolean {
  return (value) => {
    if (typeof value === "boolean" || (typeof value === "string" && !NUMBER.test(value))) return operator === "!=";
    const number = Number(value);
    switch (operator) {
      case "=":
        return number === operand;
      case "!=":
        return number !== operand;
      case "<":
        return number < operand;
      case ">":
        return number > operand;
      case "<=":
        return number <= operand;
      case ">=":
        return number >= operand;
    }
  };
}
