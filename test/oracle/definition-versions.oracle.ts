// The life of a definition with several versions beside a real kube-apiserver.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expected, livesOf } from "../kubernetes/custom/version-steps.ts";
import { oracleMissing, startRealKubernetes, until } from "./real-kubernetes.ts";

test("several versions, seen by a client", { skip: oracleMissing() }, async () => {
  const real = await startRealKubernetes();
  try {
    assert.deepEqual(await livesOf(real.call, until), expected);
  } finally {
    await real.close();
  }
});
