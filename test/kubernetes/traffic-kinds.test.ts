// What writers of ingresses, network policies, autoscalers and budgets are told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

const kinds = {
  Ingress: ["networking.k8s.io/v1", "ingresses"],
  NetworkPolicy: ["networking.k8s.io/v1", "networkpolicies"],
  HorizontalPodAutoscaler: ["autoscaling/v2", "horizontalpodautoscalers"],
  PodDisruptionBudget: ["policy/v1", "poddisruptionbudgets"],
} as const;
const service = { name: "s", port: { number: 80 } };
const route = (more: object) => ({ rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend: { service }, ...more }] } }] });
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "d" };

const cases: [keyof typeof kinds, object, string | undefined][] = [
  ["Ingress", route({}), undefined],
  ["Ingress", {}, "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"],
  ["Ingress", route({ path: "x" }), 'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path'],
  [
    "Ingress",
    route({ pathType: "Regex" }),
    'pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
  ],
  ["Ingress", route({ path: "/a//b" }), "must not contain '//'"],
  ["Ingress", route({ backend: { service: { name: "s" } } }), "backend.service.port: Required value: port name or number is required"],
  ["Ingress", { defaultBackend: { service }, rules: [{ host: "Bad_Host" }] }, "spec.rules[0].host: Invalid value"],
  ["NetworkPolicy", { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] }, undefined],
  ["NetworkPolicy", { podSelector: {}, policyTypes: ["Both"] }, 'spec.policyTypes[0]: Unsupported value: "Both"'],
  ["NetworkPolicy", { podSelector: {}, egress: [{ to: [{}] }] }, "spec.egress[0].to[0]: Required value: must specify a peer"],
  ["NetworkPolicy", { podSelector: {}, ingress: [{ ports: [{ port: 90, endPort: 80 }] }] }, "must be greater than or equal to `port`"],
  ["HorizontalPodAutoscaler", { maxReplicas: 3, scaleTargetRef }, undefined],
  [
    "HorizontalPodAutoscaler",
    { minReplicas: 5, maxReplicas: 3, scaleTargetRef },
    "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
  ],
  [
    "HorizontalPodAutoscaler",
    { minReplicas: 0, maxReplicas: 3, scaleTargetRef },
    "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
  ],
  ["PodDisruptionBudget", { minAvailable: "50%", selector: { matchLabels: { a: "b" } } }, undefined],
  ["PodDisruptionBudget", { minAvailable: 1, maxUnavailable: 1 }, "minAvailable and maxUnavailable cannot be both set"],
  ["PodDisruptionBudget", { minAvailable: "half" }, "a valid percent string must be a numeric string followed by an ending '%'"],
  ["PodDisruptionBudget", { maxUnavailable: "101%" }, "must not be greater than 100%"],
];
for (const [index, [kind, spec, message]] of cases.entries()) {
  test(`${kind} ${JSON.stringify(spec)}`, async () => {
    const [apiVersion, plural] = kinds[kind];
    const object = { apiVersion, kind, metadata: { name: `o${index}` }, spec };
    const answer = await api.call("POST", `/apis/${apiVersion}/namespaces/default/${plural}`, "admin", object);
    assert.equal(answer.status, message ? 422 : 201, answer.text);
    if (message) assert.ok(answer.json.message.includes(message), answer.json.message);
  });
}
