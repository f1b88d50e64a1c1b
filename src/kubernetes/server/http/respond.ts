// Writing answers, the same for HTTP/1.1 and HTTP/2.
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { stringify } from "yaml";
import type { Status } from "../../api/object.ts";
import { etagOf } from "../../discovery/index.ts";

const compress = promisify(gzip);
/** Bodies above this many bytes are compressed when the client accepts it, as kube-apiserver does. */
const compressAbove = 128 * 1024;

/** One exchange. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Texts for Warning headers. */
  readonly warnings: string[];
  readonly auditId: string;
  /** What the audit record tells; filled on the way. */
  readonly trace: Trace;
}

/** Facts of an exchange that only its audit record wants. */
export interface Trace {
  readonly annotations: Record<string, string>;
  requestObject?: unknown;
  responseObject?: unknown;
  status?: Status;
  /** Called when a stream has sent its head. */
  started?: () => void;
  /** Gives back the request's place among those under way. */
  leave?: () => void;
}

const warningHeader = (text: string) =>
  `299 - "${text
    .replace(/[\r\n\t]+/g, " ")
    .replace(/[^\x20-\x7e]/g, "?")
    .replace(/(["\\])/g, "\\$1")}"`;

/** Headers every answer has. */
export function commonHeaders({ warnings, auditId }: Exchange): Record<string, string | string[]> {
  return {
    "audit-id": auditId,
    "cache-control": "no-cache, private",
    ...(warnings.length > 0 && { warning: [...new Set(warnings)].map(warningHeader) }),
  };
}

/** Sends bytes. */
export async function sendBytes(
  exchange: Exchange,
  code: number,
  body: Buffer | string,
  type: string,
  headers: Record<string, string> = {},
): Promise<void> {
  const { request, response } = exchange;
  if (response.destroyed || response.headersSent) return;
  let bytes = typeof body === "string" ? Buffer.from(body) : body;
  const all: Record<string, string | string[]> = { ...commonHeaders(exchange), "content-type": type, ...headers };
  if (bytes.length > compressAbove && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""))) {
    bytes = await compress(bytes, { level: 1 });
    all["content-encoding"] = "gzip";
    all.vary = all.vary ? `${all.vary}, Accept-Encoding` : "Accept-Encoding";
  }
  all["content-length"] = String(bytes.length);
  if (response.destroyed) return;
  response.writeHead(code, all);
  response.end(request.method === "HEAD" ? undefined : bytes);
}

/** Sends a value as JSON, or YAML. */
export function sendObject(exchange: Exchange, code: number, value: object, yaml = false, headers?: Record<string, string>): Promise<void> {
  if (yaml) return sendBytes(exchange, code, stringify(value), "application/yaml", headers);
  return sendBytes(exchange, code, `${JSON.stringify(value)}\n`, "application/json", headers);
}

/** Sends a document with its entity tag, or 304 to who has it. */
export function sendTagged(
  exchange: Exchange,
  body: string | Buffer,
  type: string,
  more: Record<string, string> = {},
  etag = etagOf(body),
): Promise<void> {
  const headers = { etag, vary: "Accept", ...more };
  if (exchange.request.headers["if-none-match"] === etag) {
    exchange.response.writeHead(304, headers);
    exchange.response.end();
    return Promise.resolve();
  }
  return sendBytes(exchange, 200, body, type, headers);
}

/** Sends a failure. */
export function sendStatus(exchange: Exchange, status: Status): Promise<void> {
  exchange.trace.status = status;
  const retry = status.details?.retryAfterSeconds;
  return sendObject(exchange, status.code, status, false, retry === undefined ? {} : { "retry-after": String(retry) });
}
