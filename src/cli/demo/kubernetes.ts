// A small Kubernetes client: HTTPS with the cluster's CA and an EKS token, as kubectl would use them.
import { createHash, createHmac } from "node:crypto";
import { request } from "node:https";
import type { Cluster } from "@aws-sdk/client-eks";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Connection } from "../../base/connection.ts";

/** A Kubernetes object, as much of it as the demo reads. */
export interface KubernetesObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly capacity?: Readonly<Record<string, string>>;
  };
}

/** Speaks to one cluster. */
export class KubernetesClient {
  readonly #endpoint: string;
  readonly #ca: Buffer;
  readonly #token: string;

  constructor(cluster: Cluster, token: string) {
    this.#endpoint = cluster.endpoint ?? "";
    this.#ca = Buffer.from(cluster.certificateAuthority?.data ?? "", "base64");
    this.#token = token;
  }

  async list(path: string): Promise<KubernetesObject[]> {
    return ((await this.#send("GET", path)) as { items: KubernetesObject[] }).items;
  }

  create(path: string, object: object): Promise<unknown> {
    return this.#send("POST", path, object);
  }

  #send(method: string, path: string, body?: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json", accept: "application/json" };
      const outgoing = request(this.#endpoint + path, { method, headers, ca: this.#ca }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const answer = JSON.parse(Buffer.concat(chunks).toString()) as { message?: string };
          if ((response.statusCode ?? 500) < 400) resolve(answer);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.message}`));
        });
      });
      outgoing.on("error", reject);
      outgoing.end(body && JSON.stringify(body));
    });
  }
}

/** The token `aws eks get-token` would print: a presigned GetCallerIdentity request. */
export async function eksToken(cluster: string, { endpoint, region, accessKeyId, secretAccessKey }: Connection): Promise<string> {
  const url = new URL(endpoint);
  const signer = new SignatureV4({ service: "sts", region, credentials: { accessKeyId, secretAccessKey }, sha256: Sha256 });
  const signed = await signer.presign(
    {
      method: "GET",
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host: url.host, "x-k8s-aws-id": cluster },
    },
    { expiresIn: 60, unhoistableHeaders: new Set(["x-k8s-aws-id"]) },
  );
  const query = new URLSearchParams(signed.query as Record<string, string>);
  return `k8s-aws-v1.${Buffer.from(`${url.origin}/?${query}`).toString("base64url")}`;
}

/** node:crypto's SHA-256 in the form the signer asks for. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string);
  }

  update(chunk: string | Uint8Array): void {
    this.#hash.update(chunk);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error("a hash is used once");
  }
}
