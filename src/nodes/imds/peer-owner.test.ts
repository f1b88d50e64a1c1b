import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { isOwnPeer, ownerIn } from "./peer-owner.ts";

const TABLE = [
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
  "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0",
  "   1: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 20 4 30 10 -1",
  "   2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1",
].join("\n");

for (const [from, to, owners] of [
  [0xc001, 0x1f90, [1000]],
  [0x1f90, 0xc001, [0]],
  [0xc001, 0x1f91, []],
  [0xc002, 0x1f90, []],
] as const) {
  test(`owner of ${from} -> ${to}: ${owners.join() || "nobody"}`, () => assert.deepEqual(ownerIn(TABLE, from, to), owners));
}

test("a connection of this very process is its own; one that does not exist is nobody's", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [socket] = await accepted;
  try {
    assert.equal(isOwnPeer(socket), true);
    if (process.platform !== "linux") return t.diagnostic("only Linux knows the owners of connections");
    assert.equal(isOwnPeer({ remotePort: 1, localPort: 1 }), false);
  } finally {
    client.destroy();
    socket.destroy();
    server.close();
  }
});
