// The inventory of black-box cases: each names a test that exists, and the count is printed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Case, cluster, flows, iam, podIdentity, tokens, webIdentity } from "./conformance-index.ts";

const read = (file: string) => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
const sections: Readonly<Record<string, readonly Case[]>> = {
  "8.1 tokens": tokens,
  "8.2 web identity": webIdentity,
  "8.3 Pod Identity": podIdentity,
  "8.4 getting into the cluster": cluster,
  "8.5 IAM": iam,
  "8.6 flows": flows,
};

for (const [name, cases] of Object.entries(sections)) {
  test(`${name}: ${cases.filter(({ file }) => file).length} of ${cases.length} cases are shown`, () => {
    for (const { id, file, says = "", why } of cases) {
      if (file) assert.ok(read(file).includes(says), `${id}: ${file} does not say ${JSON.stringify(says)}`);
      else assert.ok(why, `${id} is neither shown nor explained`);
    }
  });
}

test("the count", (t) => {
  const all = Object.values(sections).flat();
  t.diagnostic(`identity conformance: ${all.filter(({ file }) => file).length} of ${all.length} cases shown, the others explained`);
  assert.equal(new Set(Object.entries(sections).flatMap(([name, cases]) => cases.map(({ id }) => `${name} ${id}`))).size, all.length);
});
