// The text that AWS Signature Version 4 signs (IAM User Guide, "Create a signed AWS API request").
import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

/** Who signed, when and for which service. */
export interface Scope {
  readonly accessKeyId: string;
  /** `20260105`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** What goes into the signature. */
export interface SigningInput {
  readonly method: string;
  /** As on the wire, percent encoding included. */
  readonly path: string;
  /** As on the wire, without `?`. X-Amz-Signature is left out. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Lower-case names. */
  readonly signedHeaders: readonly string[];
  /** Hex SHA-256 of the body, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

export const ALGORITHM = "AWS4-HMAC-SHA256";

/** Hex SHA-256. */
export function sha256(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

/** Hash of no bytes. */
export const EMPTY_HASH: string = sha256("");

/** RFC 3986: everything but unreserved characters is encoded. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The path once more encoded (all services but S3), without empty and dot segments. */
export function canonicalPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") kept.pop();
    else kept.push(uriEncode(segment));
  }
  return `/${kept.join("/")}${kept.length > 0 && path.endsWith("/") ? "/" : ""}`;
}

/** Parameters of a raw query, decoded, in order. Undecodable ones are taken as they are. */
export function queryPairs(query: string): [name: string, value: string][] {
  return query.split("&").flatMap((pair): [string, string][] => {
    if (pair === "") return [];
    const equals = pair.indexOf("=");
    return [equals < 0 ? [decode(pair), ""] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]];
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return text;
  }
}

/** Query parameters, encoded and sorted, without the signature. */
export function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = queryPairs(query).filter(([name]) => name !== "X-Amz-Signature");
  const encoded = pairs.map(([name, value]): [string, string] => [uriEncode(name), uriEncode(value)]);
  encoded.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return encoded.map(([name, value]) => `${name}=${value}`).join("&");
}

function canonicalHeaders(input: SigningInput): string {
  let text = "";
  for (const name of input.signedHeaders) text += `${name}:${(input.headers[name] ?? "").trim().replace(/\s+/g, " ")}\n`;
  return text;
}

/** `AWS4-HMAC-SHA256\n<date>\n<scope>\n<hash of the canonical request>`. */
export function stringToSign(input: SigningInput, scope: Scope, timestamp: string): string {
  const request = [
    input.method,
    canonicalPath(input.path),
    canonicalQuery(input.query),
    canonicalHeaders(input),
    input.signedHeaders.join(";"),
    input.payloadHash,
  ].join("\n");
  return `${ALGORITHM}\n${timestamp}\n${scope.date}/${scope.region}/${scope.service}/aws4_request\n${sha256(request)}`;
}

const CACHED_KEYS = 1000;
const keys = new Map<string, KeyObject>();

/** HMAC chain of a secret for one day, region and service. Kept for the next request, since it seldom changes. */
function signingKey(secret: string, { accessKeyId, date, region, service }: Scope): KeyObject {
  const name = `${accessKeyId}\n${secret}\n${date}\n${region}\n${service}`;
  let key = keys.get(name);
  if (!key) {
    let bytes = Buffer.from(`AWS4${secret}`);
    for (const part of [date, region, service, "aws4_request"]) bytes = createHmac("sha256", bytes).update(part).digest();
    key = createSecretKey(bytes);
    if (keys.size >= CACHED_KEYS) keys.clear();
    keys.set(name, key);
  }
  return key;
}

/** The signature, as bytes. */
export function signature(input: SigningInput, scope: Scope, timestamp: string, secret: string): Buffer {
  return createHmac("sha256", signingKey(secret, scope))
    .update(stringToSign(input, scope, timestamp))
    .digest();
}

/** `20260105T091244Z`. */
export function amzDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** Epoch milliseconds of `20260105T091244Z`; undefined if it is not of that form. */
export function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}
