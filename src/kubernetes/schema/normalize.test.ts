import assert from "node:assert/strict";
import { test } from "node:test";
import { normalize } from "./normalize.ts";

function normalized(apiVersion: string, kind: string, object: any): any {
  normalize(apiVersion, kind, object);
  return object;
}

test("what Go would not write goes, what it always writes comes", () => {
  const pod = normalized("v1", "Pod", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", creationTimestamp: null, labels: {}, finalizers: [], typo: 1 },
    spec: {
      hostNetwork: false,
      schedulerName: "",
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "c", stdin: false, resources: { limits: { memory: "1024Mi", cpu: 0.5 } } }, { name: "d" }],
    },
  });
  assert.deepEqual(pod, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        { name: "c", resources: { limits: { memory: "1Gi", cpu: "500m" } } },
        { name: "d", resources: {} },
      ],
    },
    status: {},
  });
  assert.deepEqual(normalized("v1", "Service", { spec: {} }).status, { loadBalancer: {} });
});

test("times and durations take one form", () => {
  const lease = normalized("coordination.k8s.io/v1", "Lease", { spec: { renewTime: "2026-01-02T03:04:05.6+01:00" } });
  assert.equal(lease.spec.renewTime, "2026-01-02T02:04:05.600000Z");
  const pod = normalized("v1", "Pod", { status: { startTime: "2026-01-02T03:04:05.999+01:00" } });
  assert.equal(pod.status.startTime, "2026-01-02T02:04:05Z");
});

test("custom kinds are left alone", () => {
  const widget = { apiVersion: "example.com/v1", kind: "Widget", spec: { empty: "", gone: null } };
  assert.deepEqual(normalized("example.com/v1", "Widget", structuredClone(widget)), widget);
});

test("normalising twice changes nothing", () => {
  const once = normalized("apps/v1", "Deployment", { spec: { template: { spec: { containers: [{ name: "a" }] } } } });
  assert.deepEqual(normalized("apps/v1", "Deployment", structuredClone(once)), once);
});
