// Decodes the protobuf test vectors that ship with k8s.io/api and compares with the JSON beside them: those of the newest release, and of
// releases before it for the versions a cluster of their minor serves.
// ATOLL_KUBERNETES_TESTDATA names the folder of the newest (golang-k8s-api-dev: /usr/share/gocode/src/k8s.io/api/testdata/HEAD).
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { decodeProtobuf } from "../../../src/kubernetes/protobuf/decode.ts";
import { encodeProtobuf } from "../../../src/kubernetes/protobuf/encode.ts";
import { newestMinor } from "../../../src/kubernetes/schema/minors.ts";
import { builtinRegistry } from "../../../src/kubernetes/schema/registry.ts";
import { schemaOf } from "../../../src/kubernetes/schema/types.ts";
import { checkAgainst } from "../../../src/kubernetes/schema/validate.ts";

const newest = process.env.ATOLL_KUBERNETES_TESTDATA ?? "/usr/share/gocode/src/k8s.io/api/testdata/HEAD";
const missing = "needs k8s.io/api's testdata; set ATOLL_KUBERNETES_TESTDATA";

interface Vector {
  readonly name: string;
  readonly body: Buffer;
  readonly defaults: { readonly apiVersion: string; readonly kind: string };
  /** The JSON beside it, and with the apiVersion and kind that a decoded body always has. */
  readonly json: Record<string, unknown>;
  readonly expected: Record<string, unknown>;
}

function vectors(folder: string): Vector[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".pb") && existsSync(join(folder, name.replace(/pb$/, "json"))));
  return names
    .filter((name) => !name.includes("after_roundtrip"))
    .map((name) => {
      const json = JSON.parse(readFileSync(join(folder, name.replace(/pb$/, "json")), "utf8"));
      const defaults = { apiVersion: json.apiVersion ?? "v1", kind: json.kind ?? name.split(".").at(-2)! };
      return { name, body: readFileSync(join(folder, name)), defaults, json, expected: { ...defaults, ...json } };
    });
}

function checkVector({ name, body, defaults, json, expected }: Vector, minor: number): void {
  assert.deepEqual(decodeProtobuf(body, defaults, minor), expected, name);
  assert.deepEqual(checkAgainst(schemaOf(defaults.apiVersion, defaults.kind, minor)!, json), { unknown: [] }, name);
}

test("every vector of k8s.io/api decodes to its JSON", (t) => {
  if (!existsSync(newest)) return t.skip(missing);
  const all = vectors(newest);
  assert.ok(all.length > 150);
  for (const vector of all) {
    checkVector(vector, newestMinor);
    assert.deepEqual(decodeProtobuf(encodeProtobuf(vector.expected as never)), vector.expected, `${vector.name} written again`);
  }
  t.diagnostic(`${all.length} vectors of the newest release`);
});

test("a minor knows exactly the fields of its own release", (t) => {
  const folders = existsSync(newest) ? readdirSync(dirname(newest)).filter((name) => /^v1\.\d+\.0$/.test(name)) : [];
  if (folders.length === 0) return t.skip(missing);
  for (const folder of folders) {
    const minor = Number(folder.split(".")[1]);
    const served = new Set(builtinRegistry(minor).resources.map(({ group, version }) => (group ? `${group}/${version}` : version)));
    const own = vectors(join(dirname(newest), folder)).filter(({ defaults }) => served.has(defaults.apiVersion));
    assert.ok(own.length > 50);
    for (const vector of own) checkVector(vector, minor);
    t.diagnostic(`${own.length} vectors of 1.${minor}`);
  }
});
