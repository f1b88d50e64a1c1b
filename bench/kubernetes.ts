// The Kubernetes API over HTTPS with 10,000 pods and 200 watchers, complete with authentication, RBAC, admission and managed fields.
// The pods name a scheduler that does not run, so they stay Pending: the API is measured, neither scheduling nor nodes. Controllers run
// beside it. The client that writes shares the server's thread; the watchers read in another.
import { once } from "node:events";
import { Agent, request } from "node:https";
import { Worker } from "node:worker_threads";
import type { KubeClient } from "../src/kubernetes/client/client.ts";
import { type Figure, rate } from "./figure.ts";
import type { Installation } from "./installation.ts";
import type { WatchersData } from "./kubernetes-watchers.ts";

const OBJECTS = 10_000;
const WATCHERS = 200;
const CHANGES = 500;
const WIDTH = 16;
const NAMESPACE = "crowd";
const USER = "bench";
/** Measured beside the trial of the design: kube-apiserver 1.36.2 with etcd on such a machine. */
const REAL = { create: 700, get: 2200, list: 1000, watch: 52_000 };
/** Sends a request; resolves with what `capture`'s first group matches in the answer. */
type Send = (method: string, path: string, body?: string, capture?: RegExp) => Promise<string>;

const REFERENCE = "kube-apiserver + etcd on such a machine";

export async function kubernetes({ atoll }: Installation, key: string): Promise<Figure[]> {
  const running = atoll.clusters.cluster(key);
  if (!running) throw new Error("the cluster does not run");
  const { endpoint, certificateAuthority } = running.endpoint;
  const client = running.client();
  const authorization = `Bearer ${await tokenOfUser(client)}`;
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
  const path = `/api/v1/namespaces/${NAMESPACE}/pods`;
  try {
    await send("GET", path);
    let watched = 0;
    const watch = client.watch("pods", { namespace: NAMESPACE }, ({ type }) => {
      if (type === "ADDED") watched++;
    });
    const before = process.memoryUsage().rss;
    const create = await rate(OBJECTS, WIDTH, (i) => send("POST", path, JSON.stringify(pod(`bench-${i}`))));
    const memory = (process.memoryUsage().rss - before) / 1024 / 1024;
    watch.close();
    if (watched < OBJECTS) throw new Error(`a watch missed ${OBJECTS - watched} events`);
    const get = await rate(OBJECTS, WIDTH, (i) => send("GET", `${path}/bench-${i}`));
    const began = performance.now();
    for (let i = 0; i < 5; i++) await send("GET", path);
    const list = (performance.now() - began) / 5;
    return [
      { name: "Kubernetes create of pods", value: create, unit: "objects/s", ratio: create / REAL.create, reference: REFERENCE },
      { name: "Kubernetes get of a pod", value: get, unit: "objects/s", ratio: get / REAL.get, reference: REFERENCE },
      { name: "Kubernetes list of 10,000 pods", value: list, unit: "ms", ratio: list / REAL.list, reference: REFERENCE },
      { name: "resident memory for 10,000 pods", value: memory, unit: "MB" },
      await watchRate(endpoint, path, authorization, agent, send),
    ];
  } finally {
    agent.destroy();
  }
}

/** A service account that may do what the role `edit` says in one namespace, by a binding; returns a token of it. */
async function tokenOfUser(client: KubeClient): Promise<string> {
  await client.create("namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  for (const name of ["default", USER]) {
    if (client.get("serviceaccounts", NAMESPACE, name)) continue;
    await client.create("serviceaccounts", NAMESPACE, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  }
  await client.create("rolebindings.rbac.authorization.k8s.io", NAMESPACE, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: USER },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
    subjects: [{ kind: "ServiceAccount", name: USER, namespace: NAMESPACE }],
  });
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name: USER },
    spec: { expirationSeconds: 3600 },
  };
  return (await client.post<any>("serviceaccounts", NAMESPACE, USER, "token", body)).status.token;
}

/** A pod such as a deployment makes. */
function pod(name: string): object {
  const resources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } };
  const env = [
    { name: "MODE", value: "bench" },
    { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
  ];
  const container = { name: "main", image: "registry.k8s.io/pause:3.10", ports: [{ containerPort: 8080 }], env, resources };
  const metadata = { name, labels: { app: "bench", tier: "web" }, annotations: { note: "x".repeat(200) } };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { schedulerName: "nobody", containers: [container] } };
}

const changed = (text: string) => JSON.stringify({ metadata: { annotations: { changed: text } } });

/** Events per second that many watchers over HTTPS receive while objects change. */
async function watchRate(endpoint: string, path: string, authorization: string, agent: Agent, send: Send): Promise<Figure> {
  const version = await send("GET", `${path}?limit=1`, undefined, /"resourceVersion":"(\d+)"/);
  const url = `${endpoint}${path}?watch=true&resourceVersion=${version}`;
  const workerData: WatchersData = { url, authorization, ca: agent.options.ca as Buffer, watchers: WATCHERS };
  const readers = new Worker(new URL("kubernetes-watchers.ts", import.meta.url), { workerData });
  try {
    const first = once(readers, "message");
    await send("PATCH", `${path}/bench-0`, changed("first"));
    await first;
    const began = performance.now();
    const last = once(readers, "message");
    readers.postMessage(WATCHERS * CHANGES);
    await rate(CHANGES, WIDTH, (i) => send("PATCH", `${path}/bench-${i}`, changed(String(i))));
    await last;
    return watchFigure((WATCHERS * CHANGES) / ((performance.now() - began) / 1000));
  } finally {
    await readers.terminate();
  }
}

function watchFigure(value: number): Figure {
  return {
    name: `Kubernetes watch events (${WATCHERS} watchers)`,
    value,
    unit: "events/s",
    ratio: value / REAL.watch,
    reference: REFERENCE,
  };
}
