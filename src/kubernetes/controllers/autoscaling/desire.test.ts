import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../api/object.ts";
import type { Usage } from "../../kubelet/usage.ts";
import { type Desire, desire } from "./desire.ts";
import type { ResourceMetrics } from "./metrics.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const Mi = 2 ** 20;

function pod(name: string): KubeObject {
  const requests = { requests: { cpu: "1", memory: "100Mi" } };
  return {
    metadata: { name, namespace: "default" },
    spec: { containers: ["app", "proxy"].map((each) => ({ name: each, resources: requests })) },
    status: {
      phase: "Running",
      startTime: "2026-03-01T10:00:00Z",
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-03-01T10:00:10Z" }],
    },
  } as unknown as KubeObject;
}

const used = (cores: number, mebibytes: number): Usage => ({ cpu: cores * 1e9, memory: mebibytes * Mi });
const served: ResourceMetrics = {
  problem: () => undefined,
  pod: () => ({
    at: now,
    window: 15_000,
    containers: new Map([
      ["app", used(0.9, 80)],
      ["proxy", used(0.1, 20)],
    ]),
  }),
};

function ask(specs: object[], metrics = served, replicas = 2): Desire {
  const scaler = { metadata: { namespace: "default", name: "h" }, spec: { metrics: specs } } as unknown as KubeObject;
  return desire({ scaler, pods: [pod("a"), pod("b")], replicas, metrics, now });
}

const cpu = (averageUtilization: number) => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
});
const memory = (averageValue: string) => ({
  type: "Resource",
  resource: { name: "memory", target: { type: "AverageValue", averageValue } },
});
const container = (name: string, averageUtilization: number) => ({
  type: "ContainerResource",
  containerResource: { name: "cpu", container: name, target: { type: "Utilization", averageUtilization } },
});
const external = { type: "External", external: { metric: { name: "queue" }, target: { type: "Value", value: "1" } } };

test("the metric that asks for most wins, and all are told", () => {
  const wanted = ask([cpu(50), memory("20Mi"), container("app", 30)]);
  assert.deepEqual([wanted.replicas, wanted.metric], [10, "memory resource"]);
  assert.deepEqual(wanted.current, [
    { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 50, averageValue: "1" } } },
    { type: "Resource", resource: { name: "memory", current: { averageValue: "104857600" } } },
    {
      type: "ContainerResource",
      containerResource: { name: "cpu", container: "app", current: { averageUtilization: 90, averageValue: "900m" } },
    },
  ]);
  assert.equal(ask([container("app", 30)]).metric, "cpu container resource utilization (percentage of request)");
});

test("a metric that fails forbids to shrink, not to grow", () => {
  const grow = ask([cpu(10), external]);
  assert.equal(grow.replicas, 10);
  const shrink = ask([cpu(100), external]);
  assert.equal(shrink.replicas, undefined);
  assert.match(
    shrink.failure ?? "",
    /^invalid metrics \(1 invalid out of 2\), first error is: failed to get queue external metric value: unable to get external metric/,
  );
});

const absent: ResourceMetrics = { ...served, problem: () => "the server could not find the requested resource (get pods.metrics.k8s.io)" };
const silent: ResourceMetrics = { ...served, pod: () => undefined };
const inObject = { metric: { name: "hits" }, describedObject: { kind: "Ingress", name: "main" }, target: { type: "Value", value: "1" } };

const failures: [string, object, ResourceMetrics, string, RegExp][] = [
  [
    "no metrics API",
    cpu(50),
    absent,
    "FailedGetResourceMetric",
    /^failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find/,
  ],
  [
    "nothing measured",
    memory("1Mi"),
    silent,
    "FailedGetResourceMetric",
    /^failed to get memory usage: .*: no metrics returned from resource metrics API$/,
  ],
  [
    "no such container",
    container("x", 50),
    served,
    "FailedGetContainerResourceMetric",
    /container x not present in metrics for pod default\/a$/,
  ],
  [
    "another resource",
    { type: "Resource", resource: { name: "gpu", target: { averageValue: "1" } } },
    served,
    "FailedGetResourceMetric",
    /did not receive metrics/,
  ],
  [
    "no target",
    { type: "Resource", resource: { name: "cpu", target: {} } },
    served,
    "FailedGetResourceMetric",
    /^invalid resource metric source: neither/,
  ],
  [
    "pods",
    { type: "Pods", pods: { metric: { name: "rate" } } },
    served,
    "FailedGetPodsMetric",
    /^unable to get metric rate: unable to fetch metrics from custom metrics API: no custom metrics API \(custom\.metrics\.k8s\.io\) registered$/,
  ],
  [
    "an object",
    { type: "Object", object: inObject },
    served,
    "FailedGetObjectMetric",
    /unable to get metric hits: Ingress on default main\/unable to fetch/,
  ],
  [
    "external",
    external,
    served,
    "FailedGetExternalMetric",
    /^unable to get external metric default\/queue\/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource \(get queue\.external\.metrics\.k8s\.io\)$/,
  ],
];
for (const [title, spec, metrics, reason, message] of failures)
  test(`${title}: ${reason}`, () => {
    const { replicas, failures: found } = ask([spec], metrics);
    assert.equal(replicas, undefined);
    assert.equal(found[0]?.reason, reason);
    assert.match(found[0]?.message ?? "", message);
  });
