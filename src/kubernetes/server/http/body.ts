// Request bodies: size limit, and decoding by media type.
import type { IncomingMessage } from "node:http";
import { isMap, parseDocument } from "yaml";
import { isObject } from "../../api/json.ts";
import type { NewObject } from "../../api/object.ts";
import { badRequest, tooLarge, unsupportedMediaType } from "../../api/status.ts";
import type { PatchType } from "../../client/client.ts";
import { decodeProtobuf, protobufMediaType } from "../../protobuf/decode.ts";
import { duplicateFields } from "../../schema/duplicates.ts";

/** Largest body taken, as kube-apiserver's. */
export const maximumBody = 3 * 1024 * 1024;
const deepest = 1000;

/** Reads a whole body. Throws 413 beyond the limit. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const refuse = () => tooLarge(`Request entity too large: limit is ${maximumBody}`);
  if (Number(request.headers["content-length"] ?? 0) > maximumBody) throw refuse();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maximumBody) throw refuse();
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

const mediaType = (request: IncomingMessage) => (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();

/** Parses JSON; throws 400 with the position. Objects nested beyond reason are refused before anything recurses into them. */
export function parseJson(body: Buffer, what: string): any {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw badRequest(`${what}: ${(error as Error).message}`);
  }
  checkDepth(value, what);
  return value;
}

function checkDepth(value: unknown, what: string, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > deepest) throw badRequest(`${what}: exceeded max depth`);
  if (Array.isArray(value)) for (const item of value) checkDepth(item, what, depth + 1);
  else for (const key in value) checkDepth((value as Record<string, unknown>)[key], what, depth + 1);
}

/** Parses one YAML document, or JSON. Throws 400. */
export function parseYaml(body: Buffer, what: string): any {
  const text = body.toString("utf8");
  if (text.trimStart().startsWith("{")) return parseJson(body, what);
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) throw badRequest(`${what}: ${document.errors[0]?.message}`);
  if (document.contents !== null && !isMap(document.contents)) throw badRequest(`${what}: the document is not an object`);
  try {
    const value = document.toJS({ maxAliasCount: 100 });
    checkDepth(value, what);
    return value;
  } catch (error) {
    if (error instanceof ReferenceError) throw badRequest(`${what}: ${error.message}`);
    throw error;
  }
}

/** Decodes an object of a POST or PUT, protobuf as Kubernetes 1.`minor` knows it. Throws 400 and 415. */
export function decodeObject(
  request: IncomingMessage,
  body: Buffer,
  defaults: { apiVersion: string; kind: string },
  minor?: number,
): NewObject {
  const type = mediaType(request);
  let value: any;
  if (type === protobufMediaType) {
    try {
      value = decodeProtobuf(body, defaults, minor);
    } catch (error) {
      throw badRequest(`unable to decode: ${(error as Error).message}`);
    }
  } else if (type === "" || type === "application/json") value = parseJson(body, "error decoding body");
  else if (type === "application/yaml") value = parseYaml(body, "error decoding body");
  else throw unsupportedMediaType(["application/json", "application/yaml", protobufMediaType]);
  if (!isObject(value)) throw badRequest(`error decoding body: json: cannot unmarshal into Go value of type ${defaults.kind}`);
  value.apiVersion ??= defaults.apiVersion;
  value.kind ??= defaults.kind;
  value.metadata ??= {};
  if (!isObject(value.metadata))
    throw badRequest("error decoding body: json: cannot unmarshal into Go struct field .metadata of type v1.ObjectMeta");
  return value as NewObject;
}

/** Members that a JSON body has twice; JSON.parse keeps the last of them without a word. The body must have been decoded. */
export function repeatedFields(request: IncomingMessage, body: Buffer): string[] {
  const type = mediaType(request);
  return type === "" || type === "application/json" ? duplicateFields(body.toString("utf8")) : [];
}

const patchTypes: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

/** Decodes a PATCH body. Throws 400 and 415. */
export function decodePatch(request: IncomingMessage, body: Buffer): { type: PatchType; body: any } {
  const type = patchTypes[mediaType(request)];
  if (!type) throw unsupportedMediaType(Object.keys(patchTypes));
  return { type, body: type === "apply" ? parseYaml(body, "error decoding YAML") : parseJson(body, "error decoding patch") };
}
