// Which types operators take, and what they give.
import { bool, dyn, fits, int, type StaticType } from "./static-type.ts";

const numbers = ["int", "uint", "double"];
const ordered = new Set(["bool", ...numbers, "string", "bytes", "timestamp", "duration", "dyn"]);
const summed = new Set([...numbers, "string", "bytes", "list", "timestamp", "duration"]);

type Rule = (left: StaticType, right: StaticType) => StaticType | undefined;

const equality: Rule = (left, right) => (fits(left, right) || bothNumbers(left, right) ? bool : undefined);
const bothNumbers = (left: StaticType, right: StaticType) => numbers.includes(left.name) && numbers.includes(right.name);
const order: Rule = (left, right) =>
  ordered.has(left.name) && ordered.has(right.name) && (fits(left, right) || bothNumbers(left, right)) ? bool : undefined;
const logic: Rule = (left, right) => (fits(bool, left) && fits(bool, right) ? bool : undefined);
const arithmetic =
  (names: readonly string[]): Rule =>
  (left, right) => {
    const known = [left, right].filter(({ name }) => name !== "dyn");
    if (known.some(({ name }) => !names.includes(name))) return undefined;
    return known.length < 2 ? dyn : fits(left, right) ? left : undefined;
  };
/** Times and durations add up to each other. */
const timed =
  (rule: Rule): Rule =>
  (left, right) => {
    const isTime = ({ name }: StaticType) => name === "timestamp" || name === "duration";
    return isTime(left) || isTime(right)
      ? isTime(left) && isTime(right)
        ? dyn
        : left.name === "dyn" || right.name === "dyn"
          ? dyn
          : undefined
      : rule(left, right);
  };

/** Operators between two values, by their sign. */
export const binary: Readonly<Record<string, Rule>> = {
  "==": equality,
  "!=": equality,
  "<": order,
  "<=": order,
  ">": order,
  ">=": order,
  "&&": logic,
  "||": logic,
  "+": timed(arithmetic([...summed])),
  "-": timed(arithmetic(numbers)),
  "*": arithmetic(numbers),
  "/": arithmetic(numbers),
  "%": arithmetic(["int", "uint"]),
  in: (left, right) => {
    if (right.name === "dyn") return bool;
    return (right.name === "list" || right.name === "map") && fits(right.args?.[0] ?? dyn, left) ? bool : undefined;
  },
  "[]": (left, right) => {
    if (left.name === "dyn") return dyn;
    if (left.name === "list")
      return fits(int, right) || right.name === "double" || right.name === "uint" ? (left.args?.[0] ?? dyn) : undefined;
    return left.name === "map" && fits(left.args?.[0] ?? dyn, right) ? (left.args?.[1] ?? dyn) : undefined;
  },
};

/** Names under which cel-go knows them. */
export const operatorName = (sign: string): string => (sign === "in" ? "@in" : sign === "[]" ? "_[_]" : `_${sign}_`);
