// Objects that expressions make: `Object.spec{replicas: 1}` and `JSONPatch{op: "add", …}` (Kubernetes documentation, "Mutating Admission Policy").
import type { Environment } from "@marcbachmann/cel-js";
import { isObject, type Json } from "../api/json.ts";

/** An object made by an expression, with the type name it was given. */
export class MadeObject {
  readonly typeName: string;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(typeName: string, members: Readonly<Record<string, unknown>>) {
    this.typeName = typeName;
    this.members = members;
  }
}

class JsonPatchFunctions {}

const makes = "__made";

/** Registers what {@link withMadeObjects} writes, and `jsonpatch.escapeKey`. */
export function registerObjects(environment: Environment): void {
  environment
    .registerType("Object", MadeObject)
    .registerFunction(`${makes}(string, map): dyn`, (typeName: string, members: unknown) => new MadeObject(typeName, present(members)))
    .registerType("JSONPatchFunctions", JsonPatchFunctions)
    .registerConstant("jsonpatch", "JSONPatchFunctions", new JsonPatchFunctions())
    .registerFunction("JSONPatchFunctions.escapeKey(string): string", (_: JsonPatchFunctions, key: string) =>
      key.replaceAll("~", "~0").replaceAll("/", "~1"),
    );
}

/** Members without those whose optional value is absent: the key of an optional one begins with a question mark. */
function present(members: unknown): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const entries = members instanceof Map ? [...members] : Object.entries(members as object);
  for (const [key, value] of entries as [string, unknown][]) {
    if (!key.startsWith("?")) result[key] = value;
    else if (!isOptional(value)) throw new Error(`optional entry ${JSON.stringify(key.slice(1))} needs an optional value`);
    else if (value.hasValue()) result[key.slice(1)] = value.value();
  }
  return result;
}

const isOptional = (value: unknown): value is { hasValue(): boolean; value(): unknown } =>
  typeof value === "object" && value !== null && "hasValue" in value && typeof value.hasValue === "function";

const token =
  /[rR]?'''[\s\S]*?'''|[rR]?"""[\s\S]*?"""|[rR]"[^"\n]*"|[rR]'[^'\n]*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n]*|[A-Za-z_]\w*|\s+|[\s\S]/g;

/** Rewrites the literals of objects, which the CEL library does not know, into calls that make them. Other text stays as it is. */
export function withMadeObjects(source: string): string {
  const tokens = source.match(token) ?? [];
  const open: ("object" | "other")[] = [];
  let text = "";
  // Where the name of a member may come, and whether a question mark stood before it.
  let atKey = false;
  let optional = "";
  for (let i = 0; i < tokens.length; i++) {
    const each = tokens[i] as string;
    const literal = open.at(-1) !== "object" || !atKey ? typeNameAt(tokens, i) : undefined;
    if (literal) {
      text += `${makes}(${JSON.stringify(literal.name)}, {`;
      open.push("object");
      atKey = true;
      i = literal.brace;
    } else if ("([{".includes(each)) {
      open.push("other");
      text += each;
    } else if (")]}".includes(each)) {
      text += open.pop() === "object" ? "})" : each;
      atKey = false;
    } else if (atKey && open.at(-1) === "object" && each === "?") optional = "?";
    else if (atKey && open.at(-1) === "object" && /^[A-Za-z_]/.test(each)) {
      text += JSON.stringify(optional + plainKey(each));
      atKey = false;
      optional = "";
    } else if (each === "," && open.at(-1) === "object") {
      atKey = true;
      text += each;
    } else text += each;
  }
  return text;
}

/** `Object`, `Object.spec` or `JSONPatch` before a brace. */
function typeNameAt(tokens: readonly string[], start: number): { name: string; brace: number } | undefined {
  const first = tokens[start];
  if ((first !== "Object" && first !== "JSONPatch") || tokens[start - 1] === ".") return undefined;
  let name = first;
  let at = start + 1;
  while (first === "Object" && tokens[at] === "." && /^[A-Za-z_]/.test(tokens[at + 1] ?? "")) {
    name += `.${plainKey(tokens[at + 1] as string)}`;
    at += 2;
  }
  while (/^\s+$/.test(tokens[at] ?? "")) at++;
  return tokens[at] === "{" ? { name, brace: at } : undefined;
}

const plainKey = (name: string) => /^__([a-z]+)__$/.exec(name)?.[1] ?? name;

/**
 * A value of CEL as JSON. With `path`, objects must be of the type that their place below `Object` has. Throws for what JSON cannot say.
 */
export function jsonOf(value: unknown, path?: string): Json {
  if (value instanceof MadeObject) {
    if (path !== undefined && value.typeName !== path)
      throw new Error(
        `type mismatch: unexpected type name "${value.typeName}", expected "${path}", which matches field name path from root Object type`,
      );
    return membersOf(Object.entries(value.members), path);
  }
  if (typeof value === "bigint") return Number(value);
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value;
  if (Array.isArray(value)) return value.map((each) => jsonOf(each, path));
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Date) return value.toISOString().replace(".000Z", "Z");
  if (value instanceof Map) return membersOf([...value], path);
  if (isObject(value)) return membersOf(Object.entries(value), path);
  throw new Error("the value cannot be converted to JSON");
}

function membersOf(entries: readonly (readonly [unknown, unknown])[], path: string | undefined): Json {
  const result: Record<string, Json> = {};
  for (const [key, member] of entries) {
    if (typeof key !== "string" || key === "__proto__") throw new Error("the keys of an object must be strings");
    result[key] = jsonOf(member, path === undefined ? undefined : `${path}.${key}`);
  }
  return result;
}
