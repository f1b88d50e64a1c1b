// One version of kubectl, unmodified, through the list of steps against a cluster with two nodes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { writeKubeconfig } from "../support/kube.ts";
import { kubectl, type ToolsVersion } from "../support/kubectl.ts";
import { run } from "../support/run.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { STEPS } from "./kubectl-steps.ts";

/** Declares the tests of one version. */
export function kubectlSuite(version: ToolsVersion): void {
  const binary = kubectl(version);
  const skip = binary === undefined && "needs kubectl: the packages that carry it are for Linux on x64";

  describe(`kubectl 1.${version}`, { skip }, () => {
    let scenario: Scenario;
    let env: Record<string, string>;

    before(async () => {
      scenario = await startScenario({ minor: Number(version) });
      env = { ...scenario.test.environment(), KUBECONFIG: await writeKubeconfig(scenario) };
    });
    after(() => scenario?.test.close());

    for (const { args, input, expect, code = 0, warning = /^$/ } of STEPS) {
      test(`kubectl ${args}`, async () => {
        const result = await run(binary!, args.split(" "), { env, ...(input && { input: JSON.stringify(input) }) });
        assert.equal(result.code, code, result.stdout + result.stderr);
        assert.match(code === 0 ? result.stdout : result.stdout + result.stderr, expect);
        if (code === 0) assert.match(result.stderr, warning);
      });
    }
  });
}
