import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../api/object.ts";
import { availabilityOf, type ServiceBackend } from "./availability.ts";

const object = (more: object): KubeObject => ({ apiVersion: "", kind: "", metadata: { name: "x" }, ...more }) as unknown as KubeObject;
const apiService = (name: string, service: object | undefined = { name: "s", namespace: "ns" }) => {
  const [version, ...group] = name.split(".");
  return object({ metadata: { name }, spec: { group: group.join("."), version, service } });
};
const service = object({ spec: { ports: [{ name: "https", port: 443 }] } });
const slice = (ready: boolean) =>
  object({ endpoints: [{ addresses: ["10.0.0.9"], conditions: { ready }, targetRef: { kind: "Pod", namespace: "ns", name: "p" } }] });
const pod = (image: string) => () => object({ spec: { containers: [{ image }] } });
const backend = (more: Partial<ServiceBackend> = {}): ServiceBackend => ({
  service,
  slices: [slice(true)],
  pod: pod("registry.k8s.io/metrics-server/metrics-server:v0.8.0"),
  ...more,
});
const metrics = apiService("v1beta1.metrics.k8s.io");

const cases: [string, KubeObject, ServiceBackend, string, string, RegExp][] = [
  ["local", object({ metadata: { name: "v1.apps" }, spec: {} }), backend(), "True", "Local", /^Local APIServices are always available$/],
  ["metrics-server", metrics, backend(), "True", "Passed", /^all checks passed$/],
  [
    "EKS's image",
    metrics,
    backend({ pod: pod("602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/metrics-server:v0.8.0") }),
    "True",
    "Passed",
    /./,
  ],
  ["no service", metrics, backend({ service: undefined }), "False", "ServiceNotFound", /^service\/s in "ns" is not present$/],
  [
    "another port",
    apiService("v1beta1.metrics.k8s.io", { name: "s", namespace: "ns", port: 8443 }),
    backend(),
    "False",
    "ServicePortError",
    /8443$/,
  ],
  ["no slices", metrics, backend({ slices: [] }), "False", "EndpointsNotFound", /^cannot find endpointslices for service\/s in "ns"$/],
  ["nobody ready", metrics, backend({ slices: [slice(false)] }), "False", "MissingEndpoints", /have no addresses with port name "https"$/],
  [
    "somebody else's pod",
    metrics,
    backend({ pod: pod("nginx") }),
    "False",
    "FailedDiscoveryCheck",
    /^failing or missing response from https:\/\/10\.0\.0\.9/,
  ],
  ["a look-alike", metrics, backend({ pod: pod("evil/metrics-server-not:1") }), "False", "FailedDiscoveryCheck", /./],
  ["no pod", metrics, backend({ pod: () => undefined }), "False", "FailedDiscoveryCheck", /./],
  [
    "another group",
    apiService("v1beta1.custom.metrics.k8s.io"),
    backend(),
    "False",
    "FailedDiscoveryCheck",
    /custom\.metrics\.k8s\.io\/v1beta1/,
  ],
];
for (const [title, found, behind, status, reason, message] of cases) {
  test(title, () => {
    const verdict = availabilityOf(found, behind);
    assert.deepEqual([verdict.status, verdict.reason], [status, reason]);
    assert.match(verdict.message, message);
  });
}
