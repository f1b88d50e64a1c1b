// RFC 6902 JSON Patch on a copy of the document.
import { cloneJson, equalJson, isObject, type Json } from "../api/json.ts";

/** One operation of a patch. */
export interface PatchOperation {
  op: string;
  path: string;
  from?: string;
  value?: Json;
}

/** A patch that cannot be applied; the server answers 422 with the message. */
export class PatchError extends Error {}

const steps = (pointer: string): string[] => {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw new PatchError(`invalid JSON pointer: ${JSON.stringify(pointer)}`);
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
};

function index(step: string, bound: number, path: string): number {
  if (!/^(0|[1-9]\d*)$/.test(step) || Number(step) > bound)
    throw new PatchError(`Unable to access invalid index: ${step}: invalid index referenced (path ${path})`);
  return Number(step);
}

function child(value: Json, step: string, path: string): Json {
  if (Array.isArray(value)) return value[index(step, value.length - 1, path)];
  if (isObject(value) && Object.hasOwn(value, step)) return value[step];
  throw new PatchError(`${path}: missing value`);
}

function parent(document: Json, path: string): { holder: Json; last: string } {
  const all = steps(path);
  const last = all.pop() as string;
  let holder = document;
  for (const step of all) {
    if (!(isObject(holder) && Object.hasOwn(holder, step)) && !Array.isArray(holder)) {
      throw new PatchError(`doc is missing path: ${JSON.stringify(path)}: missing value`);
    }
    holder = child(holder, step, path);
  }
  return { holder, last };
}

function read(document: Json, path: string): Json {
  let value = document;
  for (const step of steps(path)) value = child(value, step, path);
  return value;
}

/** What stands at the end of a path, null if nothing does. */
function member({ holder, last }: { holder: Json; last: string }, path: string): Json {
  return isObject(holder) && !Object.hasOwn(holder, last) ? null : child(holder, last, path);
}

const forbidden = (step: string) => step === "__proto__";

function add(document: Json, path: string, value: Json): Json {
  if (path === "") return value;
  const { holder, last } = parent(document, path);
  if (Array.isArray(holder)) holder.splice(last === "-" ? holder.length : index(last, holder.length, path), 0, value);
  else if (isObject(holder) && !forbidden(last)) holder[last] = value;
  else throw new PatchError(`add operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`);
  return document;
}

function remove(document: Json, path: string): Json {
  if (path === "") return null;
  const { holder, last } = parent(document, path);
  if (Array.isArray(holder)) holder.splice(index(last, holder.length - 1, path), 1);
  else if (isObject(holder) && Object.hasOwn(holder, last)) delete holder[last];
  else throw new PatchError(`remove operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`);
  return document;
}

function replace(document: Json, path: string, value: Json): Json {
  if (path === "") return value;
  const { holder, last } = parent(document, path);
  if (Array.isArray(holder)) holder[index(last, holder.length - 1, path)] = value;
  else if (isObject(holder) && Object.hasOwn(holder, last)) holder[last] = value;
  else throw new PatchError(`replace operation does not apply: doc is missing key: ${path}: missing value`);
  return document;
}

/** The largest number of operations the Kubernetes API takes in one patch. */
export const maximumOperations = 10_000;

/** Applies a patch and returns the new document; the given one is untouched. Throws {@link PatchError}; then nothing was applied. */
export function applyJsonPatch(original: Json, operations: readonly PatchOperation[]): Json {
  if (!Array.isArray(operations)) throw new PatchError("a JSON patch must be a list of operations");
  if (operations.length > maximumOperations) {
    throw new PatchError(`The allowed maximum operations in a JSON patch is ${maximumOperations}, got ${operations.length}`);
  }
  let document = cloneJson(original);
  for (const operation of operations) {
    if (!isObject(operation) || typeof operation.path !== "string")
      throw new PatchError("every operation of a JSON patch needs op and path");
    const { op, path } = operation as PatchOperation;
    const from = () => {
      if (typeof operation.from !== "string") throw new PatchError(`${op} operation needs from`);
      return operation.from;
    };
    if (op === "add") document = add(document, path, cloneJson(operation.value ?? null));
    else if (op === "remove") document = remove(document, path);
    else if (op === "replace") document = replace(document, path, cloneJson(operation.value ?? null));
    else if (op === "copy") document = add(document, path, cloneJson(read(document, from())));
    else if (op === "move") {
      const source = from();
      if (path.startsWith(`${source}/`)) throw new PatchError(`cannot move ${source} into itself`);
      const value = read(document, source);
      document = add(remove(document, source), path, value);
    } else if (op === "test") {
      const value = path === "" ? document : member(parent(document, path), path);
      if (!equalJson(value, operation.value ?? null)) throw new PatchError(`testing value ${path} failed: test failed`);
    } else throw new PatchError(`Unexpected kind: ${op}`);
  }
  return document;
}
