// The mutations of a MutatingAdmissionPolicy: compiled, and carried out (Kubernetes documentation, "Mutating Admission Policy").
import { isObject, type Json } from "../../api/json.ts";
import { anyType, type TypeNode } from "../../api/type-node.ts";
import { mergeApplied } from "../../apply/merge.ts";
import { environmentOf } from "../../cel/environment.ts";
import { jsonOf, MadeObject, registerObjects, withMadeObjects } from "../../cel/objects.ts";
import { compile, type Program } from "../../cel/program.ts";
import { unescapedSource } from "../../cel/values.ts";
import { applyJsonPatch, PatchError, type PatchOperation } from "../../patch/json-patch.ts";
import { policyTypes } from "./policy.ts";

/** How the new object is made from what the expression evaluates to. */
type PatchType = "ApplyConfiguration" | "JSONPatch";

/** One mutation. */
export interface Mutation {
  readonly patchType: PatchType;
  readonly expression: string;
  readonly program: Program | { readonly error: string };
}

const members: Readonly<Record<PatchType, string>> = { ApplyConfiguration: "applyConfiguration", JSONPatch: "jsonPatch" };
let environment: ReturnType<typeof environmentOf> | undefined;

/** Compiles an expression that may make objects and was checked when it was written. */
export function compileMutation(expression: string): Program | { readonly error: string } {
  if (!environment) {
    environment = environmentOf(policyTypes);
    registerObjects(environment);
  }
  return compile(environment, unescapedSource(withMadeObjects(expression)));
}

/** The mutations of a policy's spec, in their order. */
export function mutationsOf(spec: any): Mutation[] {
  return (spec?.mutations ?? []).map((each: any) => {
    const patchType: PatchType = each.patchType;
    const expression: string = each[members[patchType]]?.expression ?? "";
    return { patchType, expression, program: compileMutation(expression) };
  });
}

/** The object after a mutation; the same one if a test of a JSON patch fails. Throws an Error that says why there is none. */
export function mutated(object: Json, { patchType, program }: Mutation, type: TypeNode, variables: Record<string, unknown>): Json {
  const outcome = "error" in program ? { error: `compilation error: ${program.error}` } : program.run(variables);
  if ("error" in outcome) throw new Error(outcome.error);
  return patchType === "JSONPatch" ? afterJsonPatch(object, outcome.value) : afterConfiguration(object, outcome.value, type);
}

function afterConfiguration(object: Json, value: unknown, type: TypeNode): Json {
  if (!(value instanceof MadeObject)) throw new Error("unsupported return type from ApplyConfiguration expression");
  const configuration = jsonOf(value, "Object");
  const atomic = atomicParts(configuration, type);
  if (atomic.length > 0) {
    const why = `may not mutate atomic arrays, maps or structs: ${atomic.join(", ")}`;
    throw new Error(`error applying patch: invalid ApplyConfiguration: ${why}`);
  }
  return mergeApplied(object, { ...configuration, apiVersion: object.apiVersion, kind: object.kind }, type);
}

/** What a configuration would replace as a whole, losing what it does not mention. */
function atomicParts(value: Json, type: TypeNode, path = ""): string[] {
  const own =
    (isObject(value) && type.atomic) || (Array.isArray(value) && type.shape === "list" && type.listType === "atomic") ? [path] : [];
  if (Array.isArray(value)) return [...own, ...value.flatMap((each, i) => atomicParts(each, type.element ?? anyType, `${path}[${i}]`))];
  if (!isObject(value)) return own;
  const below = Object.entries(value).flatMap(([key, member]) => atomicParts(member, type.field(key) ?? anyType, `${path}.${key}`));
  return [...own, ...below];
}

function afterJsonPatch(object: Json, value: unknown): Json {
  if (!Array.isArray(value)) throw new Error("unsupported return type from JSONPatch expression");
  const operations = value.map((each): PatchOperation => {
    if (!(each instanceof MadeObject) || each.typeName !== "JSONPatch") throw new Error("type mismatch: JSONPatchType.list expected");
    return jsonOf(each);
  });
  try {
    return applyJsonPatch(object, operations);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (error.message.endsWith("test failed")) return object;
    throw new Error(`JSON Patch: ${error.message}`);
  }
}
