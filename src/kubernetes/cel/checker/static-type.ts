// Types of expressions before they run, as cel-go's checker has them.

/** A type. `dyn` may be anything. */
export interface StaticType {
  readonly name: string;
  /** Of lists the element's type, of maps key and value. */
  readonly args?: readonly StaticType[];
  /** Of objects: the type of a member; undefined if it is not declared. */
  field?(name: string): StaticType | undefined;
}

export const dyn: StaticType = { name: "dyn" };
export const bool: StaticType = { name: "bool" };
export const int: StaticType = { name: "int" };
export const text: StaticType = { name: "string" };
export const listOf = (element: StaticType): StaticType => ({ name: "list", args: [element] });
export const mapOf = (key: StaticType, value: StaticType): StaticType => ({ name: "map", args: [key, value] });

/** The names cel-go prints. */
export function typeText({ name, args = [] }: StaticType): string {
  return args.length > 0 ? `${name}(${args.map(typeText).join(", ")})` : name;
}

const wellKnown: Readonly<Record<string, string>> = { "google.protobuf.Timestamp": "timestamp", "google.protobuf.Duration": "duration" };

/** A type as declarations of functions write it: `map<string, list<int>>`; type parameters are dyn. */
export function parseType(source: string): StaticType {
  const match = /^(list|map|optional)<(.*)>$/.exec(source);
  if (!match) return /^([A-Z]|ast)$/.test(source) ? dyn : { name: wellKnown[source] ?? source };
  return { name: match[1] as string, args: splitArguments(match[2] as string).map(parseType) };
}

function splitArguments(source: string): string[] {
  const parts: string[] = [""];
  let depth = 0;
  for (const character of source) {
    if (character === "<") depth++;
    if (character === ">") depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((each) => each.trim());
}

const valueTypes = new Set(["int", "uint", "double", "string", "bool", "bytes"]);

/** Whether a value of one type may stand where the other is wanted. Nulls may stand for whatever is no plain value. */
export function fits(wanted: StaticType, given: StaticType): boolean {
  if (wanted.name === "dyn" || given.name === "dyn") return true;
  if (wanted.name === "null" || given.name === "null") return ![wanted, given].some(({ name }) => valueTypes.has(name));
  if (wanted.name !== given.name) return false;
  return (wanted.args ?? []).every((arg, i) => fits(arg, given.args?.[i] ?? dyn));
}

/** Types every function of ours takes that Kubernetes' takes; of others the declarations may lack a form. */
export const isPlain = ({ name }: StaticType): boolean => valueTypes.has(name) || name === "list" || name === "map";
