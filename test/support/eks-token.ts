// Tokens as `aws eks get-token` makes them: presigned GetCallerIdentity requests, signed by the official signer.
import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { type Keys, REGION } from "./atoll.ts";

/** What may differ from an ordinary token. */
export interface TokenOptions {
  readonly signedAt?: Date;
  /** X-Amz-Expires in seconds. */
  readonly expires?: number;
  readonly action?: string;
  /** Whether the cluster header is signed. */
  readonly signCluster?: boolean;
  /** Further query parameters. */
  readonly query?: Readonly<Record<string, string>>;
}

/** A bearer token for `cluster`, for the STS endpoint at `endpoint`. */
export async function eksToken(endpoint: string, cluster: string, credentials: Keys, options: TokenOptions = {}): Promise<string> {
  const { signedAt = new Date(), expires = 60, action = "GetCallerIdentity", signCluster = true, query = {} } = options;
  const url = new URL(endpoint);
  const signer = new SignatureV4({ service: "sts", region: REGION, credentials, sha256: Sha256 });
  const request = {
    method: "GET",
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: "/",
    query: { Action: action, Version: "2011-06-15", ...query },
    headers: { host: url.host, ...(signCluster && { "x-k8s-aws-id": cluster }) },
  };
  const unhoistableHeaders = new Set(["x-k8s-aws-id"]);
  const signed = await signer.presign(request, { expiresIn: expires, signingDate: signedAt, unhoistableHeaders });
  return encodeToken(`${url.origin}/?${new URLSearchParams(signed.query as Record<string, string>)}`);
}

/** The token that carries a URL. */
export function encodeToken(url: string): string {
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
}

/** node:crypto's SHA-256 in the form the signer asks for. */
export class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string);
  }

  update(chunk: string | Uint8Array): void {
    this.#hash.update(chunk);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error("a hash is used once");
  }
}
