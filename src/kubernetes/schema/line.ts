// The grammar of the schema table: one line of words says all about a field.
//
//   name number type words…
//
// name    the JSON name, or "-" for an embedded struct whose fields stand in the surrounding object
// number  the protobuf field number, 0 if the field is never written as protobuf
// type    *T pointer, []T list, {}T map of strings to T; string bool bytes any int32 int64 … or a type's name in the table
// words   omit           left out of JSON when empty            opt        marked optional
//         null           null is a value                        map=atomic one owner for the whole map or struct
//         patch=S,S:key  strategic merge strategies and key     list=map:k,k | list=set | list=atomic  for server-side apply
//         since=M until=M  first 1.M minor that has the field, first one that no longer has it
//         on=M,on=never    first minor that keeps the field by default: before, its feature gate is off and writes drop it
//         def=JSON       default of an absent member (always the last word; may hold spaces)

/** How a list merges in server-side apply. */
export interface ListRule {
  readonly type: "map" | "set" | "atomic";
  /** JSON names of the members that identify an item, for type `map`. */
  readonly keys: readonly string[];
}

/** How a list or map merges in strategic merge patch. */
export interface PatchRule {
  readonly strategies: readonly string[];
  readonly mergeKey?: string;
}

/** A field's line taken apart. */
export interface FieldLine {
  readonly name: string;
  readonly number: number;
  /** Type without the leading pointer mark. */
  readonly type: string;
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
  /** May be absent: `omitempty` or marked optional (kube-openapi's rule for `required`). */
  readonly optional: boolean;
  readonly nullable: boolean;
  readonly patch?: PatchRule;
  readonly list?: ListRule;
  readonly map?: "atomic" | "granular";
  /** Minors that know the field: from `since` on, before `until`. */
  readonly since: number;
  readonly until: number;
  /** First minor that keeps what is written. */
  readonly on: number;
  /** The default as parsed JSON; undefined when there is none. */
  readonly initial?: unknown;
}

/** Takes a line of the table apart. Throws on a word outside the grammar. */
export function parseLine(line: string): FieldLine {
  const at = line.indexOf(" def=");
  const words = (at < 0 ? line : line.slice(0, at)).split(" ");
  const [name, number, type, ...rest] = words as [string, string, string, ...string[]];
  const field: { -readonly [Key in keyof FieldLine]: FieldLine[Key] } = {
    name,
    number: Number(number),
    type: type.startsWith("*") ? type.slice(1) : type,
    pointer: type.startsWith("*"),
    omitEmpty: false,
    optional: false,
    nullable: false,
    since: 0,
    until: Number.POSITIVE_INFINITY,
    on: 0,
  };
  if (at >= 0) field.initial = JSON.parse(line.slice(at + 5));
  for (const word of rest) {
    const equals = word.indexOf("=");
    const value = word.slice(equals + 1);
    switch (equals < 0 ? word : word.slice(0, equals)) {
      case "omit":
        field.omitEmpty = true;
        field.optional = true;
        break;
      case "opt":
        field.optional = true;
        break;
      case "null":
        field.nullable = true;
        break;
      case "since":
      case "until":
        field[word.startsWith("since") ? "since" : "until"] = Number(value);
        break;
      case "on":
        field.on = value === "never" ? Number.POSITIVE_INFINITY : Number(value);
        break;
      case "patch": {
        const [strategies = "", mergeKey] = value.split(":");
        field.patch = { strategies: strategies.split(","), ...(mergeKey ? { mergeKey } : {}) };
        break;
      }
      case "list": {
        const [kind, keys] = value.split(":");
        field.list = { type: kind as ListRule["type"], keys: keys ? keys.split(",") : [] };
        break;
      }
      case "map":
        field.map = value as "atomic" | "granular";
        break;
      default:
        throw new Error(`unknown word ${word} in ${line}`);
    }
  }
  return field;
}
