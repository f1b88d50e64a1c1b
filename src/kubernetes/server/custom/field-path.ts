// Paths from a schema to a member below it: `.spec.color`, `.spec['a.b']`.
import { isObject } from "../../api/json.ts";
import type { Schema } from "./schema.ts";

export type FoundField =
  | { readonly path: string; readonly root: string; readonly schema: Schema | undefined }
  | { readonly problem: string };

/** Dots, brackets, quoted texts and what stands between them. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = at + 1;
    if (text[at] === "'") {
      while (end < text.length && !(text[end] === "'" && text[end - 1] !== "\\")) end++;
      end++;
    } else if (!".[]".includes(text[at]!)) while (end < text.length && !".[]".includes(text[end]!)) end++;
    tokens.push(text.slice(at, end));
    at = end;
  }
  return tokens;
}

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "'": "'",
  "\\": "\\",
};

/** Follows a path of member names. Paths into metadata need it declared; `brackets` says whether `['name']` may be used. */
export function findField(text: string, start: Schema, brackets = true): FoundField {
  const tokens = tokensOf(text);
  const names: string[] = [];
  let path = "";
  let schema: Schema | undefined = start;
  const end = { problem: "unexpected end of JSON path" };
  const nowhere = { problem: "does not refer to a valid field" };
  while (tokens.length > 0) {
    const token = tokens.shift() as string;
    if (token !== "." && token !== "[") return { problem: `expected [ or . but got: ${token}` };
    if (token === "[" && !brackets) return { problem: "array notation is not allowed" };
    let name = tokens.shift();
    if (name === undefined) return end;
    if (token === "[") {
      if (name.length < 2 || !/^'.*'$/s.test(name)) return { problem: `expected single quoted string but got ${name}` };
      const bad = [...name.slice(1, -1).matchAll(/\\(.)/gs)].find(([, letter]) => escapes[letter as string] === undefined);
      if (bad) return { problem: `invalid string literal: invalid escape char ${bad[0]}` };
      name = name.slice(1, -1).replace(/\\(.)/gs, (_, letter: string) => escapes[letter] as string);
    }
    if (hasProperties(schema)) {
      path += path ? `.${name}` : name;
      if (!Object.hasOwn(schema?.properties, name)) return nowhere;
      schema = schema?.properties[name];
    } else if (schema?.additionalProperties !== undefined) {
      path += `[${name}]`;
      schema = isObject(schema.additionalProperties) ? schema.additionalProperties : undefined;
    } else return nowhere;
    names.push(name);
    if (token === "[") {
      const close = tokens.shift();
      if (close === undefined) return end;
      if (close !== "]") return { problem: `expected ] but got ${close}` };
    }
  }
  return { path, root: names[0] ?? "", schema };
}

const hasProperties = (schema: Schema | undefined): boolean => Object.keys(schema?.properties ?? {}).length > 0;
