// kubectl 1.31, 1.33 and 1.35, unmodified, through a long list of steps on one cluster; each in its own namespace.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { writeKubeconfig } from "../../support/kube.ts";
import { kubectl, type ToolsVersion } from "../../support/kubectl.ts";
import { run } from "../../support/run.ts";
import { type Scenario, startScenario } from "../../support/scenario.ts";
import { STEPS, type Step } from "./steps.ts";

const versions: readonly ToolsVersion[] = ["31", "33", "35"];
const skip = kubectl("33") === undefined && "needs kubectl: the packages that carry it are for Linux on x64";

describe("kubectl scenarios", { skip, concurrency: 3 }, () => {
  let scenario: Scenario;
  let env: Record<string, string>;

  before(async () => {
    scenario = await startScenario({ minor: 33 });
    env = { ...scenario.test.environment(), KUBECONFIG: await writeKubeconfig(scenario) };
  });
  after(() => scenario?.test.close());

  for (const version of versions) {
    describe(`kubectl 1.${version}`, { concurrency: 1 }, () => {
      for (const step of STEPS) test(step.args, () => check(version, step));
    });
  }

  async function check(version: ToolsVersion, { args, input, expect, code = 0, edit }: Step): Promise<void> {
    const fill = (text: string) => text.replaceAll("$NS", `s${version}`);
    const words = args.split(" ").map((word) => fill(word).replaceAll("_*", " *"));
    const result = await run(kubectl(version)!, words, {
      env: { ...env, ...(edit && { KUBE_EDITOR: `sed -i '${edit}'` }) },
      ...(input && { input: input.map((each) => fill(JSON.stringify(each))).join("\n") }),
    });
    const output = result.stdout + result.stderr;
    assert.equal(result.code, code, output);
    assert.match(output, expect);
  }
});
