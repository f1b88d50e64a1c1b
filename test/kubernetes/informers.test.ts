// Informers of @kubernetes/client-node against the API server: restart, compaction and readers that do not read.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { type TestContext, test } from "node:test";
import { CoreV1Api, type Informer, KubeConfig, type ListWatch, makeInformer, type V1ConfigMap } from "@kubernetes/client-node";
import { systemClock } from "../../src/base/clock.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { startServer, type TestServer } from "./server-support.ts";

const path = "/api/v1/namespaces/default/configmaps";
const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { name }, data });

/** What an informer told, and promises for what it will tell. */
class Told {
  readonly lines: string[] = [];
  readonly errors: Error[] = [];
  connects = 0;
  readonly informer: Informer<V1ConfigMap> & ListWatch<V1ConfigMap>;
  #waiting: (() => void)[] = [];

  constructor(server: TestServer) {
    const config = new KubeConfig();
    const caData = Buffer.from(server.authority.certificate).toString("base64");
    config.loadFromClusterAndUser({ name: "c", server: server.url, caData, skipTLSVerify: false }, { name: "admin", token: "admin" });
    const api = config.makeApiClient(CoreV1Api);
    this.informer = makeInformer(config, path, () => api.listNamespacedConfigMap({ namespace: "default" })) as never;
    for (const verb of ["add", "update", "delete"] as const)
      this.informer.on(verb, (object) =>
        this.#tell(() => this.lines.push(`${verb} ${object.metadata?.name} ${object.data?.a ?? ""}`.trim())),
      );
    this.informer.on("connect", () => this.#tell(() => this.connects++));
    this.informer.on("error", (error) => this.#tell(() => this.errors.push(error as Error)));
  }

  #tell(change: () => void): void {
    change();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async until(what: () => boolean): Promise<void> {
    while (!what()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

async function started(t: TestContext, server: TestServer): Promise<Told> {
  const told = new Told(server);
  t.after(() => told.informer.stop());
  await told.informer.start();
  return told;
}

test("an informer survives a restart of the server and misses nothing", async (t) => {
  const store = memoryStore();
  const first = await startServer({ store });
  await first.call("POST", path, "admin", map("a", { a: "1" }));
  await first.call("POST", path, "admin", map("b"));
  const told = await started(t, first);
  await told.until(() => told.lines.includes("add b"));
  await first.close();
  await told.until(() => told.errors.length > 0);
  const second = await startServer({ store }, systemClock, first);
  t.after(() => second.close());
  assert.equal(second.url, first.url);
  await second.call("PUT", `${path}/a`, "admin", map("a", { a: "2" }));
  await second.call("DELETE", `${path}/b`, "admin");
  await second.call("POST", path, "admin", map("c"));
  const before = told.lines.length;
  await told.informer.start();
  await told.until(() => told.lines.includes("add c"));
  // It resumed where it was: only what changed, in order, and nothing told twice.
  assert.deepEqual(told.lines.slice(before), ["update a 2", "delete b", "add c"]);
  const { json } = await second.call("GET", path, "admin");
  const known = told.informer.list("default").map((each) => `${each.metadata?.name} ${each.metadata?.resourceVersion}`);
  assert.deepEqual(known.sort(), json.items.map((each: any) => `${each.metadata.name} ${each.metadata.resourceVersion}`).sort());
});

test("an informer whose revision was compacted lists again", async (t) => {
  const store = memoryStore();
  const first = await startServer({ store });
  await first.call("POST", path, "admin", map("kept", { a: "1" }));
  await first.call("POST", path, "admin", map("gone"));
  const told = await started(t, first);
  await told.until(() => told.lines.includes("add gone"));
  const version = told.informer.latestResourceVersion();
  await first.close();
  await told.until(() => told.errors.length > 0);
  const second = await startServer({ store }, systemClock, first);
  t.after(() => second.close());
  await second.call("PUT", `${path}/kept`, "admin", map("kept", { a: "2" }));
  await second.call("DELETE", `${path}/gone`, "admin");
  await second.call("POST", path, "admin", map("new"));
  store.compact(store.revision);
  const answer = await second.call("GET", `${path}?watch=true&resourceVersion=${version}`, "admin");
  const { type, object } = JSON.parse(answer.text.split("\n")[0] as string);
  assert.deepEqual([answer.status, type, object.code, object.reason], [200, "ERROR", 410, "Expired"]);
  assert.match(object.message, new RegExp(`^too old resource version: ${version} \\(\\d+\\)$`));
  const connects = told.connects;
  const before = told.lines.length;
  await told.informer.start();
  await told.until(() => told.lines.includes("add new"));
  assert.ok(told.connects >= connects + 2, "a watch that failed, then a list");
  assert.deepEqual(told.lines.slice(before).sort(), ["add new", "delete gone", "update kept 2"]);
  await second.call("POST", path, "admin", map("later"));
  await told.until(() => told.lines.includes("add later"));
});

const size = 500_000;

/** Changes an object of half a megabyte until the server has fewer watches than before; returns the number of changes. */
async function flood(server: TestServer): Promise<number> {
  const open = async () => {
    const { text } = await server.call("GET", "/metrics", "admin");
    return Number(/^apiserver_longrunning_requests\{[^}]*\} (\d+)/m.exec(text)?.[1]);
  };
  const before = await open();
  for (let i = 0; i < 200; i++) {
    await server.client.patch("configmaps", "default", "big", "merge", { data: { a: String(i), text: "x".repeat(size) } });
    if ((await open()) < before) return i;
  }
  throw new Error("the reader was never cut off");
}

test("a watch that is not read is cut off, others go on", async (t) => {
  const server = await startServer();
  t.after(() => server.close());
  await server.call("POST", path, "admin", map("big"));
  const told = await started(t, server);
  await told.until(() => told.lines.includes("add big"));
  const sent = request(`${server.url}${path}?watch=true`, {
    ca: server.authority.certificate,
    agent: false,
    headers: { authorization: "Bearer admin" },
  });
  sent.on("error", () => {});
  sent.end();
  const [slow] = (await once(sent, "response")) as [IncomingMessage];
  slow.on("error", () => {});
  slow.pause();
  const changes = await flood(server);
  assert.ok(changes * size > 16 * 1024 * 1024, `cut off after ${changes} changes: too early`);
  await server.call("POST", path, "admin", map("after"));
  await told.until(() => told.lines.includes("add after"));
  assert.deepEqual(told.errors, []);
  // What was under way still arrives; then the connection ends, without a proper end.
  let ended = false;
  slow.on("end", () => (ended = true));
  slow.resume();
  await new Promise((resolve) => slow.once("close", resolve));
  assert.equal(ended, false);
});
