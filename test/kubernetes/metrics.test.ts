// Resource metrics and what uses them: kubectl top, client-node, autoscalers that follow a load.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { KubeConfig, Metrics } from "@kubernetes/client-node";
import { FakeClock } from "../../src/base/clock.ts";
import { findCondition } from "../../src/kubernetes/runtime/conditions.ts";
import { deployment, podTemplate } from "../support/fake-cluster.ts";
import { kubectl, type ToolsVersion } from "../support/kubectl.ts";
import { run } from "../support/run.ts";
import { apiService, installMetricsServer } from "./metrics-server.ts";
import { runningCluster } from "./running-cluster.ts";

const services = "apiservices.apiregistration.k8s.io";
const scalers = "horizontalpodautoscalers.autoscaling";
const versions: readonly ToolsVersion[] = ["31", "33", "35"];
const noKubectl = kubectl("33") === undefined && "needs kubectl: the packages that carry it are for Linux on x64";
const paths = "/apis/metrics.k8s.io/v1beta1";
const requests = { resources: { requests: { cpu: "100m", memory: "64Mi" } } };
const template = podTemplate({ app: "web" }, "nginx:1", { containers: [{ name: "main", image: "nginx:1", ...requests }] });

describe("resource metrics", () => {
  const clock = new FakeClock("2026-03-01T10:00:00Z");
  const ends: (() => void | Promise<void>)[] = [];
  let cluster: Awaited<ReturnType<typeof runningCluster>>;

  before(async () => {
    cluster = await runningCluster({ after: (end) => void ends.push(end as () => Promise<void>) }, 2, clock);
    const { until, client, create } = cluster;
    await until("the default service account", () => !!client.get("serviceaccounts", "default", "default"));
    await create("deployments.apps", deployment("web", 2, { template }));
    await until("pods run", () => running() === 2);
  });
  after(async () => {
    for (const end of ends) await end();
  });

  const running = () => cluster.client.list("pods", { labelSelector: "app=web" }).filter(({ status }) => status.phase === "Running").length;
  const call = (path: string, user = "admin") => cluster.api.call("GET", path, user);
  const tool = (version: ToolsVersion, args: string) =>
    run(kubectl(version)!, args.split(" "), { env: { KUBECONFIG: cluster.api.kubeconfig, HOME: "/nonexistent" } });
  const available = () => findCondition(cluster.client.get(services, "", "v1beta1.metrics.k8s.io")?.status?.conditions, "Available");

  test("without a metrics-server there are none", { skip: noKubectl }, async () => {
    for (const version of versions) assert.match((await tool(version, "top pods")).stderr, /Metrics API not available/);
    assert.equal((await call(`${paths}/nodes`)).status, 404);
  });

  test("an APIService becomes available with its metrics-server", async () => {
    const { client, until } = cluster;
    await installMetricsServer(client);
    await until("the metrics API", () => available()?.reason === "Passed");
    const list = await call("/apis/metrics.k8s.io/v1beta1");
    assert.deepEqual(
      list.json.resources.map(({ name, kind, namespaced, verbs }: any) => [name, kind, namespaced, verbs.join()]),
      [
        ["nodes", "NodeMetrics", false, "get,list"],
        ["pods", "PodMetrics", true, "get,list"],
      ],
    );
  });

  test("metrics by HTTP", async () => {
    const { json } = await call(`${paths}/namespaces/default/pods?labelSelector=app%3Dweb`);
    assert.deepEqual([json.kind, json.items.length], ["PodMetricsList", 2]);
    const [first] = json.items;
    assert.deepEqual([first.timestamp, first.window, first.metadata.labels.app], ["2026-03-01T10:00:00Z", "15s", "web"]);
    assert.match(first.containers[0].usage.cpu, /^\d+n$/);
    assert.match(first.containers[0].usage.memory, /^\d+Ki$/);
    const one = await call(`${paths}/namespaces/default/pods/${first.metadata.name}`);
    assert.deepEqual(one.json.containers, first.containers);
    assert.equal((await call(`${paths}/pods?fieldSelector=metadata.name%3D${first.metadata.name}`)).json.items.length, 1);
    assert.equal((await call(`${paths}/nodes`)).json.items.length, 2);
    assert.ok((await call("/apis")).json.groups.some(({ name }: any) => name === "metrics.k8s.io"));
  });

  const refusals: [string, string, string, number, RegExp][] = [
    ["GET", `${paths}/namespaces/default/pods/absent`, "admin", 404, /^pods\.metrics\.k8s\.io "default\/absent" not found$/],
    ["GET", `${paths}/nodes/absent`, "admin", 404, /^nodes\.metrics\.k8s\.io "absent" not found$/],
    ["GET", `${paths}/nodes?watch=true`, "admin", 405, /does not allow this method/],
    ["DELETE", `${paths}/nodes/n0`, "admin", 405, /does not allow this method/],
    ["POST", `${paths}/namespaces/default/pods`, "admin", 405, /does not allow this method/],
    ["GET", `${paths}/namespaces/default/pods?labelSelector=%21%21`, "admin", 400, /./],
    [
      "GET",
      `${paths}/nodes`,
      "eve",
      403,
      /^nodes\.metrics\.k8s\.io is forbidden: User "eve" cannot list resource "nodes" in API group "metrics\.k8s\.io"/,
    ],
  ];
  for (const [method, path, user, code, why] of refusals)
    test(`${method} ${path} by ${user}: ${code}`, async () => {
      const answer = await cluster.api.call(method, path, user);
      assert.equal(answer.status, code, answer.text);
      assert.match(answer.json.message, why);
    });

  for (const version of versions)
    test(`kubectl 1.${version} shows them`, { skip: noKubectl }, async () => {
      const shows: [string, RegExp][] = [
        ["top pods -l app=web", /^NAME +CPU\(cores\) +MEMORY\(bytes\) *\nweb-\S+ +\d+m +3\dMi *\n/],
        ["top pods --containers --sort-by=cpu", /^POD +NAME +CPU\(cores\) +MEMORY\(bytes\) *\n.*main +\d+m/s],
        ["top nodes", /^NAME +CPU\(cores\) +CPU(\(%\)|%) +MEMORY\(bytes\) +MEMORY(\(%\)|%) *\nn0 +\d+m +0% +\d+Mi +0%/],
        ["get pods.metrics.k8s.io -l app=web", /^NAME +CPU +MEMORY +WINDOW *\nweb-\S+ +\d+n +\d+Ki +15s/],
        ["get apiservice v1beta1.metrics.k8s.io", /default\/metrics-server +True/],
        ["api-resources --api-group=metrics.k8s.io", /pods +metrics\.k8s\.io\/v1beta1 +true +PodMetrics/],
      ];
      for (const [args, expected] of shows) {
        const { stdout, stderr, code } = await tool(version, args);
        assert.equal(code, 0, stderr);
        assert.match(stdout, expected);
      }
    });

  test("client-node reads them", async () => {
    const config = new KubeConfig();
    config.loadFromFile(cluster.api.kubeconfig);
    const metrics = new Metrics(config);
    assert.equal((await metrics.getPodMetrics("default")).items.length, 3);
    assert.equal((await metrics.getNodeMetrics()).items.length, 2);
  });

  test("an autoscaler made by kubectl follows a load up and down", { skip: noKubectl }, async () => {
    const { client, until, controllers } = cluster;
    const replicas = () => client.get("deployments.apps", "default", "web")!.spec.replicas;
    const scaler = () => client.get(scalers, "default", "web")!;
    const condition = (type: string) => findCondition(scaler().status?.conditions, type);
    const load = async (cpu: string) => {
      for (const { metadata } of client.list("pods", { labelSelector: "app=web" }))
        await client.patch("pods", "default", metadata.name, "merge", { metadata: { annotations: { "simulate.atoll.dev/cpu": cpu } } });
    };
    const pass = async (seconds: number) => {
      for (let left = seconds; left > 0; left -= 15) {
        await clock.step(Math.min(15, left) * 1000);
        await controllers.idle();
      }
    };
    // Cpu of a pod's first minutes counts only when it was measured after the pod was ready.
    await load("100m");
    await pass(30);
    assert.match((await tool("33", "autoscale deployment web --min=1 --max=5 --cpu-percent=50")).stdout, /autoscaled/);
    await pass(31);
    await until("more replicas", () => replicas() >= 4);
    assert.deepEqual([condition("AbleToScale")?.status, condition("ScalingActive")?.status], ["True", "True"]);
    assert.equal(
      condition("ScalingActive")?.message,
      "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)",
    );
    await until("their pods run", () => running() === replicas());
    await load("100m");
    await pass(60);
    await until("the most there may be", () => replicas() === 5);
    await until("too many are wished for", () => condition("ScalingLimited")?.reason === "TooManyReplicas");
    assert.match(
      (await tool("33", "describe hpa web")).stdout,
      /resource cpu on pods +\(as a percentage of request\): +\d+% \(\d+m\) \/ 50%/,
    );
    await until("five pods run", () => running() === 5);
    await load("10m");
    await pass(120);
    assert.equal(replicas(), 5);
    assert.equal(condition("AbleToScale")?.reason, "ScaleDownStabilized");
    await pass(240);
    await until("one replica", () => replicas() === 1);
    const events = client.list("events").filter(({ involvedObject }) => involvedObject.kind === "HorizontalPodAutoscaler");
    const messages = events.map(({ message }) => message);
    assert.ok(messages.includes("New size: 4; reason: cpu resource utilization (percentage of request) above target"), messages.join("\n"));
    assert.ok(messages.includes("New size: 1; reason: All metrics below target"), messages.join("\n"));
  });

  test("what another server would serve is refused by name", async () => {
    const { client, until } = cluster;
    await client.create(services, "", apiService("v1beta1.custom.metrics.k8s.io", "metrics-server"));
    const name = "v1beta1.custom.metrics.k8s.io";
    await until("a verdict", () => !!findCondition(client.get(services, "", name)?.status?.conditions, "Available"));
    assert.equal(findCondition(client.get(services, "", name)!.status.conditions, "Available")?.reason, "FailedDiscoveryCheck");
    const answer = await call("/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/x/rate");
    assert.deepEqual([answer.status, answer.json.reason], [503, "ServiceUnavailable"]);
    assert.match(answer.json.message, /APIService v1beta1\.custom\.metrics\.k8s\.io is not available$/);
  });

  test("without its pods the metrics API is unavailable, and autoscalers say so", async () => {
    const { client, until } = cluster;
    await client.patch("deployments.apps", "default", "metrics-server", "merge", { spec: { replicas: 0 } });
    await until("no endpoints", () => available()?.reason === "MissingEndpoints");
    assert.equal((await call(`${paths}/nodes`)).status, 503);
    assert.equal((await call(paths)).status, 503);
    if (noKubectl) return;
    await clock.step(16_000);
    await until("the autoscaler notices", () =>
      /the server is currently unable to handle the request \(get pods\.metrics\.k8s\.io\)$/.test(
        findCondition(client.get(scalers, "default", "web")?.status?.conditions, "ScalingActive")?.message ?? "",
      ),
    );
  });
});
