// Requests as the SDK's clients make them, signed and sent to a running Atoll, and what came back.
import { SignatureV4 } from "@smithy/signature-v4";
import type { LoadedModel } from "../../../src/aws/models/index.ts";
import type { WireRequest } from "../../../src/aws/protocol/wire.ts";
import { type Keys, REGION } from "../../support/atoll.ts";
import { Sha256 } from "../../support/eks-token.ts";
import { sdkClient } from "../support/sdk.ts";

/** An answer; `code` is the error's on the wire. */
export interface Sent {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
}

/** The request that a service's SDK client would send; undefined where it refuses the input itself. */
export async function requestMaker(service: string): Promise<(operation: string, input: object) => Promise<WireRequest | undefined>> {
  let made: WireRequest | undefined;
  const { client, commands } = await sdkClient(service, (request) => {
    made = request;
    throw new Error("enough");
  });
  return async (operation, input) => {
    made = undefined;
    const Command = commands[`${operation}Command`] as new (input: object) => object;
    await client.send(new Command(input)).catch(() => {});
    return made;
  };
}

/** Signs and sends. */
export async function send(endpoint: string, keys: Keys, { model }: LoadedModel, request: WireRequest): Promise<Sent> {
  const url = new URL(endpoint);
  const query: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(request.query))
    query[name] = name in query ? [query[name] as string, value].flat() : value;
  const body = Buffer.from(request.body).toString();
  const headers: Record<string, string> = { host: url.host };
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && /^(content-type|x-amz-target)$/.test(name)) headers[name] = value;
  const signer = new SignatureV4({ service: model.signingName, region: REGION, credentials: keys, sha256: Sha256 });
  const { method, path } = request;
  const wanted = { method, protocol: url.protocol, hostname: url.hostname, port: Number(url.port), path, query, headers, body };
  const signed = await signer.sign(wanted);
  const { host: _, ...sent } = signed.headers;
  const hasBody = method !== "GET" && method !== "HEAD";
  const answer = await fetch(`${endpoint}${path}${request.query && "?"}${request.query}`, {
    method,
    headers: sent,
    ...(hasBody && { body }),
  });
  const text = await answer.text();
  const code =
    answer.headers.get("x-amzn-errortype") ?? /"__type":"(?:[^"#]*#)?([^"]+)"|<Code>([^<]+)<\/Code>/.exec(text)?.slice(1).find(Boolean);
  return { status: answer.status, code: code?.split(":")[0], text };
}
