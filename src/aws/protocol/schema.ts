// Reads the static schemas that the official client packages export. The only file that knows their raw format.
//
// A schema is an array [kind, namespace, name, traits, …]: 0 simple [… ref], 1 list [… value], 2 map [… key, value],
// 3 structure, -3 error and 4 union [… memberNames, memberRefs, requiredCount], 9 operation [… input, output].
// A reference is a schema, a function returning one, a pair [reference, traits], "unit", or a number for an unnamed shape.
import type { ErrorShape, ListShape, MapShape, Member, OperationShape, Shape, Shapes, SimpleShape, StructureShape } from "./shape.ts";

type Raw = readonly [number, string, string, unknown, ...unknown[]];
type Traits = Readonly<Record<string, unknown>>;

const KIND = { simple: 0, list: 1, map: 2, structure: 3, union: 4, error: -3, operation: 9 } as const;
const LIST_OF = 64;
const MAP_OF = 128;
const SIMPLE: Readonly<Record<number, Pick<SimpleShape, "kind" | "format">>> = {
  0: { kind: "string" },
  1: { kind: "number" },
  2: { kind: "boolean" },
  4: { kind: "timestamp" },
  5: { kind: "timestamp", format: "date-time" },
  6: { kind: "timestamp", format: "http-date" },
  7: { kind: "timestamp", format: "epoch-seconds" },
  21: { kind: "blob" },
};
const FLAGS = ["httpLabel", "idempotent", "idempotencyToken", "sensitive", "httpPayload", "httpResponseCode", "httpQueryParams"];
const UNDERSTOOD = new Set([
  ...["httpLabel", "idempotent", "idempotencyToken", "sensitive", "httpQuery", "httpHeader", "http", "httpError", "error"],
  ...["awsQueryError", "xmlName", "xmlFlattened", "ec2QueryName", "streaming", "endpoint"],
]);

function traitsOf(raw: unknown): Traits {
  if (typeof raw === "object" && raw !== null) {
    for (const name of Object.keys(raw)) if (!UNDERSTOOD.has(name)) throw new Error(`schema trait ${name} is not understood`);
    return raw as Traits;
  }
  const bits = Number(raw ?? 0);
  if (bits === 0) return {};
  return traitsOf(Object.fromEntries(FLAGS.filter((_, bit) => (bits >> bit) & 1).map((name) => [name, 1])));
}

/** Turns a client package's exports into {@link Shapes}. Throws if the package's schema format is not the one known here. */
export function readSchemas(exports: Readonly<Record<string, unknown>>): Shapes {
  const reader = new Reader();
  const operations = new Map<string, OperationShape>();
  const errors = new Map<string, ErrorShape>();
  for (const [exported, value] of Object.entries(exports)) {
    if (!exported.endsWith("$") || !Array.isArray(value)) continue;
    const raw = value as unknown as Raw;
    if (raw[0] === KIND.operation) operations.set(raw[2], reader.operation(raw));
    if (raw[0] === KIND.error && raw[4] && !raw[1].startsWith("smithy.ts.sdk.synthetic")) {
      const error = reader.error(raw);
      errors.set(error.name, error);
      if (!errors.has(error.code)) errors.set(error.code, error);
    }
  }
  if (operations.size === 0) throw new Error("the client package exports no operation schemas");
  return { operations, errors, enumValues: (name) => enumValues(exports[name]) };
}

function enumValues(value: unknown): readonly string[] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.values(value).filter((entry) => typeof entry === "string");
}

class Reader {
  readonly #shapes = new Map<unknown, Shape>();

  operation(raw: Raw): OperationShape {
    const http = traitsOf(raw[3]).http as [string, string, number] | undefined;
    const resolve = (ref: unknown) => this.#lazy(ref);
    const input = resolve(raw[4]);
    const output = resolve(raw[5]);
    return {
      name: raw[2],
      ...(http && { http: { method: http[0], path: http[1], status: http[2] } }),
      get input() {
        return input();
      },
      get output() {
        return output();
      },
      get streaming() {
        return output()?.members.some((member) => member.shape.kind === "union" && isStream(member.shape)) ?? false;
      },
    };
  }

  error(raw: Raw): ErrorShape {
    const traits = traitsOf(raw[3]);
    const structure = this.#structure(raw, "structure");
    const query = traits.awsQueryError as [string, number] | undefined;
    const fault = traits.error === "server" ? "server" : "client";
    const status = Number(traits.httpError ?? query?.[1] ?? (fault === "server" ? 500 : 400));
    return { ...structure, code: query?.[0] ?? raw[2], status, fault };
  }

  #lazy(ref: unknown): () => StructureShape | undefined {
    let known: StructureShape | undefined;
    return () => {
      const target = typeof ref === "function" ? ref() : ref;
      if (target === "unit") return undefined;
      known ??= this.#shape(target) as StructureShape;
      return known;
    };
  }

  #shape(ref: unknown): Shape {
    const target = typeof ref === "function" ? ref() : ref;
    const known = this.#shapes.get(target);
    if (known) return known;
    const made = typeof target === "number" ? this.#unnamed(target) : this.#named(target as Raw);
    this.#shapes.set(target, made);
    return made;
  }

  #unnamed(code: number): Shape {
    if (code >= MAP_OF) {
      const value = this.#member("value", code - MAP_OF, false);
      return { kind: "map", name: "", key: this.#member("key", 0, false), value, sensitive: false };
    }
    if (code >= LIST_OF) return { kind: "list", name: "", member: this.#member("member", code - LIST_OF, false), sensitive: false };
    const simple = SIMPLE[code];
    if (!simple) throw new Error(`simple schema ${code} is not understood`);
    return { ...simple, name: "", sensitive: false };
  }

  #named(raw: Raw): Shape {
    if (!Array.isArray(raw)) throw new Error(`schema ${String(raw)} is not understood`);
    const [kind, , name] = raw;
    const sensitive = Boolean(traitsOf(raw[3]).sensitive);
    switch (kind) {
      case KIND.simple: {
        const base = this.#shape(raw[4]) as SimpleShape;
        return { ...base, name, sensitive };
      }
      case KIND.list:
        return { kind: "list", name, member: this.#member("member", raw[4], false), sensitive } satisfies ListShape;
      case KIND.map: {
        const value = this.#member("value", raw[5], false);
        return { kind: "map", name, key: this.#member("key", raw[4], false), value, sensitive } satisfies MapShape;
      }
      case KIND.structure:
      case KIND.error:
        return this.#structure(raw, "structure");
      case KIND.union: {
        const union = this.#structure(raw, "union");
        if (traitsOf(raw[3]).streaming) streams.add(union);
        return union;
      }
      default:
        throw new Error(`schema kind ${kind} of ${name} is not understood`);
    }
  }

  #structure(raw: Raw, kind: "structure" | "union"): StructureShape {
    const names = (raw[4] ?? []) as readonly string[];
    const refs = (raw[5] ?? []) as readonly unknown[];
    const required = Number(raw[6] ?? 0);
    const members = names.map((name, index) => this.#member(name, refs[index], index < required));
    return { kind, name: raw[2], members, sensitive: Boolean(traitsOf(raw[3]).sensitive) };
  }

  #member(name: string, ref: unknown, required: boolean): Member {
    let target = ref;
    let traits: Traits = {};
    while (Array.isArray(target) && target.length === 2) {
      traits = { ...traitsOf(target[1]), ...traits };
      target = target[0];
    }
    const resolve = () => this.#shape(target);
    let shape: Shape | undefined;
    return {
      name,
      required,
      get shape() {
        shape ??= resolve();
        return shape;
      },
      sensitive: Boolean(traits.sensitive),
      flattened: Boolean(traits.xmlFlattened),
      label: Boolean(traits.httpLabel),
      ...(traits.xmlName !== undefined && { xmlName: String(traits.xmlName) }),
      ...(traits.ec2QueryName !== undefined && { ec2QueryName: String(traits.ec2QueryName) }),
      ...(traits.httpQuery !== undefined && { query: String(traits.httpQuery) }),
      ...(traits.httpHeader !== undefined && { header: String(traits.httpHeader).toLowerCase() }),
    };
  }
}

const streams = new WeakSet<StructureShape>();

function isStream(shape: StructureShape): boolean {
  return streams.has(shape);
}
