// Signing: what Atoll's own agents and the tests send.
import { ALGORITHM, amzDate, EMPTY_HASH, sha256, signature, uriEncode } from "./canonical.ts";

/** Keys to sign with. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What the signature is scoped to; `now` is epoch milliseconds. */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
  readonly now: number;
}

/** A request to sign. */
export interface UnsignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Headers to send, Authorization included. Host is signed and returned too. */
export function signRequest(request: UnsignedRequest, keys: SigningKeys, { region, service, now }: SigningScope): Record<string, string> {
  const url = new URL(request.url);
  const timestamp = amzDate(now);
  const headers: Record<string, string> = { host: url.host, "x-amz-date": timestamp };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  if (keys.sessionToken !== undefined) headers["x-amz-security-token"] = keys.sessionToken;
  const signedHeaders = Object.keys(headers).sort();
  const scope = { accessKeyId: keys.accessKeyId, date: timestamp.slice(0, 8), region, service };
  const payloadHash = headers["x-amz-content-sha256"] ?? sha256(request.body ?? "");
  const input = { method: request.method, path: url.pathname, query: url.search.slice(1), headers, signedHeaders, payloadHash };
  const signed = signature(input, scope, timestamp, keys.secretAccessKey).toString("hex");
  const credential = `${scope.accessKeyId}/${scope.date}/${region}/${service}/aws4_request`;
  headers.authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signed}`;
  return headers;
}

/** How a URL is presigned; `headers` are signed besides host and must be sent by whoever uses the URL. */
export interface PresignOptions extends SigningScope {
  readonly expires: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A URL that carries its own signature (IAM User Guide, query-string authentication). `url` is a GET without X-Amz-* parameters. */
export function presign(url: string, keys: SigningKeys, { region, service, now, expires, headers = {} }: PresignOptions): string {
  const target = new URL(url);
  const timestamp = amzDate(now);
  const scope = { accessKeyId: keys.accessKeyId, date: timestamp.slice(0, 8), region, service };
  const all: Record<string, string> = { host: target.host };
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
  const signedHeaders = Object.keys(all).sort();
  const parameters: [string, string][] = [
    ["X-Amz-Algorithm", ALGORITHM],
    ["X-Amz-Credential", `${scope.accessKeyId}/${scope.date}/${region}/${service}/aws4_request`],
    ["X-Amz-Date", timestamp],
    ["X-Amz-Expires", String(expires)],
    ...(keys.sessionToken === undefined ? [] : ([["X-Amz-Security-Token", keys.sessionToken]] as [string, string][])),
    ["X-Amz-SignedHeaders", signedHeaders.join(";")],
  ];
  const added = parameters.map(([name, value]) => `${name}=${uriEncode(value)}`).join("&");
  const query = target.search.length > 1 ? `${target.search.slice(1)}&${added}` : added;
  const input = { method: "GET", path: target.pathname, query, headers: all, signedHeaders, payloadHash: EMPTY_HASH };
  const signed = signature(input, scope, timestamp, keys.secretAccessKey).toString("hex");
  return `${target.origin}${target.pathname}?${query}&X-Amz-Signature=${signed}`;
}

/** The URL inside an `aws eks get-token` token for a cluster, for the STS at `endpoint` (spec identity §5.1). */
export function presignCallerIdentity(endpoint: string, clusterName: string, keys: SigningKeys, region: string, now: number): string {
  const url = `${endpoint.replace(/\/$/, "")}/?Action=GetCallerIdentity&Version=2011-06-15`;
  return presign(url, keys, { region, service: "sts", now, expires: 60, headers: { "x-k8s-aws-id": clusterName } });
}
