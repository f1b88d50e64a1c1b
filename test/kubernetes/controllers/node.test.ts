// The life of nodes: silence, taints, evictions, orphaned pods; disruption budgets, quotas, volumes, autoscaling.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { evictionTime } from "../../../src/kubernetes/controllers/node/taint-eviction.ts";
import { findCondition } from "../../../src/kubernetes/runtime/conditions.ts";
import { deployment, FakeCluster } from "../../support/fake-cluster.ts";
import { asking, FakeNodes, machine, node, pod } from "../../support/fake-node.ts";

async function setup(t: TestContext, names: string[] = ["n1"]) {
  const c = new FakeCluster();
  const nodes = new FakeNodes(c);
  t.after(() => {
    nodes.close();
    c.close();
  });
  for (const name of names) await nodes.add(machine(name));
  const ready = (name: string) => findCondition(c.client.get("nodes", "", name)!.status.conditions, "Ready");
  const taints = (name: string) =>
    (c.client.get("nodes", "", name)!.spec.taints ?? []).map((taint: any) => `${taint.key.split("/")[1]}:${taint.effect}`);
  return { c, nodes, ready, taints, client: c.client };
}

test("a silent node becomes Unknown and unreachable after the grace period, and recovers", async (t) => {
  const { c, nodes, ready, taints, client } = await setup(t);
  await c.create("pods", pod("web", { nodeName: "n1" }));
  await nodes.settle(30_000);
  assert.equal(ready("n1")!.status, "True");
  nodes.fleet.remove("n1");
  await nodes.settle(45_000);
  assert.equal(ready("n1")!.status, "True");
  await nodes.settle(20_000);
  assert.deepEqual(
    [ready("n1")!.status, ready("n1")!.reason, ready("n1")!.message],
    ["Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."],
  );
  assert.deepEqual(taints("n1"), ["unreachable:NoSchedule", "unreachable:NoExecute"]);
  assert.equal(findCondition(client.get("pods", "default", "web")!.status.conditions, "Ready")!.status, "False");
  await nodes.add(machine("n1"));
  await nodes.settle(1000);
  assert.equal(ready("n1")!.status, "True");
  assert.deepEqual(taints("n1"), []);
});

test("pods leave a node with a NoExecute taint after the time they tolerate it", async (t) => {
  const { c, nodes, client } = await setup(t);
  const tolerations = [{ key: "k", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }];
  await c.create("pods", pod("short", { nodeName: "n1", terminationGracePeriodSeconds: 0 }));
  await c.create("pods", pod("long", { nodeName: "n1", tolerations, terminationGracePeriodSeconds: 0 }));
  await c.create("pods", pod("forever", { nodeName: "n1", tolerations: [{ operator: "Exists" }] }));
  await nodes.settle();
  await client.patch("nodes", "", "n1", "merge", {
    spec: { taints: [{ key: "k", effect: "NoExecute", timeAdded: new Date(c.clock.now()).toISOString() }] },
  });
  await nodes.settle(1000);
  assert.equal(client.get("pods", "default", "short"), undefined);
  assert.ok(client.get("pods", "default", "long"));
  assert.ok(c.events("short").includes("TaintManagerEviction: Marking for deletion Pod default/short"));
  await nodes.settle(60_000);
  assert.equal(client.get("pods", "default", "long"), undefined);
  assert.ok(client.get("pods", "default", "forever"));
});

for (const [what, tolerations, expected] of [
  ["no toleration", [], 0],
  ["a toleration without limit", [{ operator: "Exists" }], undefined],
  [
    "two limits",
    [
      { operator: "Exists", tolerationSeconds: 9 },
      { operator: "Exists", tolerationSeconds: 5 },
    ],
    5000,
  ],
  ["a negative limit", [{ operator: "Exists", tolerationSeconds: -1 }], 0],
] as const) {
  test(`eviction with ${what}`, () => assert.equal(evictionTime([{ key: "k", effect: "NoExecute" }], tolerations, 0), expected));
}

test("cordoning taints, uncordoning clears", async (t) => {
  const { c, taints } = await setup(t);
  await c.edit("nodes", "", "n1", { spec: { unschedulable: true } });
  assert.deepEqual(taints("n1"), ["unschedulable:NoSchedule"]);
  await c.edit("nodes", "", "n1", { spec: { unschedulable: null } });
  assert.deepEqual(taints("n1"), []);
});

test("pods of a deleted node are collected and come back elsewhere", async (t) => {
  const { c, nodes, client } = await setup(t, ["n1", "n2"]);
  await c.create("deployments.apps", deployment("web", 2));
  await nodes.settle(1000);
  await nodes.settle();
  nodes.fleet.remove("n1");
  await client.delete("nodes", "", "n1");
  await nodes.settle(100_000);
  await nodes.settle();
  const pods = client.list("pods", { namespace: "default" });
  assert.deepEqual(
    pods.map((each) => [each.spec.nodeName, each.status.phase]),
    [
      ["n2", "Running"],
      ["n2", "Running"],
    ],
  );
});

test("a deployment goes from nothing to Running through controllers, scheduler and kubelet", async (t) => {
  const { c, nodes, client } = await setup(t, ["n1", "n2"]);
  await c.create("deployments.apps", deployment("web", 6));
  await nodes.settle(10);
  await nodes.settle(10);
  const { status } = client.get("deployments.apps", "default", "web")!;
  assert.equal(status.availableReplicas, 6);
  const places = client
    .list("pods")
    .map((each) => each.spec.nodeName)
    .sort();
  assert.deepEqual(places, ["n1", "n1", "n1", "n2", "n2", "n2"]);
  assert.equal(new Set(client.list("pods").map((each) => each.status.podIP)).size, 6);
});

for (const [what, spec, allowed, desired] of [
  ["minAvailable 2", { minAvailable: 2 }, 1, 2],
  ["minAvailable 50%", { minAvailable: "50%" }, 1, 2],
  ["maxUnavailable 1", { maxUnavailable: 1 }, 1, 2],
  ["maxUnavailable 0", { maxUnavailable: 0 }, 0, 3],
] as const) {
  test(`a disruption budget with ${what} of three pods`, async (t) => {
    const { c, nodes, client } = await setup(t);
    await c.create("deployments.apps", deployment("web", 3));
    const selector = { matchLabels: { app: "web" } };
    await c.create("poddisruptionbudgets.policy", {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "b", namespace: "default" },
      spec: { selector, ...spec },
    });
    await nodes.settle(10);
    await nodes.settle(10);
    const { status } = client.get("poddisruptionbudgets.policy", "default", "b")!;
    assert.deepEqual(
      [status.disruptionsAllowed, status.desiredHealthy, status.currentHealthy, status.expectedPods],
      [allowed, desired, 3, 3],
    );
    assert.equal(findCondition(status.conditions, "DisruptionAllowed")!.reason, allowed ? "SufficientPods" : "InsufficientPods");
  });
}

test("a quota's status tells what the namespace uses", async (t) => {
  const { c, nodes, client } = await setup(t);
  const hard = { pods: "10", "requests.cpu": "2", "requests.memory": "1Gi", "count/deployments.apps": "5", configmaps: "9" };
  await c.create("resourcequotas", {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "q", namespace: "default" },
    spec: { hard },
  });
  await c.create("pods", pod("a", { nodeName: "n1", ...asking("250m", "64Mi") }));
  await c.create("pods", pod("b", { nodeName: "n1", ...asking("250m", "64Mi") }));
  await c.create("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m", namespace: "default" } });
  await nodes.settle();
  const { used } = client.get("resourcequotas", "default", "q")!.status;
  assert.deepEqual(used, { pods: "2", "requests.cpu": "500m", "requests.memory": "128Mi", "count/deployments.apps": "0", configmaps: "1" });
});

const storageClass = (volumeBindingMode: string) => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "gp3" },
  provisioner: "ebs.csi.aws.com",
  volumeBindingMode,
  reclaimPolicy: "Delete",
});
const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data", namespace: "default" },
  spec: { accessModes: ["ReadWriteOnce"], storageClassName: "gp3", resources: { requests: { storage: "8Gi" } } },
};
const mounting = { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] };

test("a claim of a waiting class is provisioned in the zone of its first pod, and its volume goes with it", async (t) => {
  const { c, nodes, client } = await setup(t);
  await c.create("storageclasses.storage.k8s.io", storageClass("WaitForFirstConsumer"));
  await c.create("csidrivers.storage.k8s.io", {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIDriver",
    metadata: { name: "ebs.csi.aws.com" },
  });
  await c.create("persistentvolumeclaims", claim);
  await nodes.settle();
  assert.equal(client.get("persistentvolumeclaims", "default", "data")!.status.phase, "Pending");
  assert.deepEqual(c.events("data"), ["WaitForFirstConsumer: waiting for first consumer to be created before binding"]);
  await c.create("pods", pod("web", mounting));
  await nodes.settle(10);
  await nodes.settle(10);
  assert.equal(client.get("pods", "default", "web")!.status.phase, "Running");
  const bound = client.get("persistentvolumeclaims", "default", "data")!;
  assert.equal(bound.status.phase, "Bound");
  const volume = client.get("persistentvolumes", "", bound.spec.volumeName)!;
  assert.equal(volume.status.phase, "Bound");
  assert.deepEqual(volume.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values, ["us-east-1a"]);
  await client.delete("pods", "default", "web");
  await nodes.settle();
  await client.delete("persistentvolumeclaims", "default", "data");
  await nodes.settle(10);
  assert.equal(client.get("persistentvolumes", "", volume.metadata.name), undefined);
});

test("without the driver a claim says what it waits for, and a volume made by hand binds", async (t) => {
  const { c, nodes, client } = await setup(t);
  await c.create("storageclasses.storage.k8s.io", storageClass("Immediate"));
  await c.create("persistentvolumeclaims", claim);
  await nodes.settle();
  assert.match(
    c.events("data")[0]!,
    /^ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'ebs\.csi\.aws\.com'/,
  );
  await c.create("persistentvolumes", {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "mine" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "10Gi" },
      storageClassName: "gp3",
      persistentVolumeReclaimPolicy: "Retain",
    },
  });
  await nodes.settle(10);
  assert.equal(client.get("persistentvolumeclaims", "default", "data")!.spec.volumeName, "mine");
  await client.delete("persistentvolumeclaims", "default", "data");
  await nodes.settle(10);
  assert.equal(client.get("persistentvolumes", "", "mine")!.status.phase, "Released");
});

test("an autoscaler without metrics says so, and still keeps to its bounds", async (t) => {
  const { c, nodes, client } = await setup(t);
  await c.create("deployments.apps", deployment("web", 1));
  await c.create("horizontalpodautoscalers.autoscaling", {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", namespace: "default" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } }],
    },
  });
  await nodes.settle(16_000);
  await nodes.settle(16_000);
  assert.equal(client.get("deployments.apps", "default", "web")!.spec.replicas, 2);
  const active = findCondition(client.get("horizontalpodautoscalers.autoscaling", "default", "web")!.status.conditions, "ScalingActive")!;
  assert.deepEqual([active.status, active.reason], ["False", "FailedGetResourceMetric"]);
  assert.match(
    active.message!,
    /unable to fetch metrics from resource metrics API: the server could not find the requested resource \(get pods\.metrics\.k8s\.io\)$/,
  );
});

test("a node that never reported keeps the taint it was admitted with", async (t) => {
  const { c, nodes, taints } = await setup(t, []);
  const bare = node("late", { taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }] });
  delete bare.status;
  await c.create("nodes", bare);
  await nodes.settle(1000);
  assert.deepEqual(taints("late"), ["not-ready:NoSchedule"]);
});
