// APIs on their way out: the server warns who uses them, and tells who it was.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "./server-support.ts";

const OLD = "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas";
const YOUNG = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas";
const version = (minor: string) => ({ version: { major: "1", minor, gitVersion: `v1.${minor}.1-eks-3cfe0ce` } });

test("a deprecated API answers with a warning and is counted, with its user agent", async () => {
  const used: object[] = [];
  const server = await startServer({ ...version("31"), deprecatedUse: (use) => used.push(use) });
  try {
    const answer = await server.call("GET", OLD, "admin", undefined, { "user-agent": "old-operator/v1" });
    assert.equal(answer.status, 200);
    assert.match(
      String(answer.headers.warning),
      /^299 - "flowcontrol\.apiserver\.k8s\.io\/v1beta3 FlowSchema is deprecated in v1\.29\+, unavailable in v1\.32\+; use .*\/v1 FlowSchema"$/,
    );
    assert.deepEqual(used, [
      { group: "flowcontrol.apiserver.k8s.io", version: "v1beta3", plural: "flowschemas", userAgent: "old-operator/v1" },
    ]);
    const fine = await server.call("GET", YOUNG, "admin");
    assert.equal(fine.headers.warning, undefined);
    assert.equal((await server.call("GET", OLD, "eve")).status, 403);
    assert.equal(used.length, 1, "who is refused does not use it");
  } finally {
    await server.close();
  }
});

test("in the version that drops it, it is not there", async () => {
  const server = await startServer({ ...version("32"), deprecatedUse: () => assert.fail("nothing is deprecated") });
  try {
    assert.equal((await server.call("GET", OLD, "admin")).status, 404);
    assert.equal((await server.call("GET", YOUNG, "admin")).status, 200);
  } finally {
    await server.close();
  }
});
