import assert from "node:assert/strict";
import { test } from "node:test";
import { agentSocket, hasRoomForSockets, ipamdSocket, LONGEST_BASE, socketDirectory } from "./paths.ts";

test("a node's sockets are in a directory of its instance", () => {
  const directory = socketDirectory("/run/atoll", "i-0123456789abcdef0");
  assert.equal(ipamdSocket(directory), "/run/atoll/i-0123456789abcdef0/ipamd.sock");
  assert.equal(agentSocket(directory), "/run/atoll/i-0123456789abcdef0/npa.sock");
});

test("what fits into the kernel's 108 bytes fits, what does not is known before", () => {
  const ofLength = (bytes: number) => `/${"d".repeat(bytes - 1)}`;
  assert.equal(hasRoomForSockets(ofLength(LONGEST_BASE)), true);
  assert.equal(hasRoomForSockets(ofLength(LONGEST_BASE + 1)), false);
  assert.equal(hasRoomForSockets(`/${"ü".repeat(LONGEST_BASE / 2)}`), false, "bytes count, not letters");
  if (process.platform === "linux") assert.equal(LONGEST_BASE, 76);
});
