// Insights (acceptance item 23).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  DescribeInsightCommand,
  DescribeInsightsRefreshCommand,
  type InsightsFilter,
  ListInsightsCommand,
  StartInsightsRefreshCommand,
  UpdateClusterVersionCommand,
} from "@aws-sdk/client-eks";
import { eksToken } from "../../support/eks-token.ts";
import { kubeRequest } from "../../support/kube.ts";
import { eventually } from "../../support/wait.ts";
import { ACCOUNT, DAY, REGION, refused, type Stage, startStage } from "./stage.ts";

const clusterName = "insights";
let stage: Stage;
before(async () => {
  stage = await startStage();
  await stage.create(clusterName, { version: "1.31" });
});
after(() => stage?.close());

const list = async (filter: InsightsFilter = {}) => (await stage.eks.send(new ListInsightsCommand({ clusterName, filter }))).insights ?? [];
const statuses = async (filter: InsightsFilter = {}) =>
  Object.fromEntries((await list(filter)).map(({ name, insightStatus }) => [name, insightStatus?.status]));
const lookedAt = () => eventually("insights", async () => (await list()).length > 0);
async function refresh(): Promise<void> {
  const started = await stage.eks.send(new StartInsightsRefreshCommand({ clusterName }));
  assert.deepEqual([started.status, started.message], ["IN_PROGRESS", "Insights refresh is in progress"]);
  await eventually("refreshed", async () => {
    const { status, startedAt, endedAt } = await stage.eks.send(new DescribeInsightsRefreshCommand({ clusterName }));
    return status === "COMPLETED" && endedAt!.getTime() >= startedAt!.getTime();
  });
}

describe("23 Insights", () => {
  test("a new cluster has those for its upgrade, all passing, with the texts of the console", async () => {
    await lookedAt();
    const insights = await list();
    assert.deepEqual([...new Set(insights.map(({ category }) => category))], ["UPGRADE_READINESS"]);
    assert.ok(insights.every(({ insightStatus }) => insightStatus?.status === "PASSING"));
    const reasons = Object.fromEntries(insights.map(({ name, insightStatus }) => [name, insightStatus?.reason]));
    assert.equal(reasons["Cluster health issues"], "No cluster health issues detected.");
    assert.equal(reasons["Deprecated APIs removed in Kubernetes v1.32"], "No deprecated API usage detected within the last 30 days.");
    for (const name of ["Kubelet version skew", "kube-proxy version skew", "EKS add-on version compatibility"])
      assert.ok(reasons[name], name);
    const { insight } = await stage.eks.send(new DescribeInsightCommand({ clusterName, id: insights[0]!.id! }));
    assert.ok(insight?.recommendation && insight.description && insight.additionalInfo);
    const unknown = stage.eks.send(new DescribeInsightCommand({ clusterName, id: "11111111-2222-3333-4444-555555555555" }));
    await refused(unknown, "ResourceNotFoundException", /No insight found/);
  });

  test("filters combine", async () => {
    const all = await list();
    assert.equal((await list({ categories: ["UPGRADE_READINESS"], statuses: ["PASSING", "ERROR"] })).length, all.length);
    assert.deepEqual(await list({ categories: ["MISCONFIGURATION"] }), []);
    assert.deepEqual(await list({ statuses: ["ERROR"] }), []);
    assert.ok((await list({ kubernetesVersions: ["1.32"] })).every(({ kubernetesVersion }) => kubernetesVersion === "1.32"));
  });

  test("who uses an API that the next version drops is named once insights are refreshed", async () => {
    const path = "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas";
    const cluster = await stage.cluster(clusterName);
    const signedAt = new Date(stage.time.now());
    const token = await eksToken(stage.test.connection.endpoint, clusterName, stage.test.root, { signedAt });
    assert.equal((await kubeRequest(cluster, token, path)).status, 200);
    await refresh();
    assert.deepEqual(await statuses({ statuses: ["ERROR"] }), { "Deprecated APIs removed in Kubernetes v1.32": "ERROR" });
    const [{ id } = {}] = await list({ statuses: ["ERROR"] });
    const { insight } = await stage.eks.send(new DescribeInsightCommand({ clusterName, id: id! }));
    const details = insight?.categorySpecificSummary?.deprecationDetails?.find(({ usage }) => usage === path);
    assert.deepEqual([details?.stopServingVersion, details?.startServingReplacementVersion], ["1.32", "1.29"]);
    assert.equal(details?.clientStats?.[0]?.numberOfRequestsLast30Days, 1);
  });

  test("every 24 hours they are looked at again", async () => {
    const before = (await list())[0]!;
    await stage.test.atoll.clusters.kube(`${ACCOUNT}/${REGION}/${clusterName}`)!.create("nodes", "", {
      ...{ apiVersion: "v1", kind: "Node", metadata: { name: "idle" }, spec: {} },
    });
    stage.time.step(DAY + 1000);
    const after = await eventually("another look", async () => {
      const found = (await list()).find(({ id }) => id === before.id);
      return found!.lastRefreshTime!.getTime() > before.lastRefreshTime!.getTime() && found;
    });
    assert.ok(after.lastTransitionTime!.getTime() <= after.lastRefreshTime!.getTime());
  });

  test("the way back is judged for seven days after an upgrade", async () => {
    const rollback = { categories: ["ROLLBACK_READINESS" as const] };
    assert.deepEqual(await list(rollback), []);
    const { update } = await stage.eks.send(new UpdateClusterVersionCommand({ name: clusterName, version: "1.32", force: true }));
    await stage.succeeded(clusterName, update);
    await eventually("insights of the way back", async () => (await list(rollback)).length > 0);
    assert.deepEqual(Object.keys(await statuses(rollback)).sort(), [
      "EKS add-on version rollback compatibility",
      "Incompatible API usage",
      "Kubelet version rollback compatibility",
    ]);
    assert.ok((await list(rollback)).every(({ kubernetesVersion }) => kubernetesVersion === "1.31"));
    stage.time.step(7 * DAY + 60_000);
    await refresh();
    assert.deepEqual(await list(rollback), []);
  });
});
