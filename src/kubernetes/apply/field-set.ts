// Sets of field paths in the form of metadata.managedFields' fieldsV1, and the algebra on them.
// A node is a JSON object: members are path elements (`f:name`, `k:{…}`, `v:…`), `{}` is a leaf that belongs to the set,
// and "." marks an inner node that belongs to the set itself.

/** A set of paths; `undefined` is the empty set. Sets are immutable. */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** The set of just the root; as a child: a leaf. */
export const leaf: FieldSet = Object.freeze({});

const isLeaf = (set: FieldSet) => {
  for (const _ in set) return false;
  return true;
};

/** Whether the node itself, not only something below it, is in the set. */
export const hasSelf = (set: FieldSet) => isLeaf(set) || set["."] !== undefined;

/** Makes a node of children; undefined when there is nothing in it. */
export function node(self: boolean, children: Record<string, FieldSet>): FieldSet | undefined {
  if (isLeaf(children)) return self ? leaf : undefined;
  return self ? { ".": leaf, ...children } : children;
}

/** All paths of either. */
export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (!a || a === b) return b;
  if (!b) return a;
  const children: Record<string, FieldSet> = {};
  for (const key in a) if (key !== ".") children[key] = a[key]!;
  for (const key in b) if (key !== ".") children[key] = children[key] ? union(children[key], b[key])! : b[key]!;
  return node(hasSelf(a) || hasSelf(b), children);
}

/** Paths of `a` that are not in `b`. */
export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (!a || !b) return a;
  const children: Record<string, FieldSet> = {};
  for (const key in a) {
    if (key === ".") continue;
    const rest = b[key] ? difference(a[key], b[key]) : a[key];
    if (rest) children[key] = rest;
  }
  return node(hasSelf(a) && !hasSelf(b), children);
}

/** Paths of both. */
export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (!a || !b) return undefined;
  const children: Record<string, FieldSet> = {};
  for (const key in a) {
    if (key === "." || !b[key]) continue;
    const both = intersection(a[key], b[key]);
    if (both) children[key] = both;
  }
  return node(hasSelf(a) && hasSelf(b), children);
}

/** Whether two sets hold the same paths. */
export function equalSets(a: FieldSet | undefined, b: FieldSet | undefined): boolean {
  if (a === b) return true;
  if (!a || !b || hasSelf(a) !== hasSelf(b)) return false;
  for (const key in a) if (key !== "." && !equalSets(a[key], b[key])) return false;
  for (const key in b) if (key !== "." && !a[key]) return false;
  return true;
}

/** Every path of the set, as element lists, in order of their elements. */
export function paths(set: FieldSet | undefined, prefix: readonly string[] = []): string[][] {
  if (!set) return [];
  const found: string[][] = hasSelf(set) && prefix.length > 0 ? [[...prefix]] : [];
  for (const key of Object.keys(set).sort()) if (key !== ".") found.push(...paths(set[key], [...prefix, key]));
  return found;
}

/** `.spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  return path
    .map((element) => {
      const body = element.slice(2);
      if (element.startsWith("f:")) return `.${body}`;
      if (element.startsWith("v:")) return `[=${body}]`;
      if (element.startsWith("i:")) return `[${body}]`;
      const keys = JSON.parse(body) as Record<string, unknown>;
      return `[${Object.entries(keys)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(",")}]`;
    })
    .join("");
}

/** Whether a value from outside is a well-formed set. */
export function isFieldSet(value: unknown, depth = 0): value is FieldSet {
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth > 100) return false;
  return Object.entries(value).every(([key, child]) => {
    if (key === ".") return typeof child === "object" && child !== null && Object.keys(child).length === 0;
    if (!/^[fkvi]:/.test(key)) return false;
    if (key.startsWith("k:") && !isKey(key.slice(2))) return false;
    return isFieldSet(child, depth + 1);
  });
}

function isKey(text: string): boolean {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}
