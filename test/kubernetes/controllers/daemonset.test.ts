// Daemon sets: one pod per eligible node, pinned and tolerant, rolled out node by node.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FakeCluster, podTemplate } from "../../support/fake-cluster.ts";
import { node } from "../../support/fake-node.ts";

const type = "daemonsets.apps";

async function setup(t: TestContext, nodes: string[], spec: object = {}) {
  const c = new FakeCluster();
  t.after(() => c.close());
  for (const name of nodes) await c.create("nodes", node(name));
  await c.create(type, {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent", namespace: "default" },
    spec: {
      selector: { matchLabels: { app: "agent" } },
      template: podTemplate({ app: "agent" }),
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      ...spec,
    },
  });
  await c.settle();
  const status = () => c.client.get(type, "default", "agent")!.status;
  const target = (pod: any) =>
    pod.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values[0];
  const places = () =>
    c
      .pods()
      .filter((pod) => !pod.metadata.deletionTimestamp)
      .map(target)
      .sort();
  return { c, status, places, target };
}

test("every node gets one pod, also those that come later; nodes that go take nothing else along", async (t) => {
  const { c, places, status } = await setup(t, ["a", "b"]);
  assert.deepEqual(places(), ["a", "b"]);
  await c.create("nodes", node("c"));
  await c.runPods();
  assert.deepEqual(places(), ["a", "b", "c"]);
  assert.deepEqual(status(), {
    currentNumberScheduled: 3,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 3,
    observedGeneration: 1,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
  });
});

test("daemon pods tolerate what nodes go through, and carry the revision's hash", async (t) => {
  const { c } = await setup(t, ["a"]);
  const [pod] = c.pods();
  const keys = pod!.spec.tolerations.map((toleration: any) => `${toleration.key.split("/")[1]}:${toleration.effect}`);
  assert.deepEqual(keys, [
    "not-ready:NoExecute",
    "unreachable:NoExecute",
    "disk-pressure:NoSchedule",
    "memory-pressure:NoSchedule",
    "pid-pressure:NoSchedule",
    "unschedulable:NoSchedule",
  ]);
  const [revision] = c.client.list("controllerrevisions.apps");
  assert.equal(revision!.metadata.name, `agent-${pod!.metadata.labels!["controller-revision-hash"]}`);
  assert.equal(revision!.revision, 1);
});

test("selectors and taints decide which nodes are eligible, and a new taint NoExecute removes the pod", async (t) => {
  const { c, places, status } = await setup(t, ["a"], {
    template: podTemplate({ app: "agent" }, "nginx:1", { nodeSelector: { agent: "yes" } }),
  });
  assert.deepEqual(places(), []);
  await c.edit("nodes", "", "a", { metadata: { labels: { agent: "yes" } } });
  assert.deepEqual(places(), ["a"]);
  await c.edit("nodes", "", "a", { spec: { taints: [{ key: "k", effect: "NoSchedule" }] } });
  assert.deepEqual(places(), ["a"], "NoSchedule keeps what is there");
  assert.equal(status().numberMisscheduled, 1);
  await c.edit("nodes", "", "a", { spec: { taints: [{ key: "k", effect: "NoExecute" }] } });
  assert.deepEqual(places(), []);
});

test("a rolling update replaces one node's pod after the other", async (t) => {
  const { c, status } = await setup(t, ["a", "b", "c"]);
  await c.runPods();
  await c.edit(type, "default", "agent", { spec: { template: podTemplate({ app: "agent" }, "nginx:2") } });
  const old = () => c.pods().filter((pod) => pod.spec.containers[0].image === "nginx:1" && !pod.metadata.deletionTimestamp).length;
  assert.equal(old(), 2);
  await c.settle();
  assert.equal(old(), 2, "the next waits until the first is available");
  await c.runPods();
  assert.equal(old(), 0);
  assert.equal(status().updatedNumberScheduled, 3);
  assert.equal(c.client.list("controllerrevisions.apps").length, 2);
});

test("with maxSurge the new pod comes first", async (t) => {
  const { c } = await setup(t, ["a", "b"], {
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  });
  await c.runPods();
  await c.edit(type, "default", "agent", { spec: { template: podTemplate({ app: "agent" }, "nginx:2") } });
  assert.deepEqual(
    c
      .pods()
      .map((pod) => pod.spec.containers[0].image)
      .sort(),
    ["nginx:1", "nginx:1", "nginx:2"],
  );
  await c.runPods();
  assert.deepEqual(
    c.pods().map((pod) => pod.spec.containers[0].image),
    ["nginx:2", "nginx:2"],
  );
});

test("OnDelete waits for somebody to delete the old pods", async (t) => {
  const { c } = await setup(t, ["a"], { updateStrategy: { type: "OnDelete" } });
  await c.runPods();
  await c.edit(type, "default", "agent", { spec: { template: podTemplate({ app: "agent" }, "nginx:2") } });
  await c.runPods();
  assert.equal(c.pods()[0]!.spec.containers[0].image, "nginx:1");
  await c.client.delete("pods", "default", c.pods()[0]!.metadata.name);
  await c.runPods();
  assert.equal(c.pods()[0]!.spec.containers[0].image, "nginx:2");
});

test("a failed daemon pod is replaced, told, and not in a hot loop", async (t) => {
  const { c, places } = await setup(t, ["a"]);
  const [first] = c.pods();
  await c.setPod(first!, "Failed");
  await c.settle();
  await c.settle();
  assert.deepEqual(places(), ["a"]);
  assert.ok(
    c.events("agent").includes(`FailedDaemonPod: Found failed daemon pod default/${first!.metadata.name} on node a, will try to kill it`),
  );
  const second = c.pods()[0]!;
  assert.notEqual(second.metadata.uid, first!.metadata.uid);
  await c.setPod(second, "Failed");
  await c.settle();
  assert.equal(c.pods()[0]!.metadata.uid, second.metadata.uid, "the second failure waits");
  await c.settle(3000);
  await c.settle();
  assert.notEqual(c.pods()[0]!.metadata.uid, second.metadata.uid);
});
