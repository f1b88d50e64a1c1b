// The Go types of Kubernetes' built-in kinds at run time: structs, their fields and what the fields hold, as a minor has them. Compiled from
// the table on first use; minors between which a struct and all below it are the same share it.
import { type FieldLine, parseLine } from "./line.ts";
import { newestMinor } from "./minors.ts";
import { goTypeName, openApiName } from "./names.ts";
import { table } from "./table.ts";

export type { ListRule, PatchRule } from "./line.ts";

/** Primitive JSON values as Go declares them. */
export type ScalarName = "string" | "bool" | "int" | "int32" | "int64" | "uint32" | "uint64" | "float64" | "bytes" | "byte" | "any";

/** Types whose JSON or protobuf form is their own. */
export type SpecialName =
  | "Time"
  | "MicroTime"
  | "Duration"
  | "Quantity"
  | "IntOrString"
  | "RawExtension"
  | "FieldsV1"
  | "JSON"
  | "JSONSchemaPropsOrArray"
  | "JSONSchemaPropsOrBool"
  | "JSONSchemaPropsOrStringArray";

/** What a field holds. `go` is the Go type's name as in decoding errors; `values` lists an enum's members. */
export type TypeRef =
  | {
      readonly kind: "scalar";
      readonly scalar: ScalarName;
      readonly go: string;
      readonly alias?: string;
      readonly values?: readonly string[];
    }
  | { readonly kind: "special"; readonly special: SpecialName; readonly go: string }
  | { readonly kind: "list"; readonly item: TypeRef; readonly go: string; readonly alias?: string }
  | { readonly kind: "map"; readonly value: TypeRef; readonly go: string; readonly alias?: string }
  | { readonly kind: "struct"; readonly struct: StructType; readonly go: string };

/** A field of a struct. */
export interface Field extends Omit<FieldLine, "type" | "name" | "since" | "until" | "on"> {
  /** JSON name; "-" for an embedded struct. */
  readonly name: string;
  readonly type: TypeRef;
  readonly embedded: boolean;
  /** The minor knows the field and drops what is written: its feature gate is off by default. */
  readonly dropped: boolean;
}

/** A Go struct. */
export interface StructType {
  /** Name in the table: `core.v1.PodSpec`. */
  readonly name: string;
  /** `PodSpec`. */
  readonly goName: string;
  /** `io.k8s.api.core.v1.PodSpec`. */
  readonly openApi: string;
  /** One owner for the whole struct in server-side apply (`+structType=atomic`). */
  readonly atomic: boolean;
  /** Fields as declared, embedded structs among them. */
  readonly declared: readonly Field[];
  /** JSON members by name, embedded structs' members included. */
  readonly fields: ReadonlyMap<string, Field>;
  /** Declared fields by protobuf number. */
  readonly byNumber: ReadonlyMap<number, Field>;
}

const scalars = new Set(["string", "bool", "int", "int32", "int64", "uint32", "uint64", "float64", "bytes", "byte", "any"]);

const specials: Readonly<Record<string, SpecialName>> = {
  "meta.v1.Time": "Time",
  "meta.v1.MicroTime": "MicroTime",
  "meta.v1.Duration": "Duration",
  "meta.v1.FieldsV1": "FieldsV1",
  "resource.Quantity": "Quantity",
  "intstr.IntOrString": "IntOrString",
  "runtime.RawExtension": "RawExtension",
  "apiextensions.v1.JSON": "JSON",
  "apiextensions.v1.JSONSchemaPropsOrArray": "JSONSchemaPropsOrArray",
  "apiextensions.v1.JSONSchemaPropsOrBool": "JSONSchemaPropsOrBool",
  "apiextensions.v1.JSONSchemaPropsOrStringArray": "JSONSchemaPropsOrStringArray",
};

/** Structs by name and the minor of their last change; what type expressions stand for, by that minor and text. */
const structs = new Map<string, StructType>();
const references = new Map<number, Map<string, TypeRef>>();

function compileField({ type, since: _since, until: _until, on, ...rest }: FieldLine, minor: number): Field {
  return { ...rest, type: typeRef(type, minor), embedded: rest.name === "-", dropped: on > minor };
}

/** Lines before the fields': `@map=atomic`, `@minors=31,34` (where the struct or anything below it changes). */
function headers(lines: readonly string[]): { atomic: boolean; minors: readonly number[] } {
  let atomic = false;
  let minors: readonly number[] = [];
  for (const line of lines) {
    if (!line.startsWith("@")) break;
    if (line === "@map=atomic") atomic = true;
    else if (line.startsWith("@minors=")) minors = line.slice(8).split(",").map(Number);
  }
  return { atomic, minors };
}

class LazyStruct implements StructType {
  readonly name: string;
  readonly goName: string;
  readonly openApi: string;
  readonly atomic: boolean;
  readonly #lines: readonly string[];
  readonly #minor: number;
  #declared: readonly Field[] | undefined;
  #fields: ReadonlyMap<string, Field> | undefined;
  #byNumber: ReadonlyMap<number, Field> | undefined;

  constructor(name: string, lines: readonly string[], minor: number, atomic: boolean) {
    this.name = name;
    this.goName = name.slice(name.lastIndexOf(".") + 1);
    this.openApi = openApiName(name);
    this.atomic = atomic;
    this.#lines = lines;
    this.#minor = minor;
  }

  get declared(): readonly Field[] {
    this.#declared ??= this.#lines
      .filter((line) => !line.startsWith("@"))
      .map(parseLine)
      .filter(({ since, until }) => since <= this.#minor && this.#minor < until)
      .map((line) => compileField(line, this.#minor));
    return this.#declared;
  }

  get fields(): ReadonlyMap<string, Field> {
    if (this.#fields === undefined) {
      const fields = new Map<string, Field>();
      for (const field of this.declared) {
        if (!field.embedded) fields.set(field.name, field);
        else if (field.type.kind === "struct")
          for (const [name, inner] of field.type.struct.fields) if (!fields.has(name)) fields.set(name, inner);
      }
      this.#fields = fields;
    }
    return this.#fields;
  }

  get byNumber(): ReadonlyMap<number, Field> {
    this.#byNumber ??= new Map(this.declared.filter((field) => field.number > 0).map((field) => [field.number, field]));
    return this.#byNumber;
  }
}

/** A struct by its name in the table (`core.v1.PodSpec`), as Kubernetes 1.`minor` has it, or undefined. */
export function structNamed(name: string, minor: number = newestMinor): StructType | undefined {
  const lines = table.types[name];
  if (!Array.isArray(lines)) return undefined;
  const { atomic, minors } = headers(lines);
  const changed = minors.findLast((each) => each <= minor) ?? 0;
  const key = `${name}@${changed}`;
  let struct = structs.get(key);
  if (struct === undefined) {
    struct = new LazyStruct(name, lines, changed, atomic);
    structs.set(key, struct);
  }
  return struct;
}

function resolve(type: string, minor: number): TypeRef {
  const go = goTypeName(type);
  if (type.startsWith("*")) return typeRef(type.slice(1), minor);
  if (type.startsWith("[]")) return { kind: "list", item: typeRef(type.slice(2), minor), go };
  if (type.startsWith("{}")) return { kind: "map", value: typeRef(type.slice(2), minor), go };
  if (scalars.has(type)) return { kind: "scalar", scalar: type as ScalarName, go };
  const special = specials[type];
  if (special) return { kind: "special", special, go };
  const struct = structNamed(type, minor);
  if (struct) return { kind: "struct", struct, go };
  const alias = table.types[type];
  if (typeof alias !== "string") throw new Error(`the schema table has no type ${type}`);
  const [underlying = "string", ...values] = alias.split(" ");
  const target = typeRef(underlying, minor);
  if (target.kind === "scalar") return { ...target, go, alias: type, ...(values.length > 0 ? { values } : {}) };
  if (target.kind === "list" || target.kind === "map") return { ...target, go, alias: type };
  return target;
}

/** What a type expression of the table stands for in Kubernetes 1.`minor`. Throws if the table does not know it. */
export function typeRef(type: string, minor: number = newestMinor): TypeRef {
  let ofMinor = references.get(minor);
  if (ofMinor === undefined) {
    ofMinor = new Map();
    references.set(minor, ofMinor);
  }
  let known = ofMinor.get(type);
  if (known === undefined) {
    known = resolve(type, minor);
    ofMinor.set(type, known);
  }
  return known;
}

/** Kinds that every group and version knows (meta/v1 adds them to each). */
const everywhere = new Set(
  "Status DeleteOptions CreateOptions UpdateOptions PatchOptions GetOptions ListOptions WatchEvent APIGroup APIGroupList APIResourceList APIVersions".split(
    " ",
  ),
);

/**
 * The Go struct of a built-in kind (`apps/v1`, `Deployment`) in Kubernetes 1.`minor`, list kinds included; undefined for kinds that are not built in.
 * Includes versions that the server no longer serves; the registry says what is served.
 */
export function schemaOf(apiVersion: string, kind: string, minor: number = newestMinor): StructType | undefined {
  const kinds = table.kinds[apiVersion];
  const name = kinds && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (name !== undefined) return structNamed(name, minor);
  return everywhere.has(kind) ? structNamed(`meta.v1.${kind}`, minor) : undefined;
}
