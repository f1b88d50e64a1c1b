// The edges of HTTP: preflights, other routes, bodies that are too large, too slow or cut off, recorders that fail.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { AwsError } from "../../src/aws/errors.ts";
import { type Operations, service } from "../../src/aws/operation.ts";
import { signRequest } from "../../src/aws/sigv4.ts";
import { NOW, ROOT, startWorld, type World } from "./support/world.ts";

type Eks = typeof import("@aws-sdk/client-eks");
const table = {
  ListClusters: { run: () => ({ clusters: ["dev"] }) },
  DescribeCluster: { run: () => ({ cluster: { createdAt: "yesterday" as unknown as Date } }) },
  DeleteCluster: {
    run({ name }) {
      throw name === "odd" ? "a string" : new AwsError("ThrottlingException", "slow down", { clusterName: name });
    },
  },
} satisfies Operations<Eks, unknown>;

async function withWorld(run: (world: World) => Promise<void>, options = {}): Promise<void> {
  const world = await startWorld([service("eks", {}, table)], options);
  try {
    await run(world);
  } finally {
    await world.close();
  }
}

function send(world: World, method: string, path: string, body = ""): Promise<Response> {
  const url = world.endpoint + path;
  const { host: _host, ...headers } = signRequest({ method, url, body }, ROOT, { region: "us-west-2", service: "eks", now: NOW });
  return fetch(url, { method, headers, ...(body && { body }) });
}

test("EKS's headers are on every answer, and OPTIONS gets them without a signature", () =>
  withWorld(async (world) => {
    for (const response of [await send(world, "GET", "/clusters"), await send(world, "GET", "/nothing")]) {
      assert.match(response.headers.get("x-amzn-requestid") ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
      assert.match(response.headers.get("x-amzn-trace-id") ?? "", /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
      assert.match(response.headers.get("x-amz-apigw-id") ?? "", /^[\w-]{15}=$/);
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.equal(response.headers.get("date"), "Mon, 05 Jan 2026 09:12:44 GMT");
    }
    const preflight = await fetch(`${world.endpoint}/clusters`, { method: "OPTIONS" });
    assert.equal(preflight.status, 200);
    assert.match(preflight.headers.get("access-control-allow-methods") ?? "", /DELETE/);
  }));

test("unknown operations are told after authentication: 404 with a signature, 403 without", () =>
  withWorld(async (world) => {
    const known = await send(world, "GET", "/nothing");
    assert.equal(known.status, 404);
    assert.equal(known.headers.get("x-amzn-errortype"), "UnknownOperationException");
    const unknown = await fetch(`${world.endpoint}/nothing`);
    assert.equal(unknown.status, 403);
    assert.equal(unknown.headers.get("x-amzn-errortype"), "MissingAuthenticationTokenException");
    assert.equal(world.records.length, 0);
  }));

test("other routes take precedence, the longest prefix first", () =>
  withWorld(async (world) => {
    world.gateway.routes.add("/id/", (_request, response) => response.end("issuer"));
    world.gateway.routes.add("/id/special", (_request, response) => response.end("special"));
    assert.equal(await (await fetch(`${world.endpoint}/id/X/keys`)).text(), "issuer");
    assert.equal(await (await fetch(`${world.endpoint}/id/special/keys`)).text(), "special");
  }));

test("a body beyond the limit is refused, announced or not", () =>
  withWorld(
    async (world) => {
      const announced = await send(world, "POST", "/clusters", JSON.stringify({ name: "x".repeat(5000) }));
      assert.equal(announced.status, 413);
      assert.equal(announced.headers.get("x-amzn-errortype"), "RequestEntityTooLargeException");
      const chunked = await raw(world, `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n${"x".repeat(4096)}\r\n`);
      assert.match(chunked, /^HTTP\/1\.1 413 /);
      assert.equal((await send(world, "GET", "/clusters")).status, 200);
    },
    { bodyLimit: 1000 },
  ));

test("a body that does not arrive in time is given up, by the injected clock", () =>
  withWorld(async (world) => {
    const answer = raw(world, "POST /clusters HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    while (world.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    await world.clock.step(30_001);
    assert.match(await answer, /^HTTP\/1\.1 408 [\s\S]*RequestTimeoutException/);
  }));

test("a client that goes away leaves nothing behind", () =>
  withWorld(async (world) => {
    const socket = connect(Number(new URL(world.endpoint).port), "127.0.0.1");
    socket.write("POST /clusters HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    while (world.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    while (world.clock.pending > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await send(world, "GET", "/clusters")).status, 200);
    assert.deepEqual(world.errors, []);
  }));

test("output that does not fit its shape, and thrown things that are no errors, become a 500 that is recorded once", () =>
  withWorld(async (world) => {
    for (const [method, path] of [
      ["GET", "/clusters/a"],
      ["DELETE", "/clusters/odd"],
    ] as const) {
      const response = await send(world, method, path);
      assert.equal(response.status, 500);
      assert.equal(response.headers.get("x-amzn-errortype"), "ServerException");
    }
    assert.equal(world.errors.length, 2);
    assert.deepEqual(
      world.records.map((record) => [record.operation, record.error?.code]),
      [
        ["DescribeCluster", "ServerException"],
        ["DeleteCluster", "ServerException"],
      ],
    );
    assert.equal((await send(world, "DELETE", "/clusters/a")).status, 429);
  }));

test("a recorder that fails does not fail the call", () =>
  withWorld(
    async (world) => {
      assert.equal((await send(world, "GET", "/clusters")).status, 200);
      assert.equal(world.errors.length, 1);
    },
    {
      recorder: {
        record() {
          throw new Error("disk full");
        },
      },
    },
  ));

test("a disk that fails fails the write", () =>
  withWorld(
    async (world) => {
      assert.equal((await send(world, "GET", "/clusters")).status, 500);
    },
    {
      store: {
        // Every look sees another write.
        get revision() {
          return performance.now();
        },
        flushed: () => Promise.reject(new Error("no space left")),
      },
    },
  ));

test("services are attached once and must exist; operations too", async () => {
  const world = await startWorld([service("eks", {}, table)]);
  assert.throws(() => world.gateway.serve(service("eks", {}, table)), /already/);
  assert.throws(() => world.gateway.serve(service("s3", {}, {})), /no model/);
  world.gateway.serve(service("iam", {}, { FlyToTheMoon: { run: () => ({}) } }));
  await assert.rejects(world.gateway.ready(), /iam has no operation FlyToTheMoon/);
  await world.close();
});

function raw(world: World, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(world.endpoint).port), "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
      if (answer.includes("message")) socket.destroy();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}
