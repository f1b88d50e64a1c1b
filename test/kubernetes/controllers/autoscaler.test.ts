// The autoscaler's conditions and events in situations without metrics of its own.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { findCondition } from "../../../src/kubernetes/runtime/conditions.ts";
import { deployment, FakeCluster, podTemplate } from "../../support/fake-cluster.ts";

const type = "horizontalpodautoscalers.autoscaling";

function scaler(name: string, target: object, more: object = {}) {
  const resource = { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } };
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace: "default" },
    spec: { scaleTargetRef: target, minReplicas: 1, maxReplicas: 4, metrics: [{ type: "Resource", resource }], ...more },
  };
}

async function setup(t: TestContext) {
  const c = new FakeCluster();
  t.after(() => c.close());
  const condition = (name: string, kind: string) => {
    const found = findCondition(c.client.get(type, "default", name)!.status?.conditions, kind);
    return [found?.status, found?.reason, found?.message];
  };
  return { c, condition };
}

const web = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };

test("a target that is not there, or that nobody can scale", async (t) => {
  const { c, condition } = await setup(t);
  await c.create(type, scaler("a", web));
  await c.create(type, scaler("b", { apiVersion: "x/v1", kind: "Widget", name: "w" }));
  await c.settle();
  const why = "the HPA controller was unable to get the target's current scale: ";
  assert.deepEqual(condition("a", "AbleToScale"), ["False", "FailedGetScale", `${why}deployments.apps "web" not found`]);
  assert.deepEqual(condition("b", "AbleToScale"), ["False", "FailedGetScale", `${why}widgets "w" not found`]);
  assert.deepEqual(c.events("a"), ['FailedGetScale: deployments.apps "web" not found']);
});

test("a target without replicas is left alone", async (t) => {
  const { c, condition } = await setup(t);
  await c.create("deployments.apps", deployment("web", 0));
  await c.create(type, scaler("a", web));
  await c.settle();
  const message = "scaling is disabled since the replica count of the target is zero";
  assert.deepEqual(condition("a", "ScalingActive"), ["False", "ScalingDisabled", message]);
  assert.equal(c.client.get("deployments.apps", "default", "web")!.spec.replicas, 0);
});

test("bounds hold without metrics", async (t) => {
  const { c, condition } = await setup(t);
  await c.create("deployments.apps", deployment("web", 9));
  await c.create(type, scaler("a", web));
  await c.settle();
  assert.equal(c.client.get("deployments.apps", "default", "web")!.spec.replicas, 4);
  assert.deepEqual(condition("a", "AbleToScale"), [
    "True",
    "SucceededRescale",
    "the HPA controller was able to update the target scale to 4",
  ]);
  assert.ok(c.events("a").includes("SuccessfulRescale: New size: 4; reason: Current number of replicas above Spec.MaxReplicas"));
});

test("two autoscalers of the same pods scale nothing", async (t) => {
  const { c, condition } = await setup(t);
  await c.create("deployments.apps", deployment("web", 2));
  await c.create(type, scaler("a", web));
  await c.create(type, scaler("b", web));
  await c.runPods();
  await c.settle(16_000);
  const message = "pods by selector app=web are controlled by multiple HPAs: [default/a default/b]";
  for (const name of ["a", "b"]) assert.deepEqual(condition(name, "ScalingActive"), ["False", "AmbiguousSelector", message]);
  await c.client.delete(type, "default", "b");
  await c.settle(16_000);
  assert.equal(condition("a", "ScalingActive")[1], "FailedGetResourceMetric");
});

test("a replication controller counts its own pods only", async (t) => {
  const { c, condition } = await setup(t);
  await c.create("deployments.apps", deployment("web", 2));
  await c.create("replicationcontrollers", {
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name: "rc", namespace: "default" },
    spec: { replicas: 1, selector: { app: "rc" }, template: podTemplate({ app: "rc" }) },
  });
  await c.create(type, scaler("a", web));
  await c.create(type, scaler("b", { apiVersion: "v1", kind: "ReplicationController", name: "rc" }));
  await c.runPods();
  await c.settle(16_000);
  assert.equal(condition("b", "ScalingActive")[1], "FailedGetResourceMetric");
  assert.equal(condition("a", "ScalingActive")[1], "FailedGetResourceMetric");
});
