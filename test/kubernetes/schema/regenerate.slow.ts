// Makes the schema table anew from its sources and compares it with the committed one; then decodes the sources' protobuf vectors.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const root = join(import.meta.dirname, "../../..");
const committed = join(root, "src/kubernetes/schema/data/kubernetes.json");
let folder = "";
let unreachable: string | undefined;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "atoll-kubernetes-"));
  const fetched = spawnSync(join(root, "scripts/kubernetes-schema/fetch.sh"), [folder], { encoding: "utf8", timeout: 300_000 });
  if (fetched.status !== 0)
    unreachable = `needs Debian's mirror and npm: ${(fetched.error?.message ?? fetched.stderr).trim().split("\n").at(-1)}`;
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("the committed table is what its sources say", (t) => {
  if (unreachable) return t.skip(unreachable);
  const target = join(folder, "kubernetes.json");
  execFileSync(process.execPath, [join(root, "scripts/kubernetes-schema/generate.ts"), folder, target]);
  assert.equal(
    readFileSync(target, "utf8"),
    readFileSync(committed, "utf8"),
    "run scripts/kubernetes-schema/generate.ts and commit the table",
  );
});

test("the protobuf vectors of the newest release and of those before it decode", (t) => {
  if (unreachable) return t.skip(unreachable);
  const ATOLL_KUBERNETES_TESTDATA = join(folder, "36/k8s.io/api/testdata/HEAD");
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const run = spawnSync(process.execPath, ["--test", "--test-reporter=tap", join(root, "test/kubernetes/schema/vectors.test.ts")], {
    encoding: "utf8",
    env: { ...inherited, ATOLL_KUBERNETES_TESTDATA },
  });
  assert.equal(run.status, 0, run.stdout);
  for (const [, count] of run.stdout.matchAll(/# (\d+ vectors of .*)/g)) t.diagnostic(count!);
  assert.match(run.stdout, /185 vectors of the newest release/);
});
