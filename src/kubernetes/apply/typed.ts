// Whether an applied configuration fits its type: declared fields, the right kinds of values, list items that can be told apart
// (structured-merge-diff's typed values, and their words).
import { isObject, type Json } from "../api/json.ts";
import { anyType, type TypeNode } from "../api/type-node.ts";
import { pathText } from "./field-set.ts";
import { isGranularList, itemElement } from "./items.ts";

/** Why a value is not one of its type, all reasons in one text; undefined if it is. Where nothing is declared, nothing is wrong. */
export function typeProblem(value: Json, type: TypeNode): string | undefined {
  const problems: string[] = [];
  collect(value, type, [], problems);
  if (problems.length === 0) return undefined;
  return problems.length === 1 ? problems[0] : `errors:\n${problems.map((each) => `  ${each}`).join("\n")}`;
}

function collect(value: Json, type: TypeNode, path: readonly string[], problems: string[]): void {
  if (value === null || value === undefined) return;
  const says = (text: string, at = path) => problems.push(at.length > 0 ? `${pathText(at)}: ${text}` : text);
  switch (type.shape) {
    case "any":
      return;
    case "scalar": {
      const problem = scalarProblem(value, type.scalar);
      if (problem) says(problem);
      return;
    }
    case "list":
      if (!Array.isArray(value)) says(`expected list, got &{${plain(value)}}`);
      else collectItems(value, type, path, problems, says);
      return;
    default:
      if (!isObject(value)) says(`expected map, got &{${plain(value)}}`);
      else collectMembers(value, type, path, problems, says);
  }
}

/** The first undeclared member ends the search among its siblings. */
function collectMembers(value: Record<string, Json>, type: TypeNode, path: readonly string[], problems: string[], says: Says): void {
  for (const name of Object.keys(value).sort()) {
    const at = [...path, `f:${name}`];
    const member = type.field(name) ?? type.element;
    if (!member) {
      says("field not declared in schema", at);
      return;
    }
    collect(value[name], member, at, problems);
  }
}

type Says = (text: string, at?: readonly string[]) => void;

function collectItems(value: readonly Json[], type: TypeNode, path: readonly string[], problems: string[], says: Says): void {
  const seen = new Set<string>();
  for (const [i, item] of value.entries()) {
    let element = `i:${i}`;
    if (isGranularList(type)) {
      const problem = itemProblem(item, type);
      if (problem) {
        says(`element ${i}: ${problem}`);
        return;
      }
      element = itemElement(item, type) as string;
      if (seen.has(element)) says(`duplicate entries for key ${pathText([element])}`);
      seen.add(element);
    }
    collect(item, type.element ?? anyType, [...path, element], problems);
  }
}

function itemProblem(item: Json, type: TypeNode): string | undefined {
  if (type.listType === "set") {
    if (Array.isArray(item)) return "not supported: associative list with lists as elements";
    return isObject(item) ? "associative list without keys has an element that's a map type" : undefined;
  }
  if (item === null) return "associative list with keys may not have a null element";
  if (!isObject(item)) return "associative list with keys may not have non-map elements";
  if (itemElement(item, type) !== undefined) return undefined;
  const keys = type.listKeys.map((key) => JSON.stringify(key)).join(" ");
  return `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`;
}

function scalarProblem(value: Json, wanted: TypeNode["scalar"]): string | undefined {
  if (wanted === "numeric" && typeof value !== "number") return `expected numeric (int or float), got ${goType(value)}`;
  if (wanted === "string" && typeof value !== "string") return `expected string, got &value.valueUnstructured{Value:${literal(value)}}`;
  if (wanted === "boolean" && typeof value !== "boolean") return `expected boolean, got &{${plain(value)}}`;
  return undefined;
}

function goType(value: Json): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}

/** A value as Go's `%v` prints it. */
function plain(value: Json): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(plain).join(" ")}]`;
  return isObject(value) ? `map[${sorted(value, plain, "").join(" ")}]` : String(value);
}

/** A value as Go's `%#v` prints it. */
function literal(value: Json): string {
  if (value === null) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(literal).join(", ")}}`;
  return isObject(value) ? `map[string]interface {}{${sorted(value, literal, '"').join(", ")}}` : JSON.stringify(value);
}

const sorted = (value: Record<string, Json>, print: (value: Json) => string, quote: string): string[] =>
  Object.keys(value)
    .sort()
    .map((key) => `${quote ? JSON.stringify(key) : key}:${print(value[key])}`);
