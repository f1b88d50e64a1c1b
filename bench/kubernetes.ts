// The Kubernetes API over HTTPS, complete with authentication, RBAC, admission and managed fields.
import { Agent, request } from "node:https";
import { presignCallerIdentity } from "../src/aws/sigv4.ts";
import { type Figure, rate } from "./figure.ts";
import type { Installation } from "./installation.ts";

const OBJECTS = 10_000;
const WIDTH = 16;
/** Measured beside the trial of the design: kube-apiserver 1.36.2 with etcd on such a machine. */
const REAL = { create: 700, get: 2200, list: 1000, watch: 52_000 };
/** Sends a request; resolves with what `capture`'s first group matches in the answer. */
type Send = (method: string, path: string, body?: string, capture?: RegExp) => Promise<string>;

const REFERENCE = "kube-apiserver + etcd on such a machine";

export async function kubernetes({ atoll }: Installation, cluster: string, key: string): Promise<Figure[]> {
  const running = atoll.clusters.cluster(key);
  if (!running) throw new Error("the cluster does not run");
  const { endpoint, certificateAuthority } = running.endpoint;
  const url = presignCallerIdentity(atoll.endpoint, cluster, atoll.rootKey, "us-west-2", Date.now());
  const authorization = `Bearer k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
  const agent = new Agent({ keepAlive: true, maxSockets: WIDTH, ca: Buffer.from(certificateAuthority, "base64") });
  const send: Send = (method, path, body, capture) =>
    new Promise((resolve, reject) => {
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const headers = { authorization, ...(body && { "content-type": type }) };
      const outgoing = request(endpoint + path, { method, agent, headers }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          if (capture) text += chunk;
        });
        response.on("end", () => {
          if ((response.statusCode ?? 500) < 300) resolve(capture?.exec(text)?.[1] ?? "");
          else reject(new Error(`${method} ${path}: ${response.statusCode}`));
        });
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  const path = "/api/v1/namespaces/default/configmaps";
  const data = { text: "x".repeat(1000) };
  try {
    await send("GET", path);
    let watched = 0;
    const client = running.client();
    const watch = client.watch("configmaps", { namespace: "default" }, () => watched++);
    const create = await rate(OBJECTS, WIDTH, (i) =>
      send("POST", path, JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: `bench-${i}` }, data })),
    );
    watch.close();
    if (watched < OBJECTS) throw new Error(`a watch missed ${OBJECTS - watched} events`);
    const get = await rate(OBJECTS, WIDTH, (i) => send("GET", `${path}/bench-${i}`));
    const began = performance.now();
    for (let i = 0; i < 5; i++) await send("GET", path);
    const list = (performance.now() - began) / 5;
    return [
      { name: "Kubernetes create", value: create, unit: "objects/s", ratio: create / REAL.create, reference: REFERENCE },
      { name: "Kubernetes get", value: get, unit: "objects/s", ratio: get / REAL.get, reference: REFERENCE },
      { name: "Kubernetes list of 10,000", value: list, unit: "ms", ratio: list / REAL.list, reference: REFERENCE },
      await watchRate(endpoint, path, authorization, agent, send),
    ];
  } finally {
    agent.destroy();
  }
}

/** Events per second that many watchers over HTTPS receive while objects change. */
async function watchRate(endpoint: string, path: string, authorization: string, agent: Agent, send: Send): Promise<Figure> {
  const watchers = 50;
  const changes = 500;
  let received = 0;
  let wanted = watchers;
  let reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  let open = 0;
  const version = await send("GET", `${path}?limit=1`, undefined, /"resourceVersion":"(\d+)"/);
  const streams = Array.from({ length: watchers }, () => {
    const options = { agent: new Agent({ ca: agent.options.ca }), headers: { authorization } };
    const stream = request(`${endpoint}${path}?watch=true&resourceVersion=${version}`, options, (response) => {
      if (++open === watchers) opened.resolve();
      response.setEncoding("utf8");
      response.on("error", () => {});
      response.on("data", (chunk: string) => {
        for (let at = chunk.indexOf("\n"); at >= 0; at = chunk.indexOf("\n", at + 1)) received++;
        if (received >= wanted) reached.resolve();
      });
    });
    stream.on("error", () => {});
    stream.end();
    return stream;
  });
  // The first change flushes the headers of streams that have had no event yet.
  await send("PATCH", `${path}/bench-0`, JSON.stringify({ data: { changed: "first" } }));
  await opened.promise;
  await reached.promise;
  wanted += watchers * changes;
  reached = Promise.withResolvers();
  const began = performance.now();
  await rate(changes, WIDTH, (i) => send("PATCH", `${path}/bench-${i}`, JSON.stringify({ data: { changed: String(i) } })));
  await reached.promise;
  const value = (watchers * changes) / ((performance.now() - began) / 1000);
  for (const stream of streams) stream.destroy();
  return {
    name: `Kubernetes watch events (${watchers} watchers)`,
    value,
    unit: "events/s",
    ratio: value / REAL.watch,
    reference: REFERENCE,
  };
}
