// Rollouts of deployments: creation, update within limits, pause, rollback, scaling, deadline, recreate.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { findCondition } from "../../../src/kubernetes/runtime/conditions.ts";
import { deployment, FakeCluster, podTemplate } from "../../support/fake-cluster.ts";
import { failure } from "../../support/fake-kube-client.ts";

const type = "deployments.apps";

function cluster(t: TestContext): FakeCluster {
  const made = new FakeCluster();
  t.after(() => made.close());
  return made;
}

function condition(c: FakeCluster, name: string, kind: string) {
  return findCondition(c.client.get(type, "default", name)!.status.conditions, kind);
}

const sets = (c: FakeCluster) => c.client.list("replicasets.apps", { namespace: "default" });

test("a new deployment makes one replica set, its pods, and the events kubectl describe shows", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 2));
  await c.settle();
  const [set] = sets(c);
  assert.match(set!.metadata.name, /^web-[bcdfghjklmnpqrstvwxz2456789]{8,10}$/);
  const hash = set!.metadata.labels!["pod-template-hash"];
  assert.equal(set!.metadata.name, `web-${hash}`);
  assert.equal(set!.spec.selector.matchLabels["pod-template-hash"], hash);
  assert.equal(set!.metadata.annotations!["deployment.kubernetes.io/revision"], "1");
  assert.equal(set!.metadata.annotations!["deployment.kubernetes.io/max-replicas"], "3");
  assert.deepEqual(c.events("web"), [`ScalingReplicaSet: Scaled up replica set ${set!.metadata.name} from 0 to 2`]);
  assert.equal(c.pods().length, 2);
  assert.ok(
    c.pods().every((pod) => pod.metadata.labels!["pod-template-hash"] === hash && pod.metadata.name.startsWith(`${set!.metadata.name}-`)),
  );
  assert.deepEqual(
    c.events(set!.metadata.name).sort(),
    c
      .pods()
      .map((pod) => `SuccessfulCreate: Created pod: ${pod.metadata.name}`)
      .sort(),
  );
  assert.equal(condition(c, "web", "Available")!.reason, "MinimumReplicasUnavailable");
  assert.equal(condition(c, "web", "Progressing")!.reason, "ReplicaSetUpdated");
  await c.runPods();
  const { status, metadata } = c.client.get(type, "default", "web")!;
  assert.equal(metadata.annotations!["deployment.kubernetes.io/revision"], "1");
  assert.deepEqual(
    { ...status, conditions: undefined },
    { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, conditions: undefined },
  );
  const progressing = condition(c, "web", "Progressing")!;
  assert.equal(progressing.reason, "NewReplicaSetAvailable");
  assert.equal(progressing.message, `ReplicaSet "${set!.metadata.name}" has successfully progressed.`);
  assert.equal(condition(c, "web", "Available")!.message, "Deployment has minimum availability.");
});

test("a rolling update never leaves the limits of surge and availability, and ends with the old set empty", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 8));
  await c.runPods();
  let most = 0;
  let least = Number.POSITIVE_INFINITY;
  const watch = c.client.watch("pods", {}, () => {
    const live = c.pods().filter((pod) => !pod.metadata.deletionTimestamp);
    most = Math.max(most, live.length);
    least = Math.min(least, live.filter((pod) => findCondition(pod.status.conditions, "Ready")?.status === "True").length);
  });
  await c.edit(type, "default", "web", { spec: { template: podTemplate({ app: "web" }, "nginx:2") } });
  await c.runPods();
  watch.close();
  assert.ok(most <= 10, `at most 8+2 pods, saw ${most}`);
  assert.ok(least >= 6, `at least 6 ready, saw ${least}`);
  const [old, young] = [...sets(c)].sort(
    (a, b) =>
      Number(a.metadata.annotations!["deployment.kubernetes.io/revision"]) -
      Number(b.metadata.annotations!["deployment.kubernetes.io/revision"]),
  );
  assert.deepEqual([old!.spec.replicas, young!.spec.replicas], [0, 8]);
  assert.equal(c.client.get(type, "default", "web")!.metadata.annotations!["deployment.kubernetes.io/revision"], "2");
  assert.equal(c.client.get(type, "default", "web")!.status.updatedReplicas, 8);
  assert.ok(c.pods().every((pod) => pod.spec.containers[0].image === "nginx:2"));
});

test("going back to an earlier template reuses its replica set under a new revision", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 1));
  await c.runPods();
  const first = sets(c)[0]!.metadata.name;
  await c.edit(type, "default", "web", { spec: { template: podTemplate({ app: "web" }, "nginx:2") } });
  await c.runPods();
  await c.edit(type, "default", "web", { spec: { template: podTemplate({ app: "web" }, "nginx:1") } });
  await c.runPods();
  const back = c.client.get("replicasets.apps", "default", first)!;
  assert.equal(sets(c).length, 2);
  assert.equal(back.spec.replicas, 1);
  assert.equal(back.metadata.annotations!["deployment.kubernetes.io/revision"], "3");
  assert.equal(back.metadata.annotations!["deployment.kubernetes.io/revision-history"], "1");
});

test("old sets beyond revisionHistoryLimit are deleted, the oldest first", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 1, { revisionHistoryLimit: 1 }));
  await c.runPods();
  for (const image of ["nginx:2", "nginx:3", "nginx:4"]) {
    await c.edit(type, "default", "web", { spec: { template: podTemplate({ app: "web" }, image) } });
    await c.runPods();
  }
  await c.settle();
  assert.deepEqual(
    sets(c)
      .map((set) => set.spec.template.spec.containers[0].image)
      .sort(),
    ["nginx:3", "nginx:4"],
  );
});

test("a paused deployment scales but does not roll out, and resumes", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 2));
  await c.runPods();
  await c.edit(type, "default", "web", { spec: { paused: true } });
  assert.equal(condition(c, "web", "Progressing")!.reason, "DeploymentPaused");
  await c.edit(type, "default", "web", { spec: { template: podTemplate({ app: "web" }, "nginx:2"), replicas: 3 } });
  await c.runPods();
  assert.equal(sets(c).length, 1);
  assert.equal(c.pods().length, 3);
  assert.equal(c.client.get(type, "default", "web")!.status.updatedReplicas, undefined);
  await c.edit(type, "default", "web", { spec: { paused: false } });
  await c.runPods();
  assert.ok(c.pods().every((pod) => pod.spec.containers[0].image === "nginx:2"));
  assert.equal(condition(c, "web", "Progressing")!.reason, "NewReplicaSetAvailable");
});

test("Recreate removes every old pod before it makes a new one", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 3, { strategy: { type: "Recreate" } }));
  await c.runPods();
  for (const pod of c.pods()) await c.client.patch("pods", "default", pod.metadata.name, "merge", { spec: { nodeName: "n" } });
  await c.edit(type, "default", "web", { spec: { template: podTemplate({ app: "web" }, "nginx:2") } });
  assert.ok(c.pods().every((pod) => pod.spec.containers[0].image === "nginx:1" && pod.metadata.deletionTimestamp));
  await c.runPods();
  assert.deepEqual(
    c.pods().map((pod) => pod.spec.containers[0].image),
    ["nginx:2", "nginx:2", "nginx:2"],
  );
});

test("a rollout without progress is reported after progressDeadlineSeconds", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 1, { progressDeadlineSeconds: 60 }));
  await c.settle();
  await c.clock.step(59_000);
  await c.settle();
  assert.equal(condition(c, "web", "Progressing")!.status, "True");
  await c.clock.step(5_000);
  await c.settle();
  const late = condition(c, "web", "Progressing")!;
  assert.equal(late.status, "False");
  assert.equal(late.reason, "ProgressDeadlineExceeded");
  assert.match(late.message!, /^ReplicaSet "web-\w+" has timed out progressing\.$/);
  await c.runPods();
  assert.equal(condition(c, "web", "Progressing")!.reason, "NewReplicaSetAvailable");
});

test("scaling during a rollout is shared between the sets in proportion", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 10, { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }));
  await c.runPods();
  await c.edit(type, "default", "web", { spec: { template: podTemplate({ app: "web" }, "broken") } });
  assert.deepEqual(
    sets(c)
      .map((set) => set.spec.replicas)
      .sort((a, b) => a - b),
    [5, 8],
  );
  await c.edit(type, "default", "web", { spec: { replicas: 15 } });
  assert.deepEqual(
    sets(c)
      .map((set) => set.spec.replicas)
      .sort((a, b) => a - b),
    [7, 11],
    "the example of the Kubernetes documentation: three more for the large set, two more for the small",
  );
});

test("a hash collision with a foreign replica set counts up and takes another name", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 1));
  await c.settle();
  const [set] = sets(c);
  await c.client.delete(type, "default", "web");
  await c.client.delete("replicasets.apps", "default", set!.metadata.name);
  await c.settle();
  const foreign = { ...deployment("x", 0).spec, template: podTemplate({ other: "1" }), selector: { matchLabels: { other: "1" } } };
  await c.create("replicasets.apps", {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: set!.metadata.name, namespace: "default" },
    spec: foreign,
  });
  await c.create(type, deployment("web", 1));
  await c.settle();
  await c.settle();
  assert.equal(c.client.get(type, "default", "web")!.status.collisionCount, 1);
  assert.ok(sets(c).some((other) => other.metadata.name !== set!.metadata.name && other.metadata.ownerReferences));
});

test("pods refused by admission show as ReplicaFailure and FailedCreate, and come when they are allowed", async (t) => {
  const c = cluster(t);
  c.client.intercept = (verb, what) => {
    if (verb === "create" && what === "pods") throw failure(403, "Forbidden", "pods is forbidden: exceeded quota");
  };
  await c.create(type, deployment("web", 3));
  await c.settle(1);
  await c.settle(1);
  assert.equal(condition(c, "web", "ReplicaFailure")!.reason, "FailedCreate");
  assert.match(condition(c, "web", "ReplicaFailure")!.message!, /exceeded quota/);
  assert.ok(c.events(sets(c)[0]!.metadata.name).includes("FailedCreate: Error creating: pods is forbidden: exceeded quota"));
  c.client.intercept = () => {};
  await c.clock.step(60_000);
  await c.runPods();
  assert.equal(c.pods().length, 3);
  assert.equal(condition(c, "web", "ReplicaFailure"), undefined);
});

test("a restart in the middle of a rollout carries on", async (t) => {
  const c = cluster(t);
  await c.create(type, deployment("web", 4));
  await c.runPods();
  await c.edit(type, "default", "web", { spec: { template: podTemplate({ app: "web" }, "nginx:2") } });
  c.restart();
  await c.runPods();
  assert.deepEqual(
    c.pods().map((pod) => pod.spec.containers[0].image),
    Array(4).fill("nginx:2"),
  );
  const writes = c.client.writes.length;
  c.restart();
  await c.settle();
  assert.equal(c.client.writes.length, writes, "a restart in rest writes nothing");
});
