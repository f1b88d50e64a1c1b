// A watcher on HTTP/2 that does not read is cut off before it costs much memory; its neighbour on the same connection is not.
import assert from "node:assert/strict";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

let api: TestServer;
let session: ClientHttp2Session;
before(async () => {
  api = await startServer();
  session = connect(api.url, { ca: api.authority.certificate });
  session.on("error", () => {});
});
after(async () => {
  session?.destroy();
  await api?.close();
});

const path = "/api/v1/namespaces/default/configmaps";
const watch = (): ClientHttp2Stream => session.request({ ":path": `${path}?watch=true`, authorization: "Bearer admin" });
const opened = (stream: ClientHttp2Stream) => new Promise((resolve) => stream.on("response", resolve));

async function watching(): Promise<number> {
  const { text } = await api.call("GET", "/metrics", "admin");
  return Number(/^apiserver_longrunning_requests\{[^}]*\} (\d+)/m.exec(text)?.[1]);
}

test("a watch over HTTP/2 that is not read is cut off, its neighbour goes on", async () => {
  const [slow, quick] = [watch(), watch()];
  slow.on("error", () => {});
  let seen = "";
  quick.on("data", (chunk: Buffer) => {
    seen = (seen + chunk.toString()).slice(-200_000);
  });
  await Promise.all([opened(slow), opened(quick)]);
  slow.pause();
  const data = { text: "x".repeat(900_000) };
  await api.call("POST", path, "admin", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "big" }, data });
  const before = process.memoryUsage().arrayBuffers;
  const patch = { "content-type": "application/merge-patch+json" };
  const open = await watching();
  assert.equal(open, 2);
  let changes = 0;
  while ((await watching()) === open && changes++ < 60)
    await api.call("PATCH", `${path}/big`, "admin", { metadata: { labels: { i: String(changes) } } }, patch);
  assert.equal(await watching(), 1, "one watch is cut off");
  assert.ok((changes + 1) * 900_000 > 16 * 1024 * 1024, `cut off after ${changes} changes: too early`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 256 * 1024 * 1024);
  await api.call("POST", path, "admin", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "last" } });
  for (let i = 0; i < 200 && !seen.includes('"name":"last"'); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.match(seen, /"name":"last"/);
  quick.close();
});
