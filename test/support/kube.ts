// A cluster's API over HTTPS and a kubeconfig for it, independent of Atoll's own clients.
import { writeFileSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { join } from "node:path";
import type { Cluster } from "@aws-sdk/client-eks";
import { eksToken } from "./eks-token.ts";
import type { Scenario } from "./scenario.ts";

/** An answer of the API server. */
export interface KubeAnswer {
  readonly status: number;
  readonly body: any;
}

/** Sends one request to a cluster; `authorization` as given, absent for an anonymous one. */
export function kubeRequest(
  cluster: Cluster,
  token: string | undefined,
  path: string,
  { method = "GET", body }: { method?: string; body?: object } = {},
): Promise<KubeAnswer> {
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), "content-type": "application/json" };
  const options: RequestOptions = { method, headers, ca: Buffer.from(cluster.certificateAuthority!.data!, "base64") };
  return new Promise((resolve, reject) => {
    const outgoing = request(cluster.endpoint + path, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = response.headers["content-type"]?.includes("json");
        resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body && JSON.stringify(body));
  });
}

/** A token of root for the scenario's cluster. */
export function tokenOf({ test, name }: Pick<Scenario, "test" | "name">): Promise<string> {
  return eksToken(test.connection.endpoint, name, test.root);
}

/** Writes a kubeconfig with a token of root, good for a quarter of an hour; returns its path. */
export async function writeKubeconfig(scenario: Pick<Scenario, "test" | "cluster" | "name"> & Partial<Scenario>): Promise<string> {
  const { test, cluster, name } = scenario;
  const token = await tokenOf(scenario);
  const path = join(test.home, `kubeconfig-${name}`);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server: cluster.endpoint, "certificate-authority-data": cluster.certificateAuthority?.data } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user: { token } }],
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
