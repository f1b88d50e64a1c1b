// Shapes from form-encoded requests (awsQuery and ec2Query). Parameters become a tree first: `Tag.1.Key=a` → Tag → 1 → Key.
import { blob } from "./json.ts";
import { MAX_DEPTH, MalformedRequest } from "./malformed.ts";
import { setOwn } from "./record.ts";
import type { ListShape, MapShape, Member, Shape } from "./shape.ts";
import { parseTimestamp } from "./timestamp.ts";

/** One place in the tree of parameters. */
export interface FormNode {
  value?: string;
  readonly children: Map<string, FormNode>;
}

/** Which of the two dialects: ec2Query capitalizes names and never wraps lists. */
export type Dialect = "awsQuery" | "ec2Query";

/** Parses `a=b&c.1=d`. Of a repeated parameter the last one counts. Throws {@link MalformedRequest} on bad percent encoding. */
export function parseForm(...texts: readonly string[]): FormNode {
  const root: FormNode = { children: new Map() };
  for (const text of texts) {
    for (const pair of text.split("&")) {
      if (pair === "") continue;
      const equals = pair.indexOf("=");
      const name = decode(equals < 0 ? pair : pair.slice(0, equals));
      place(root, name, equals < 0 ? "" : decode(pair.slice(equals + 1)));
    }
  }
  return root;
}

/** Decodes one form component (`+` is a space). */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text.includes("+") ? text.replaceAll("+", " ") : text);
  } catch {
    throw new MalformedRequest("", "form encoding");
  }
}

function place(root: FormNode, name: string, value: string): void {
  let node = root;
  const parts = name.split(".");
  if (parts.length > MAX_DEPTH) throw new MalformedRequest(parts[0] ?? "", "value of less depth");
  for (const part of parts) {
    let child = node.children.get(part);
    if (!child) {
      child = { children: new Map() };
      node.children.set(part, child);
    }
    node = child;
  }
  node.value = value;
}

/** Reads a parameter tree as `shape`. Throws {@link MalformedRequest}. */
export function fromForm(shape: Shape, node: FormNode, dialect: Dialect, path = ""): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": {
      const result: Record<string, unknown> = {};
      for (const member of shape.members) {
        const name = memberKey(member, dialect);
        const child = node.children.get(name);
        if (child) result[member.name] = fromForm(member.shape, child, dialect, path ? `${path}.${name}` : name);
      }
      return result;
    }
    case "list":
      return list(shape, node, dialect, path);
    case "map":
      return map(shape, node, dialect, path);
    default:
      return scalar(shape, node, path);
  }
}

/** A member's parameter name. */
export function memberKey(member: Member, dialect: Dialect): string {
  if (dialect === "awsQuery") return member.xmlName ?? member.name;
  if (member.ec2QueryName !== undefined) return member.ec2QueryName;
  const name = member.xmlName ?? member.name;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

// An empty list arrives as `Name=`. Elements sit directly below the name in ec2Query and in flattened lists, one level deeper otherwise.
function list(shape: ListShape, node: FormNode, dialect: Dialect, path: string): unknown[] {
  const wrapped = dialect === "awsQuery" ? node.children.get(shape.member.xmlName ?? "member") : undefined;
  const holder = wrapped ?? node;
  const prefix = wrapped ? `${path}.${shape.member.xmlName ?? "member"}` : path;
  return numbered(holder, prefix).map(([index, child]) => fromForm(shape.member.shape, child, dialect, `${prefix}.${index}`));
}

function map(shape: MapShape, node: FormNode, dialect: Dialect, path: string): object {
  const holder = node.children.get("entry") ?? node;
  const result = {};
  for (const [index, entry] of numbered(holder, path)) {
    const key = entry.children.get(shape.key.xmlName ?? "key")?.value;
    const value = entry.children.get(shape.value.xmlName ?? "value");
    if (key === undefined || !value) throw new MalformedRequest(`${path}.${index}`, "map entry");
    setOwn(result, key, fromForm(shape.value.shape, value, dialect, `${path}.${index}`));
  }
  return result;
}

function numbered(node: FormNode, path: string): [number, FormNode][] {
  const found: [number, FormNode][] = [];
  for (const [key, child] of node.children) {
    if (!/^\d{1,9}$/.test(key)) throw new MalformedRequest(`${path}.${key}`, "list index");
    found.push([Number(key), child]);
  }
  if (found.length === 0 && node.value) throw new MalformedRequest(path, "list", node.value);
  return found.sort(([a], [b]) => a - b);
}

function scalar(shape: Shape, node: FormNode, path: string): unknown {
  const text = node.value;
  if (text === undefined || node.children.size > 0) throw new MalformedRequest(path, shape.kind);
  return scalarFromText(shape, text, path);
}

/** Reads a scalar from text, as in forms and query strings. Throws {@link MalformedRequest}. */
export function scalarFromText(shape: Shape, text: string, path: string): unknown {
  switch (shape.kind) {
    case "number": {
      const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
      if (!Number.isFinite(value)) throw new MalformedRequest(path, "number", text);
      return value;
    }
    case "boolean": {
      const lower = text.toLowerCase();
      if (lower !== "true" && lower !== "false") throw new MalformedRequest(path, "boolean", text);
      return lower === "true";
    }
    case "timestamp": {
      const date = parseTimestamp(text);
      if (!date) throw new MalformedRequest(path, "timestamp", text);
      return date;
    }
    case "blob":
      return blob(text, path);
    default:
      return text;
  }
}
