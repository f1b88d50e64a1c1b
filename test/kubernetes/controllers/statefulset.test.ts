// Stateful sets: order, identity, claims, partitioned and parallel rollouts.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FakeCluster, podTemplate } from "../../support/fake-cluster.ts";

const type = "statefulsets.apps";

async function setup(t: TestContext, change: object = {}) {
  const c = new FakeCluster();
  t.after(() => c.close());
  await c.create(type, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace: "default" },
    spec: {
      replicas: 3,
      serviceName: "db",
      selector: { matchLabels: { app: "db" } },
      template: podTemplate({ app: "db" }),
      updateStrategy: { type: "RollingUpdate" },
      ...change,
    },
  });
  await c.settle();
  const names = () =>
    c
      .pods()
      .map((pod) => pod.metadata.name)
      .sort();
  const images = () => Object.fromEntries(c.pods().map((pod) => [pod.metadata.name, pod.spec.containers[0].image]));
  const ready = async (name: string) => {
    await c.setPod(c.client.get("pods", "default", name)!, "Running");
    await c.settle();
  };
  const status = () => c.client.get(type, "default", "db")!.status;
  return { c, names, images, ready, status };
}

test("pods come one after the other, each when the one before is ready", async (t) => {
  const { c, names, ready, status } = await setup(t);
  assert.deepEqual(names(), ["db-0"]);
  await ready("db-0");
  assert.deepEqual(names(), ["db-0", "db-1"]);
  await ready("db-1");
  await ready("db-2");
  assert.deepEqual(names(), ["db-0", "db-1", "db-2"]);
  const { labels } = c.pods()[1]!.metadata;
  assert.equal(labels!["statefulset.kubernetes.io/pod-name"], "db-1");
  assert.equal(labels!["apps.kubernetes.io/pod-index"], "1");
  assert.equal(labels!["controller-revision-hash"], status().currentRevision);
  assert.deepEqual([c.pods()[1]!.spec.hostname, c.pods()[1]!.spec.subdomain], ["db-1", "db"]);
  assert.deepEqual([status().replicas, status().readyReplicas, status().availableReplicas, status().currentReplicas], [3, 3, 3, 3]);
  assert.ok(c.events("db").includes("SuccessfulCreate: create Pod db-0 in StatefulSet db successful"));
});

test("Parallel brings all at once", async (t) => {
  const { names } = await setup(t, { podManagementPolicy: "Parallel" });
  assert.deepEqual(names(), ["db-0", "db-1", "db-2"]);
});

test("scaling down removes the highest first", async (t) => {
  const { c, names } = await setup(t);
  await c.runPods();
  for (const pod of c.pods()) await c.client.patch("pods", "default", pod.metadata.name, "merge", { spec: { nodeName: "n" } });
  await c.edit(type, "default", "db", { spec: { replicas: 1 } });
  assert.deepEqual(
    c
      .pods()
      .filter((pod) => pod.metadata.deletionTimestamp)
      .map((pod) => pod.metadata.name),
    ["db-2"],
  );
  await c.runPods();
  assert.deepEqual(names(), ["db-0"]);
});

test("a rollout replaces the highest ordinal first and waits for it", async (t) => {
  const { c, images, ready, status } = await setup(t);
  await c.runPods();
  const before = status().currentRevision;
  await c.edit(type, "default", "db", { spec: { template: podTemplate({ app: "db" }, "nginx:2") } });
  await c.settle();
  assert.deepEqual(images(), { "db-0": "nginx:1", "db-1": "nginx:1", "db-2": "nginx:2" });
  assert.equal(status().currentRevision, before);
  assert.equal(status().updatedReplicas, 1);
  await ready("db-2");
  await c.settle();
  assert.deepEqual(images(), { "db-0": "nginx:1", "db-1": "nginx:2", "db-2": "nginx:2" });
  await c.runPods();
  assert.deepEqual(images(), { "db-0": "nginx:2", "db-1": "nginx:2", "db-2": "nginx:2" });
  assert.equal(status().currentRevision, status().updateRevision);
  assert.notEqual(status().currentRevision, before);
});

test("a partition keeps the lower ordinals at the old revision, even when they are made anew", async (t) => {
  const { c, images } = await setup(t, { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } });
  await c.runPods();
  await c.edit(type, "default", "db", { spec: { template: podTemplate({ app: "db" }, "nginx:2") } });
  await c.runPods();
  assert.deepEqual(images(), { "db-0": "nginx:1", "db-1": "nginx:1", "db-2": "nginx:2" });
  await c.client.delete("pods", "default", "db-0");
  await c.runPods();
  assert.equal(images()["db-0"], "nginx:1");
});

test("every ordinal gets its claims, which stay when the pods go", async (t) => {
  const { c } = await setup(t, {
    replicas: 1,
    volumeClaimTemplates: [
      { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
    ],
  });
  assert.ok(c.client.get("persistentvolumeclaims", "default", "data-db-0"));
  assert.deepEqual(c.pods()[0]!.spec.volumes, [{ name: "data", persistentVolumeClaim: { claimName: "data-db-0" } }]);
  await c.edit(type, "default", "db", { spec: { replicas: 0 } });
  await c.runPods();
  assert.equal(c.pods().length, 0);
  assert.ok(c.client.get("persistentvolumeclaims", "default", "data-db-0"));
});

test("a failed pod is made anew under its name", async (t) => {
  const { c, names } = await setup(t, { replicas: 1 });
  const [pod] = c.pods();
  await c.setPod(pod!, "Failed");
  await c.settle();
  await c.settle();
  assert.deepEqual(names(), ["db-0"]);
  assert.notEqual(c.pods()[0]!.metadata.uid, pod!.metadata.uid);
  assert.ok(c.events("db").includes("RecreatingFailedPod: StatefulSet default/db is recreating Failed Pod db-0"));
});
