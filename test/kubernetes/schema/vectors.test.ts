// Decodes the protobuf test vectors that ship with k8s.io/api and compares with the JSON beside them.
// ATOLL_KUBERNETES_TESTDATA names the folder (golang-k8s-api-dev: /usr/share/gocode/src/k8s.io/api/testdata/HEAD).
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeProtobuf } from "../../../src/kubernetes/protobuf/decode.ts";
import { encodeProtobuf } from "../../../src/kubernetes/protobuf/encode.ts";
import { checkFields } from "../../../src/kubernetes/schema/validate.ts";

const folder = process.env.ATOLL_KUBERNETES_TESTDATA ?? "/usr/share/gocode/src/k8s.io/api/testdata/HEAD";

/** Groups that no EKS cluster serves and the table leaves out. */
const leftOut = /^(imagepolicy|storagemigration)\./;

test("every vector of k8s.io/api decodes to its JSON", (t) => {
  if (!existsSync(folder)) return t.skip("needs k8s.io/api's testdata; set ATOLL_KUBERNETES_TESTDATA");
  const names = readdirSync(folder).filter((name) => name.endsWith(".pb") && !leftOut.test(name));
  assert.ok(names.length > 150);
  for (const name of names) {
    const body = readFileSync(join(folder, name));
    const expected = JSON.parse(readFileSync(join(folder, name.replace(/\.pb$/, ".json")), "utf8"));
    const fallback = { apiVersion: expected.apiVersion ?? "v1", kind: expected.kind ?? name.split(".").at(-2)! };
    assert.deepEqual(decodeProtobuf(body, fallback), { ...fallback, ...expected }, name);
    assert.deepEqual(checkFields(fallback.apiVersion, fallback.kind, expected), { unknown: [] }, name);
    const whole = { ...fallback, ...expected };
    assert.deepEqual(decodeProtobuf(encodeProtobuf(whole)), whole, `${name} written again`);
  }
});
