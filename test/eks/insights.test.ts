// Insights: computed from nodes, add-ons and health; daily, after upgrades and on demand; a gate for rollbacks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deprecatedApis, incompatibleApis } from "../../src/controllers/insights/apis.ts";
import { findings, type Subject } from "../../src/controllers/insights/findings.ts";
import { recentApiUse, recordApiUse } from "../../src/services/eks/api-use.ts";
import { control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, makeGround, refusal } from "./world.ts";

const DAY = 24 * 3600 * 1000;
const KEY = `${ACCOUNT}/us-west-2/dev`;

async function begin(version = "1.33") {
  const world = createWorld();
  await world.eks("CreateCluster", { ...clusterRequest(await makeGround(world)), version });
  const running = control(world);
  await running.settle();
  const kube = running.clusters.kube(KEY)!;
  const node = (name: string, kubeletVersion: string) =>
    kube.create("nodes", "", { apiVersion: "v1", kind: "Node", metadata: { name }, status: { nodeInfo: { kubeletVersion } } });
  const refresh = async () => {
    await world.eks("StartInsightsRefresh", { clusterName: "dev" });
    await running.settle();
  };
  const statuses = async (filter = {}) =>
    Object.fromEntries(
      (await world.eks("ListInsights", { clusterName: "dev", filter })).insights!.map((each) => [each.name, each.insightStatus?.status]),
    );
  const end = async () => {
    await running.close();
    world.close();
  };
  return { world, running, kube, node, refresh, statuses, end };
}

test("a new cluster has the insights for its next version, all passing, with ids to ask for", async () => {
  const { world, statuses, end } = await begin();
  assert.deepEqual(await statuses(), {
    "Deprecated APIs removed in Kubernetes v1.34": "PASSING",
    "Kubelet version skew": "PASSING",
    "kube-proxy version skew": "PASSING",
    "EKS add-on version compatibility": "PASSING",
    "Cluster health issues": "PASSING",
  });
  const { insights } = await world.eks("ListInsights", { clusterName: "dev" });
  for (const { id, kubernetesVersion, category } of insights!) {
    assert.equal(kubernetesVersion, "1.34");
    assert.equal(category, "UPGRADE_READINESS");
    const { insight } = await world.eks("DescribeInsight", { clusterName: "dev", id: id! });
    assert.ok(insight?.recommendation);
    assert.deepEqual(insight.resources, []);
  }
  const unknown = await refusal(world.eks("DescribeInsight", { clusterName: "dev", id: "11111111-2222-3333-4444-555555555555" }));
  assert.equal(unknown.code, "ResourceNotFoundException");
  const first = await world.eks("ListInsights", { clusterName: "dev", maxResults: 3 });
  const rest = await world.eks("ListInsights", { clusterName: "dev", maxResults: 3, nextToken: first.nextToken! });
  assert.equal(new Set([...first.insights!, ...rest.insights!].map(({ id }) => id)).size, 5);
  await end();
});

test("a refresh finds nodes that are behind and tells when it began and ended", async () => {
  const { world, node, refresh, statuses, running, end } = await begin();
  await node("old", "v1.30.4-eks-a1b2c3d");
  await node("new", "v1.33.0-eks-a1b2c3d");
  assert.equal((await statuses())["Kubelet version skew"], "PASSING", "nobody has looked yet");
  const started = await world.eks("StartInsightsRefresh", { clusterName: "dev" });
  assert.deepEqual(started, { message: "Insights refresh is in progress", status: "IN_PROGRESS" });
  assert.equal((await world.eks("StartInsightsRefresh", { clusterName: "dev" })).status, "IN_PROGRESS");
  await running.settle();
  const done = await world.eks("DescribeInsightsRefresh", { clusterName: "dev" });
  assert.equal(done.status, "COMPLETED");
  assert.ok(done.endedAt! >= done.startedAt!);
  assert.deepEqual(await statuses({ statuses: ["ERROR"] }), { "Kubelet version skew": "ERROR" });
  assert.deepEqual(await statuses({ statuses: ["ERROR"], categories: ["MISCONFIGURATION"] }), {});
  const { insights } = await world.eks("ListInsights", {
    clusterName: "dev",
    filter: { statuses: ["ERROR"], kubernetesVersions: ["1.34", "1.2"] },
  });
  const { insight } = await world.eks("DescribeInsight", { clusterName: "dev", id: insights![0]!.id! });
  assert.deepEqual(
    insight?.resources?.map((each) => each.kubernetesResourceUri),
    ["/api/v1/nodes/old"],
  );
  await refresh();
  await end();
});

test("a day later the insights are looked at again by themselves", async () => {
  const { world, node, statuses, running, end } = await begin();
  const before = (await world.eks("ListInsights", { clusterName: "dev" })).insights![0]!;
  await node("old", "v1.31.4-eks-a1b2c3d");
  await running.settle(1, DAY + 1000);
  assert.equal((await statuses())["Kubelet version skew"], "WARNING");
  const after = (await world.eks("ListInsights", { clusterName: "dev" })).insights!.find(({ id }) => id === before.id)!;
  assert.ok(after.lastRefreshTime! > before.lastRefreshTime!);
  await end();
});

test("for seven days after an upgrade the way back is judged; an ERROR forbids it unless forced", async () => {
  const { world, node, refresh, statuses, running, end } = await begin();
  await world.eks("UpdateClusterVersion", { name: "dev", version: "1.34" });
  await running.settle(2);
  const rollback = { categories: ["ROLLBACK_READINESS" as const] };
  assert.deepEqual(await statuses(rollback), {
    "Kubelet version rollback compatibility": "PASSING",
    "EKS add-on version rollback compatibility": "PASSING",
    "Incompatible API usage": "PASSING",
  });
  await node("ahead", "v1.34.1-eks-a1b2c3d");
  await refresh();
  const error = await refusal(world.eks("UpdateClusterVersion", { name: "dev", version: "1.33" }));
  assert.equal(error.code, "InvalidStateException");
  assert.match(error.message, /Kubelet version rollback compatibility/);
  await running.settle(1, 8 * DAY);
  assert.deepEqual(await statuses(rollback), {}, "the window has closed");
  await end();
});

test("with force the rollback goes ahead", async () => {
  const { world, node, refresh, running, end } = await begin();
  await world.eks("UpdateClusterVersion", { name: "dev", version: "1.34" });
  await running.settle(2);
  await node("ahead", "v1.34.1-eks-a1b2c3d");
  await refresh();
  const { update } = await world.eks("UpdateClusterVersion", { name: "dev", version: "1.33", force: true });
  assert.equal(update?.type, "VersionRollback");
  await end();
});

test("add-ons, kube-proxy and health count", async () => {
  const { world, end } = await begin();
  const cluster = world.state.clusters.get(KEY)!;
  const kubeProxy = (version: string) =>
    ({ spec: { template: { spec: { containers: [{ image: `x/eks/kube-proxy:${version}-eksbuild.2` }] } } } }) as Subject["kubeProxy"];
  const addon = { name: "vpc-cni", version: "v1.7.5-eksbuild.1", arn: "arn:addon" } as Subject["addons"][number];
  const issue = { code: "IamRoleNotFound" as const, message: "gone", resourceIds: [] };
  const cases: [subject: Partial<Subject>, name: string, status: string][] = [
    [{ kubeProxy: kubeProxy("v1.33.3") }, "kube-proxy version skew", "PASSING"],
    [{ kubeProxy: kubeProxy("v1.32.3") }, "kube-proxy version skew", "WARNING"],
    [{ kubeProxy: kubeProxy("v1.30.3") }, "kube-proxy version skew", "ERROR"],
    [{ addons: [addon] }, "EKS add-on version compatibility", "ERROR"],
    [{ cluster: { ...cluster, health: [issue] } }, "Cluster health issues", "ERROR"],
  ];
  for (const [subject, name, status] of cases) {
    const all = findings(
      { cluster, addons: [], nodes: [], kubeProxy: undefined, apiClients: [], list: () => [], ...subject },
      world.clock.now(),
    );
    const found = all.find((each) => each.name === name);
    assert.equal(found?.status, status, name);
    if (subject.addons) assert.ok(found.addons?.[0]?.compatibleVersions.length);
  }
  await end();
});

test("who uses an API that the next version drops is named for thirty days", async () => {
  const { world, refresh, statuses, running, end } = await begin("1.31");
  const name = "Deprecated APIs removed in Kubernetes v1.32";
  assert.equal((await statuses())[name], "PASSING");
  const api = { group: "flowcontrol.apiserver.k8s.io", version: "v1beta3", plural: "flowschemas" };
  const use = (userAgent: string) => recordApiUse(world.state, KEY, { ...api, userAgent, at: world.clock.now() });
  use("old-operator/v1");
  use("old-operator/v1");
  for (let agent = 0; agent < 60; agent++) use(`stranger/${agent}`);
  await refresh();
  assert.equal((await statuses())[name], "ERROR");
  const { insights } = await world.eks("ListInsights", { clusterName: "dev", filter: { statuses: ["ERROR"] } });
  const { insight } = await world.eks("DescribeInsight", { clusterName: "dev", id: insights![0]!.id! });
  assert.deepEqual(
    insight?.resources?.map((each) => each.kubernetesResourceUri),
    ["/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas"],
  );
  const [schemas, levels, ...others] = insight.categorySpecificSummary?.deprecationDetails ?? [];
  assert.equal(others.length, 0);
  const { clientStats = [], ...facts } = schemas!;
  assert.deepEqual(facts, {
    usage: "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas",
    replacedWith: "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
    stopServingVersion: "1.32",
    startServingReplacementVersion: "1.29",
  });
  assert.equal(clientStats.find(({ userAgent }) => userAgent === "old-operator/v1")?.numberOfRequestsLast30Days, 2);
  assert.equal(clientStats.find(({ userAgent }) => userAgent === "other")?.numberOfRequestsLast30Days, 11, "the fifty-first stranger on");
  assert.deepEqual(levels?.clientStats, []);
  await running.close();
  await world.clock.step(31 * DAY);
  assert.deepEqual(recentApiUse(world.state, KEY, world.clock.now()), []);
  await end();
});

test("an API that goes in two versions is a warning; where nothing goes, that is said too", () => {
  const client = {
    group: "flowcontrol.apiserver.k8s.io",
    version: "v1beta3",
    plural: "flowschemas",
    userAgent: "x",
    requests: 1,
    lastAt: 0,
  };
  const told = (minor: number) => deprecatedApis(minor, [client]).map(({ kubernetesVersion, status }) => [kubernetesVersion, status]);
  assert.deepEqual(told(30), [
    ["1.31", "PASSING"],
    ["1.32", "WARNING"],
  ]);
  assert.deepEqual(told(31), [["1.32", "ERROR"]]);
  assert.deepEqual(told(33), [["1.34", "PASSING"]]);
  assert.equal(deprecatedApis(33, [])[0]?.deprecations?.length, 0);
});

test("objects that the version before does not know stand in the way of a rollback", () => {
  const object = (name: string) => ({ metadata: { name } }) as unknown as NonNullable<Subject["kubeProxy"]>;
  const objects: Record<string, ReturnType<typeof object>[]> = {
    "volumeattributesclasses.storage.k8s.io": [object("fast")],
    "ipaddresses.networking.k8s.io": [object("10.100.0.1")],
    "servicecidrs.networking.k8s.io": [object("kubernetes"), object("more")],
  };
  const uris = (current: number) =>
    incompatibleApis(current, current - 1, (type) => objects[type] ?? []).resources.map((each) => each.kubernetesResourceUri);
  assert.deepEqual(uris(34), ["/apis/storage.k8s.io/v1/volumeattributesclasses/fast"]);
  assert.deepEqual(uris(33), ["/apis/networking.k8s.io/v1/servicecidrs/more"]);
  assert.deepEqual(uris(35), []);
});
