// Checks an expression's types before it runs, with cel-go's words. What is not known for certain is let through.
import type { ASTNode, Environment } from "@marcbachmann/cel-js";
import { explainAt } from "../program.ts";
import { binary, operatorName } from "./operators.ts";
import { bool, dyn, fits, int, isPlain, listOf, mapOf, parseType, type StaticType, text, typeText } from "./static-type.ts";

interface Overload {
  readonly receiver: StaticType | undefined;
  readonly parameters: readonly StaticType[];
  readonly result: StaticType;
}

const known = new WeakMap<Environment, ReadonlyMap<string, readonly Overload[]>>();

function overloadsOf(environment: Environment): ReadonlyMap<string, readonly Overload[]> {
  let overloads = known.get(environment);
  if (!overloads) {
    const made = new Map<string, Overload[]>();
    for (const { name, receiverType, params, returnType } of environment.getDefinitions().functions) {
      const receiver = receiverType ? parseType(receiverType) : undefined;
      const overload = { receiver, parameters: params.map(({ type }) => parseType(type)), result: parseType(returnType) };
      made.set(name, [...(made.get(name) ?? []), overload]);
    }
    overloads = made;
    known.set(environment, overloads);
  }
  return overloads;
}

/** The type of an expression, or all that is wrong with it. `variables` are those of the environment. */
export function checkTypes(
  environment: Environment,
  ast: ASTNode,
  source: string,
  variables: Readonly<Record<string, StaticType>>,
): { readonly type: StaticType } | { readonly error: string } {
  const checker = new Checker(overloadsOf(environment), source);
  const type = checker.typeOf(ast, new Map(Object.entries(variables)));
  if (checker.found.length === 0) return { type };
  const sorted = checker.found.sort((a, b) => a.offset - b.offset);
  return { error: sorted.map(({ offset, message }) => explainAt(source, offset, message)).join("\n") };
}

type Scope = ReadonlyMap<string, StaticType>;
const loops = new Set(["all", "exists", "exists_one", "filter", "map"]);

class Checker {
  readonly found: { readonly offset: number; readonly message: string }[] = [];
  readonly #overloads: ReadonlyMap<string, readonly Overload[]>;
  readonly #source: string;

  constructor(overloads: ReadonlyMap<string, readonly Overload[]>, source: string) {
    this.#overloads = overloads;
    this.#source = source;
  }

  #report(offset: number, message: string): StaticType {
    this.found.push({ offset, message });
    return dyn;
  }

  #mismatch(offset: number, name: string, types: readonly StaticType[], receiver?: StaticType): StaticType {
    const applied = `${receiver ? `${typeText(receiver)}.` : ""}(${types.map(typeText).join(", ")})`;
    return this.#report(offset, `found no matching overload for '${name}' applied to '${applied}'`);
  }

  typeOf(node: ASTNode, scope: Scope): StaticType {
    const { op, args } = node as { op: string; args: any };
    const rule = binary[op];
    if (rule) {
      const [left, right] = args as [ASTNode, ASTNode];
      const types = [this.typeOf(left, scope), this.typeOf(right, scope)] as const;
      const sign = op === "[]" ? "[" : op;
      return rule(...types) ?? this.#mismatch(this.#source.indexOf(sign, left.end), operatorName(op), types);
    }
    switch (op) {
      case "value":
        return literal(args);
      case "id":
        return scope.get(args) ?? dyn;
      case ".":
      case ".?":
        return this.#member(args[0], args[1], scope, op === ".?");
      case "!_":
      case "-_": {
        const type = this.typeOf(args, scope);
        const taken = op === "!_" ? fits(bool, type) : ["int", "double", "duration", "dyn"].includes(type.name);
        return taken ? type : this.#mismatch(node.start, op === "!_" ? "!_" : "-_", [type]);
      }
      case "?:": {
        const types = (args as ASTNode[]).map((each) => this.typeOf(each, scope)) as [StaticType, StaticType, StaticType];
        const same = fits(types[1], types[2]);
        if (!fits(bool, types[0]) || !same) return this.#mismatch(this.#source.indexOf("?", args[0].end), "_?_:_", types);
        return types[1].name === "null" || types[1].name === "dyn" ? types[2] : types[1];
      }
      case "list":
        return listOf(common((args as ASTNode[]).map((each) => this.typeOf(each, scope))));
      case "map":
        for (const [key, value] of args as [ASTNode, ASTNode][]) for (const each of [key, value]) this.typeOf(each, scope);
        return mapOf(dyn, dyn);
      case "call":
        return this.#call(node, args[0], undefined, args[1], scope);
      case "rcall":
        return this.#call(node, args[0], args[1], args[2], scope);
      default:
        return dyn;
    }
  }

  #member(target: ASTNode, name: string, scope: Scope, optional: boolean): StaticType {
    const owner = this.typeOf(target, scope);
    const offset = this.#source.indexOf(".", target.end);
    if (owner.name === "map") return optional ? dyn : (owner.args?.[1] ?? dyn);
    if (isPlain(owner)) return this.#report(offset, `type '${typeText(owner)}' does not support field selection`);
    if (!owner.field) return dyn;
    const type = owner.field(name);
    if (!type) return this.#report(offset, `undefined field '${name}'`);
    return optional ? dyn : type;
  }

  #call(node: ASTNode, name: string, target: ASTNode | undefined, parameters: readonly ASTNode[], scope: Scope): StaticType {
    if (target && loops.has(name) && parameters[0]?.op === "id") return this.#loop(name, target, parameters, scope);
    if (name === "bind" && parameters[0]?.op === "id" && parameters.length === 3) {
      const value = this.typeOf(parameters[1] as ASTNode, scope);
      return this.typeOf(parameters[2] as ASTNode, new Map([...scope, [parameters[0].args as string, value]]));
    }
    const receiver = target && this.typeOf(target, scope);
    const types = parameters.map((each) => this.typeOf(each, scope));
    if (!target && name === "has") return bool;
    if (name === "orValue") return types[0] ?? dyn;
    const offset = this.#source.indexOf("(", target ? this.#source.indexOf(name, target.end) : node.start);
    const named = (this.#overloads.get(name) ?? []).filter((each) => (each.receiver !== undefined) === (receiver !== undefined));
    if (named.length === 0) return this.#report(offset, `undeclared reference to '${name}' (in container '')`);
    const matching = named.filter(
      (each) =>
        each.parameters.length === types.length &&
        (!each.receiver || fits(each.receiver, receiver as StaticType)) &&
        each.parameters.every((wanted, i) => fits(wanted, types[i] as StaticType)),
    );
    const all = receiver ? [receiver, ...types] : types;
    if (matching.length === 0) return all.every(isPlain) ? this.#mismatch(offset, name, types, receiver) : dyn;
    return common(matching.map(({ result }) => result));
  }

  #loop(name: string, target: ASTNode, parameters: readonly ASTNode[], scope: Scope): StaticType {
    const range = this.typeOf(target, scope);
    if (!["list", "map", "dyn"].includes(range.name)) {
      const problem = `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
      this.#report(target.start, problem);
    }
    const inner = new Map([...scope, [parameters[0]?.args as string, range.args?.[0] ?? dyn]]);
    const types = parameters.slice(1).map((each) => this.typeOf(each, inner));
    if (name === "filter") return range.name === "list" ? range : dyn;
    return name === "map" ? listOf(types.at(-1) ?? dyn) : bool;
  }
}

/** The type all have, or dyn. */
function common(types: readonly StaticType[]): StaticType {
  const [first = dyn, ...rest] = types;
  return rest.every((each) => typeText(each) === typeText(first)) ? first : dyn;
}

function literal(value: unknown): StaticType {
  if (value === null) return { name: "null" };
  if (typeof value === "bigint") return int;
  if (typeof value === "string") return text;
  if (typeof value === "boolean") return bool;
  if (typeof value === "number") return { name: "double" };
  return { name: value instanceof Uint8Array ? "bytes" : "uint" };
}
