// Logs of simulated containers, and what exec, attach and port-forward are told.
import assert from "node:assert/strict";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { simulatedStreams } from "../../src/kubernetes/streams/simulated.ts";
import { startServer, type TestServer } from "./server-support.ts";
import { makePod } from "./stream-pods.ts";

const now = Date.parse("2026-03-01T10:00:00Z");
const pods = "/api/v1/namespaces/default/pods";
let api: TestServer;

before(async () => {
  const clock = { now: () => now, after: () => ({ cancel() {} }) };
  const streams = simulatedStreams(clock, (namespace, name, changed) =>
    api.client.watch("pods", { namespace, fieldSelector: `metadata.name=${name}` }, ({ type, object }) =>
      changed(type === "DELETED" ? undefined : object),
    ),
  );
  api = await startServer({ streams });
});
after(() => api?.close());

const startedAt = "2026-03-01T09:59:50Z";
const running = { state: { running: { startedAt } } };

const pod = (name: string, states: Record<string, object>, annotations: object = {}, nodeName: string | null = "n") =>
  makePod(api, name, states, annotations, nodeName);

test("scripted logs with tail, since, timestamps and a limit", async () => {
  await pod("scripted", { c: running }, { "simulate.atoll.dev/c.logs": "one\ntwo\nthree\n" });
  const log = async (query: string) => (await api.call("GET", `${pods}/scripted/log?${query}`, "admin")).text;
  assert.equal(await log(""), "one\ntwo\nthree\n");
  assert.equal(await log("tailLines=2"), "two\nthree\n");
  assert.equal(await log("tailLines=0"), "");
  assert.equal(await log("tailLines=1&timestamps=true"), "2026-03-01T09:59:50.002000000Z three\n");
  assert.equal(await log("limitBytes=5"), "one\nt");
  assert.equal(await log("sinceSeconds=5"), "");
  assert.equal(await log("sinceSeconds=60"), "one\ntwo\nthree\n");
  assert.equal(await log("sinceTime=2026-03-01T09:59:50.001Z"), "two\nthree\n");
});

test("without a script the log says that nothing runs", async () => {
  await pod("plain", { c: running });
  assert.match((await api.call("GET", `${pods}/plain/log`, "admin")).text, /^c runs on a simulated node: no process writes logs\./);
});

const refusals: [string, string, number, RegExp][] = [
  ["two", "", 400, /^a container name must be specified for pod two, choose one of: \[a b\]$/],
  ["two", "container=z", 400, /^container z is not valid for pod two$/],
  ["two", "container=b", 400, /^container "b" in pod "two" is waiting to start: ImagePullBackOff$/],
  ["two", "container=a&previous=true", 400, /^previous terminated container "a" in pod "two" not found$/],
  ["unplaced", "", 400, /^pod unplaced does not have a host assigned$/],
  ["two", "container=a&tailLines=x", 400, /tailLines: Invalid value: x/],
  ["two", "container=a&sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z", 400, /at most one of/],
  ["absent", "", 404, /^pods "absent" not found$/],
];
test("what cannot be answered is explained", async () => {
  await pod("two", { a: running, b: { state: { waiting: { reason: "ImagePullBackOff" } } } });
  await pod("unplaced", { c: {} }, {}, null);
  for (const [name, query, code, message] of refusals) {
    const answer = await api.call("GET", `${pods}/${name}/log?${query}`, "admin");
    assert.equal(answer.status, code, answer.text);
    assert.match(answer.json.message, message);
  }
  assert.equal((await api.call("GET", `${pods}/two/log?container=a`, "eve")).status, 403);
});

test("the previous run of a restarted container", async () => {
  const terminated = { exitCode: 1, startedAt: "2026-03-01T09:00:00Z", finishedAt: "2026-03-01T09:10:00Z" };
  await pod("restarted", { c: { ...running, lastState: { terminated } } }, { "simulate.atoll.dev/c.logs": "x" });
  const answer = await api.call("GET", `${pods}/restarted/log?previous=true&timestamps=true`, "admin");
  assert.equal(answer.text, "2026-03-01T09:00:00.000000000Z x\n");
});

test("a followed log ends with its container", async () => {
  await pod("followed", { c: running }, { "simulate.atoll.dev/c.logs": "a line" });
  let ended = false;
  const follow = api.call("GET", `${pods}/followed/log?follow=true`, "admin").then((answer) => {
    ended = true;
    return answer;
  });
  // Requests on the same server afterwards prove that the stream does not hold anything up.
  await api.call("GET", `${pods}/followed`, "admin");
  assert.equal(ended, false);
  await api.call("DELETE", `${pods}/followed?gracePeriodSeconds=0`, "admin");
  assert.equal((await follow).text, "a line\n");
});

function upgrade(path: string, user: string | undefined, protocol: string): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${api.url}${path}`, {
      method: protocol === "websocket" ? "GET" : "POST",
      rejectUnauthorized: false,
      agent: false,
      headers: {
        connection: "Upgrade",
        upgrade: protocol,
        ...(user && { authorization: `Bearer ${user}` }),
        ...(protocol === "websocket" && { "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" }),
      },
    });
    sent.on("response", (answer) => {
      let body = "";
      answer.on("data", (chunk) => {
        body += chunk;
      });
      answer.on("end", () => resolve({ code: answer.statusCode ?? 0, body }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

for (const protocol of ["websocket", "SPDY/3.1"]) {
  test(`upgrades by ${protocol} are refused for their true reason`, async () => {
    const path = `${pods}/plain/exec?command=ls&stdout=true`;
    const refused = await upgrade(path, "admin", protocol);
    assert.equal(refused.code, 501);
    assert.match(
      JSON.parse(refused.body).message,
      /^pods\/exec is not available: the nodes of this cluster are simulated and run no containers$/,
    );
    assert.equal((await upgrade(path, "eve", protocol)).code, 403);
    assert.equal((await upgrade(path, "nobody", protocol)).code, 401);
    assert.equal((await upgrade(`${pods}/absent/exec?command=ls&stdout=true`, "admin", protocol)).code, 404);
  });
}
