// Requests that SDKs cannot or would not send, signed by the official signer and sent as they are.
import { SignatureV4 } from "@smithy/signature-v4";
import { type Keys, REGION } from "./atoll.ts";
import { Sha256 } from "./eks-token.ts";

/** An answer with its body read as JSON; `text` is the body itself. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: any;
}

/** What is sent where. `path` has its query and is sent as written. */
export interface RawRequest {
  readonly endpoint: string;
  readonly keys: Keys;
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly at: Date;
}

/** Signs a request of EKS and sends it. */
export async function signedFetch({ endpoint, keys, method = "GET", path, body, at }: RawRequest): Promise<RawAnswer> {
  const url = new URL(endpoint);
  const [plain = "", search = ""] = path.split("?");
  const query: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  const headers: Record<string, string> = { host: url.host, ...(body !== undefined && { "content-type": "application/json" }) };
  // Like SDKs, which sign the path as it goes over the wire, encoded once more.
  const signer = new SignatureV4({ service: "eks", region: REGION, credentials: keys, sha256: Sha256 });
  const request = { method, protocol: url.protocol, hostname: url.hostname, port: Number(url.port), path: plain, query, headers, body };
  const signed = await signer.sign(request, { signingDate: at });
  const { host: _, ...sent } = signed.headers;
  const answer = await fetch(endpoint + path, { method, headers: sent, ...(body !== undefined && { body }) });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json") && text !== "";
  return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
}
