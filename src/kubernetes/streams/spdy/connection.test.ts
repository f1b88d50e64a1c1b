// SPDY as a client sees it: frames made by hand, orderly, disorderly and random.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { constants, createDeflate } from "node:zlib";
import fc from "fast-check";
import { SpdyConnection, type SpdyStream } from "./connection.ts";
import { counted, dictionary } from "./dictionary.ts";
import { dataHead } from "./frames.ts";

function words(...values: number[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      return bytes;
    }),
  );
}

function control(kind: number, flags: number, body: Buffer): Buffer {
  return Buffer.concat([words(0x80030000 | kind, (flags << 24) | body.length), body]);
}

/** Compresses the header blocks of one connection. */
function compressor(): (headers: Record<string, string>) => Promise<Buffer> {
  const deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
  return async (headers) => {
    const entries = Object.entries(headers).flatMap(([name, value]) => [counted(name), counted(value)]);
    deflate.write(Buffer.concat([words(Object.keys(headers).length), ...entries]));
    const [chunk] = (await once(deflate, "data")) as [Buffer];
    return chunk;
  };
}

const synStream = (id: number, block: Buffer, flags = 0) => control(1, flags, Buffer.concat([words(id, 0), Buffer.alloc(2), block]));
const data = (id: number, text: string, fin = false) => Buffer.concat([dataHead(id, text.length, fin), Buffer.from(text)]);
const kindOf = (bytes: Buffer, at = 0) => bytes.readUInt16BE(at + 2);

interface Peer {
  readonly client: Duplex;
  readonly connection: SpdyConnection;
  readonly streams: SpdyStream[];
  block(headers: Record<string, string>): Promise<Buffer>;
}

function peer(accept: (stream: SpdyStream) => void = () => {}): Peer {
  const [client, server] = duplexPair();
  const streams: SpdyStream[] = [];
  const connection = new SpdyConnection(server, (stream) => {
    streams.push(stream);
    accept(stream);
  });
  client.on("error", () => {});
  return { client, connection, streams, block: compressor() };
}

test("a stream is accepted, carries bytes both ways and half-closes", async () => {
  const { client, connection, streams, block } = peer(({ duplex }) => duplex.pipe(duplex));
  const got: Buffer[] = [];
  client.on("data", (chunk) => got.push(chunk));
  client.write(synStream(1, await block({ StreamType: "data", port: "80" })));
  client.write(data(1, "hel"));
  client.write(data(1, "lo", true));
  const end = dataHead(1, 0, true);
  while (!Buffer.concat(got).includes(end)) await new Promise(setImmediate);
  client.end();
  await connection.closed;
  const answer = Buffer.concat(got);
  assert.deepEqual(
    [...streams[0]!.headers],
    [
      ["streamtype", "data"],
      ["port", "80"],
    ],
  );
  assert.equal(kindOf(answer), 2);
  assert.ok(answer.includes("hel") && answer.includes("lo"));
});

test("headers of later streams build on those before", async () => {
  const { client, streams, block, connection } = peer();
  for (const id of [1, 3, 5]) client.write(synStream(id, await block({ streamtype: "error", requestid: String(id) })));
  client.end();
  client.resume();
  await connection.closed;
  assert.deepEqual(
    streams.map(({ headers }) => headers.get("requestid")),
    ["1", "3", "5"],
  );
});

test("frames are understood however their bytes are cut", async () => {
  const { client, streams, block, connection } = peer(({ duplex }) => duplex.resume());
  const all = Buffer.concat([synStream(1, await block({ streamtype: "x" })), data(1, "abc"), control(6, 0, words(7))]);
  const got: Buffer[] = [];
  client.on("data", (chunk) => got.push(chunk));
  for (const byte of all) client.write(Buffer.from([byte]));
  client.end();
  await connection.closed;
  assert.equal(streams.length, 1);
  assert.ok(Buffer.concat(got).includes(control(6, 0, words(7))), "the ping comes back");
});

test("who does not read is not sent more; who is not read is held up", async () => {
  const { client, streams, block, connection } = peer();
  client.write(synStream(1, await block({ streamtype: "data" })));
  while (streams.length === 0) await new Promise(setImmediate);
  const big = "x".repeat(100_000);
  let sent = 0;
  while (client.write(data(1, big)) && sent < 100) {
    sent++;
    await new Promise(setImmediate);
  }
  assert.ok(sent < 10, `${sent} pieces were taken`);
  const { duplex } = streams[0]!;
  let written = 0;
  while (duplex.write(Buffer.from(big)) && written < 100) {
    written++;
    await new Promise(setImmediate);
  }
  assert.ok(written < 10, `${written} pieces were written`);
  connection.destroy();
  await connection.closed;
  assert.equal(duplex.destroyed, true);
});

const broken: [string, (block: (headers: Record<string, string>) => Promise<Buffer>) => Promise<Buffer> | Buffer][] = [
  ["another version", () => words(0x80020001, 0)],
  ["a control frame without end", () => words(0x80030001, 0x00ffffff)],
  ["a short control frame", () => control(3, 0, words(1))],
  ["an even stream id", async (block) => synStream(2, await block({}))],
  ["a stream id used twice", async (block) => Buffer.concat([synStream(1, await block({})), synStream(1, await block({}))])],
  ["headers that are not compressed", () => synStream(1, Buffer.from("plain text, no zlib"))],
  ["headers that unfold without end", async (block) => synStream(1, await block({ a: "x".repeat(80_000) }))],
  ["data for a stream that was never opened", () => data(9, "x")],
];
for (const [title, bytes] of broken) {
  test(`${title} ends the connection`, async () => {
    const { client, connection, streams, block } = peer();
    const rest = buffer(client).catch(() => Buffer.alloc(0));
    client.write(await bytes(block));
    await connection.closed;
    for (const { duplex } of streams) assert.equal(duplex.destroyed, true);
    await rest;
  });
}

test("a reset stream is gone, others go on", async () => {
  const { client, connection, streams, block } = peer(({ duplex }) => duplex.resume());
  client.resume();
  for (const id of [1, 3]) client.write(synStream(id, await block({ streamtype: "data" })));
  client.write(control(3, 0, words(1, 5)));
  client.write(data(1, "late"));
  client.write(data(3, "x", true));
  while (!streams[1]?.duplex.readableEnded) await new Promise(setImmediate);
  assert.equal(streams[0]?.duplex.destroyed, true);
  assert.equal(streams[1]?.duplex.destroyed, false);
  connection.destroy();
  await connection.closed;
});

test("nothing that arrives crashes or hangs", async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc
      .record({ kind: fc.integer({ min: 0, max: 12 }), flags: fc.nat(255), body: fc.uint8Array({ maxLength: 40 }) })
      .map((each) => control(each.kind, each.flags, Buffer.from(each.body))),
    fc
      .record({ id: fc.constantFrom(0, 1, 3, 0x7fffffff), text: fc.string({ maxLength: 30 }), fin: fc.boolean() })
      .map(({ id, text, fin }) => data(id, Buffer.from(text).toString("latin1"), fin)),
  );
  const valid = await compressor()({ streamtype: "data" });
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(piece, { maxLength: 12 }), async (opened, pieces) => {
      const { client, connection } = peer(({ duplex }) => duplex.pipe(duplex));
      client.resume();
      if (opened) client.write(synStream(1, valid));
      for (const each of pieces) client.write(each);
      client.end();
      await connection.closed;
    }),
    { numRuns: 150 },
  );
});
