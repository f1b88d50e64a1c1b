// What is no gRPC, or wrong gRPC, on a node's socket: it is refused, and whoever asks properly is served all the same.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { addRequest } from "./plugin-world.ts";
import { servingNode } from "./socket-world.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const ADD = "/rpc.CNIBackend/AddNetwork";

/** Bytes that are sent as they are. */
const RAW: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  "random bytes": randomBytes(4096),
  "HTTP/1.1": Buffer.from("POST /rpc.CNIBackend/AddNetwork HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
  "TLS's first message": Buffer.from("1603010200010001fc0303", "hex"),
  "half a preface": Buffer.from(PREFACE.slice(0, 10)),
  "a preface and random bytes": Buffer.concat([Buffer.from(PREFACE), randomBytes(4096)]),
  "a frame that is longer than it may be": Buffer.concat([Buffer.from(PREFACE), SETTINGS, Buffer.from("ffffff000000000001", "hex")]),
  "headers that are no HPACK": Buffer.concat([
    Buffer.from(PREFACE),
    SETTINGS,
    Buffer.from("000004010400000001", "hex"),
    Buffer.from("ffffffff", "hex"),
  ]),
  "data of a stream that is not open": Buffer.concat([
    Buffer.from(PREFACE),
    SETTINGS,
    Buffer.from("000001000000000005", "hex"),
    Buffer.from("x"),
  ]),
};

/** A gRPC frame around a message. */
function framed(message: Buffer, { compressed = 0, length = message.length } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** Bodies of calls, with the statuses that answer them: of gRPC, or of HTTP where it is no gRPC at all. */
const BODIES: Readonly<Record<string, [body: Buffer, status: string, headers?: Record<string, string>]>> = {
  "a message that is no protobuf": [framed(Buffer.from("ffffffffffffffffffff", "hex")), "13"],
  "a string that is longer than the message": [framed(Buffer.from("0aff", "hex")), "13"],
  "a length of four gigabytes": [framed(Buffer.from("x"), { length: 0xffffffff }), "8"],
  "a message that ends too soon": [framed(Buffer.from("x"), { length: 100 }), "12"],
  "no message": [Buffer.alloc(0), "12"],
  "compressed without saying how": [framed(Buffer.from("x"), { compressed: 1 }), "13"],
  "a compression that is not known": [framed(Buffer.from("x"), { compressed: 1 }), "12", { "grpc-encoding": "zap" }],
  "another content type": [Buffer.from("{}"), "http 415", { "content-type": "application/json" }],
  "a method that does not exist": [framed(Buffer.alloc(0)), "12", { ":path": "/rpc.CNIBackend/Nothing" }],
  "a service that does not exist": [
    framed(Buffer.alloc(0)),
    "12",
    { ":path": "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" },
  ],
};

test("bytes that are no gRPC", async (t) => {
  const { path, client } = await servingNode(t);
  for (const [what, bytes] of Object.entries(RAW)) {
    const socket = connect(path);
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.end(bytes);
    socket.resume();
    const { reply } = await client.call("rpc.CNIBackend/AddNetwork", addRequest("a"));
    assert.equal(reply?.Success, true, what);
    socket.destroy();
  }
});

test("calls that are wrong gRPC have a status", async (t) => {
  const { path, client, host } = await servingNode(t);
  const session = connectHttp2("http://localhost", { createConnection: () => connect(path) });
  session.on("error", () => {});
  t.after(() => session.destroy());
  const statuses: Record<string, string> = {};
  for (const [what, [body, , headers]] of Object.entries(BODIES)) {
    const stream = session.request({ ":method": "POST", ":path": ADD, "content-type": "application/grpc", te: "trailers", ...headers });
    stream.on("error", () => {});
    const seen: Record<string, unknown> = {};
    for (const event of ["response", "trailers"] as const)
      (stream as NodeJS.EventEmitter).on(event, (given: object) => Object.assign(seen, given));
    stream.resume();
    stream.end(body);
    await once(stream, "close");
    statuses[what] = seen["grpc-status"] === undefined ? `http ${seen[":status"]}` : String(seen["grpc-status"]);
  }
  assert.deepEqual(statuses, Object.fromEntries(Object.entries(BODIES).map(([what, [, status]]) => [what, status])));
  assert.equal(host.ipamd?.stats.assigned, 0);
  assert.equal((await client.call("rpc.CNIBackend/AddNetwork", addRequest("a"))).reply.Success, true);
});

test("texts that are odd are texts", async (t) => {
  const { client, host } = await servingNode(t);
  const odd = ['"\n\\', "../../etc/passwd", "\u0000", "__proto__", "𝕏".repeat(10_000)];
  for (const text of odd) {
    const names = { K8S_POD_NAME: text, K8S_POD_NAMESPACE: text, ContainerID: text, IfName: text, NetworkName: text };
    assert.equal((await client.call("rpc.CNIBackend/AddNetwork", addRequest("a", names))).reply.Success, true);
    const { ClientVersion } = addRequest("a");
    assert.equal((await client.call("rpc.CNIBackend/DelNetwork", { ...names, ClientVersion, Reason: text })).reply.Success, true);
  }
  assert.equal(host.ipamd?.stats.assigned, 0);
  const { body = "" } = host.port(61_678, "/metrics") ?? {};
  assert.match(body, /^awscni_del_ip_req_count\{reason="\\"\\n\\\\"\} 1$/m, "metrics stay one line each");
});

test("many connections that say nothing do not keep ipamd from going", async (t) => {
  const { path, host, sockets } = await servingNode(t);
  const silent = Array.from({ length: 50 }, () => connect(path));
  for (const socket of silent) socket.on("error", () => {}).resume();
  await Promise.all(silent.map((socket) => once(socket, "connect")));
  const ended = silent.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  host.close();
  await sockets.close();
  await Promise.all(ended);
});
