// What writers of services, ingresses, network policies, autoscalers and budgets are told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

const kinds = {
  Service: ["v1", "services"],
  Ingress: ["networking.k8s.io/v1", "ingresses"],
  NetworkPolicy: ["networking.k8s.io/v1", "networkpolicies"],
  HorizontalPodAutoscaler: ["autoscaling/v2", "horizontalpodautoscalers"],
  PodDisruptionBudget: ["policy/v1", "poddisruptionbudgets"],
} as const;
type Kind = keyof typeof kinds;

const base = (kind: Kind) => `${kinds[kind][0] === "v1" ? "/api" : "/apis"}/${kinds[kind][0]}/namespaces/default/${kinds[kind][1]}`;
const objectOf = (kind: Kind, name: string, spec: object) => ({ apiVersion: kinds[kind][0], kind, metadata: { name }, spec });

const service = { name: "s", port: { number: 80 } };
const route = (more: object) => ({ rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend: { service }, ...more }] } }] });
const path0 = "spec.rules[0].http.paths[0]";
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "d" };
const ports = [{ port: 80 }];
const cpu = { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } };
const scaled = (more: object) => ({ maxReplicas: 3, scaleTargetRef, ...more });
const from = (peer: object) => ({ podSelector: {}, ingress: [{ from: [peer] }] });
const percent =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** Kind, spec and the whole finding; undefined: the object is taken. */
const cases: [Kind, object, string | undefined][] = [
  ["Service", { ports }, undefined],
  ["Service", {}, "spec.ports: Required value"],
  ["Service", { clusterIP: "None" }, undefined],
  [
    "Service",
    { ports, type: "Balanced" },
    'spec.type: Unsupported value: "Balanced": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [
    "Service",
    { ports: [{ port: 0 }] },
    "[spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive]",
  ],
  [
    "Service",
    { ports: [{ port: 80, targetPort: "http_port" }] },
    'spec.ports[0].targetPort: Invalid value: "http_port": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
  ],
  [
    "Service",
    { ports: [{ port: 80, targetPort: "8080" }] },
    'spec.ports[0].targetPort: Invalid value: "8080": must contain at least one letter (a-z)',
  ],
  ["Service", { ports: [{ port: 80 }, { port: 81, name: "b" }] }, "spec.ports[0].name: Required value"],
  [
    "Service",
    {
      ports: [
        { port: 80, name: "b" },
        { port: 81, name: "b" },
      ],
    },
    'spec.ports[1].name: Duplicate value: "b"',
  ],
  ["Service", { ports: [{ port: 80, nodePort: 30080 }] }, "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  [
    "Service",
    { ports: [{ port: 80, nodePort: 80 }], type: "NodePort" },
    "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767",
  ],
  [
    "Service",
    { ports, type: "NodePort", clusterIP: "None" },
    `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`,
  ],
  [
    "Service",
    { ports: [{ port: 10250 }], type: "LoadBalancer" },
    "spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet",
  ],
  ["Service", { type: "ExternalName" }, "spec.externalName: Required value"],
  ["Service", { type: "ExternalName", externalName: "db.example.com." }, undefined],
  [
    "Service",
    { type: "ExternalName", externalName: "db.example.com", clusterIP: "10.100.3.4" },
    "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
  ],
  [
    "Service",
    { ports, clusterIP: "10.100.300.1" },
    'spec.clusterIPs[0]: Invalid value: "10.100.300.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    "Service",
    { ports, clusterIP: "192.168.1.1" },
    'spec.clusterIPs: Invalid value: ["192.168.1.1"]: failed to allocate IP 192.168.1.1: the provided IP (192.168.1.1) is not in the valid range. The range of valid IPs is 10.100.0.0/16',
  ],
  [
    "Service",
    { ports, clusterIPs: ["10.100.9.9"], clusterIP: "10.100.9.8" },
    'spec.clusterIPs: Invalid value: ["10.100.9.9"]: first value must match `clusterIP`',
  ],
  ["Service", { ports, ipFamilies: ["IPv5"] }, 'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"'],
  ["Service", { ports, ipFamilies: ["IPv4", "IPv4"] }, 'spec.ipFamilies[1]: Duplicate value: "IPv4"'],
  [
    "Service",
    { ports, sessionAffinity: "Cookie" },
    'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
  ],
  [
    "Service",
    { ports, sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 90000 } } },
    "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400",
  ],
  [
    "Service",
    { ports, externalTrafficPolicy: "Local" },
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    "Service",
    { ports, loadBalancerClass: "service.k8s.aws/nlb" },
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    "Service",
    { ports, type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0"] },
    'spec.loadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    "Service",
    { ports, externalIPs: ["nowhere"] },
    'spec.externalIPs[0]: Invalid value: "nowhere": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  ["Ingress", route({}), undefined],
  ["Ingress", {}, "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"],
  ["Ingress", route({ path: "x" }), `${path0}.path: Invalid value: "x": must be an absolute path`],
  [
    "Ingress",
    route({ pathType: "Regex" }),
    `${path0}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
  ],
  ["Ingress", route({ pathType: undefined }), `${path0}.pathType: Required value: pathType must be specified`],
  ["Ingress", route({ path: "/a//b" }), `${path0}.path: Invalid value: "/a//b": must not contain '//'`],
  ["Ingress", route({ path: "/a/.." }), `${path0}.path: Invalid value: "/a/..": cannot end with '/..'`],
  ["Ingress", route({ backend: { service: { name: "s" } } }), `${path0}.backend: Required value: port name or number is required`],
  ["Ingress", route({ backend: {} }), `${path0}.backend: Invalid value: "": resource or service backend is required`],
  [
    "Ingress",
    route({ backend: { service: { name: "s", port: { name: "a", number: 1 } } } }),
    `${path0}.backend: Invalid value: "": cannot set both port name & port number`,
  ],
  [
    "Ingress",
    { defaultBackend: { service }, rules: [{ host: "10.0.0.1" }] },
    'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ],
  ["Ingress", { defaultBackend: { service }, tls: [{ hosts: ["*.example.com", "example.com"], secretName: "tls" }] }, undefined],
  ["NetworkPolicy", { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] }, undefined],
  [
    "NetworkPolicy",
    { podSelector: {}, policyTypes: ["Both"] },
    'spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"',
  ],
  ["NetworkPolicy", { podSelector: {}, egress: [{ to: [{}] }] }, "spec.egress[0].to[0]: Required value: must specify a peer"],
  [
    "NetworkPolicy",
    { podSelector: {}, ingress: [{ ports: [{ port: 90, endPort: 80 }] }] },
    "spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`",
  ],
  [
    "NetworkPolicy",
    { podSelector: {}, ingress: [{ ports: [{ endPort: 80 }] }] },
    "spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is not specified",
  ],
  [
    "NetworkPolicy",
    { podSelector: {}, ingress: [{ ports: [{ port: "web", endPort: 80 }] }] },
    "spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric",
  ],
  ["NetworkPolicy", from({ ipBlock: {} }), "spec.ingress[0].from[0].ipBlock.cidr: Required value"],
  ["NetworkPolicy", from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }), undefined],
  ["NetworkPolicy", from({ ipBlock: { cidr: "fd00::/8", except: ["fd12::/16"] } }), undefined],
  [
    "NetworkPolicy",
    from({ ipBlock: { cidr: "10.0.0.0/33" } }),
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    "NetworkPolicy",
    from({ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] } }),
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
  ],
  [
    "NetworkPolicy",
    from({ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }),
    "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
  ],
  [
    "NetworkPolicy",
    { podSelector: { matchExpressions: [{ key: "a", operator: "In" }] } },
    "spec.podSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ],
  [
    "NetworkPolicy",
    { podSelector: { matchExpressions: [{ key: "a", operator: "Has" }] } },
    'spec.podSelector.matchExpressions[0].operator: Invalid value: "Has": not a valid selector operator',
  ],
  ["HorizontalPodAutoscaler", scaled({}), undefined],
  [
    "HorizontalPodAutoscaler",
    scaled({ minReplicas: 5 }),
    "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
  ],
  ["HorizontalPodAutoscaler", scaled({ minReplicas: 0 }), "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1"],
  [
    "HorizontalPodAutoscaler",
    { maxReplicas: 0, scaleTargetRef },
    "[spec.maxReplicas: Invalid value: 0: must be greater than 0, spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`]",
  ],
  ["HorizontalPodAutoscaler", { maxReplicas: 1, scaleTargetRef: { kind: "Deployment" } }, "spec.scaleTargetRef.name: Required value"],
  ["HorizontalPodAutoscaler", scaled({ metrics: [{ type: "Resource", resource: cpu }] }), undefined],
  [
    "HorizontalPodAutoscaler",
    scaled({ metrics: [{ type: "Resource" }] }),
    "spec.metrics[0].resource: Required value: must populate information for the given metric source",
  ],
  [
    "HorizontalPodAutoscaler",
    scaled({ metrics: [{ type: "Pods", pods: { metric: { name: "q" }, target: { type: "AverageValue", averageValue: "0" } } }] }),
    'spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive',
  ],
  [
    "HorizontalPodAutoscaler",
    scaled({ metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization" } } }] }),
    "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization",
  ],
  [
    "HorizontalPodAutoscaler",
    scaled({ behavior: { scaleDown: { stabilizationWindowSeconds: 4000 } } }),
    "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600",
  ],
  [
    "HorizontalPodAutoscaler",
    scaled({ behavior: { scaleUp: { policies: [{ type: "Pods", value: 0, periodSeconds: 60 }] } } }),
    "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
  ],
  ["PodDisruptionBudget", { minAvailable: "50%", selector: { matchLabels: { a: "b" } } }, undefined],
  [
    "PodDisruptionBudget",
    { minAvailable: 1, maxUnavailable: 1 },
    'spec: Invalid value: "": minAvailable and maxUnavailable cannot be both set',
  ],
  ["PodDisruptionBudget", { minAvailable: "half" }, `spec.minAvailable: Invalid value: "half": ${percent}`],
  ["PodDisruptionBudget", { maxUnavailable: "101%" }, 'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  ["PodDisruptionBudget", { maxUnavailable: -1 }, "spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0"],
  [
    "PodDisruptionBudget",
    { unhealthyPodEvictionPolicy: "Never" },
    'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
  ],
];
for (const [index, [kind, spec, message]] of cases.entries()) {
  test(`${kind} ${JSON.stringify(spec)}`, async () => {
    const answer = await api.call("POST", base(kind), "admin", objectOf(kind, `o${index}`, spec));
    assert.equal(answer.status, message ? 422 : 201, answer.text);
    if (message) assert.equal(answer.json.message.replace(/^.* is invalid: /, ""), message);
  });
}

/** Kind, first spec, changed members, and the finding. */
const changes: [Kind, object, object, string | undefined][] = [
  [
    "Service",
    { ports, clusterIP: "10.100.1.1" },
    { clusterIP: "10.100.1.2", clusterIPs: ["10.100.1.2"] },
    'spec.clusterIPs[0]: Invalid value: ["10.100.1.2"]: may not change once set',
  ],
  [
    "Service",
    { ports },
    { clusterIP: "None", clusterIPs: ["None"] },
    'spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set',
  ],
  [
    "Service",
    { ports, type: "LoadBalancer", loadBalancerClass: "a/b" },
    { loadBalancerClass: "a/c" },
    'spec.loadBalancerClass: Invalid value: "a/c": may not change once set',
  ],
  ["Service", { ports, type: "LoadBalancer", loadBalancerClass: "a/d" }, { type: "ClusterIP" }, undefined],
  ["Service", { ports }, { type: "ExternalName", externalName: "db.example.com" }, undefined],
  ["Service", { ports }, { type: "NodePort" }, undefined],
];
for (const [index, [kind, spec, change, message]] of changes.entries()) {
  test(`${kind} ${JSON.stringify(spec)} changed by ${JSON.stringify(change)}`, async () => {
    const name = `c${index}`;
    const made = await api.call("POST", base(kind), "admin", objectOf(kind, name, spec));
    assert.equal(made.status, 201, made.text);
    const next = { ...made.json, spec: { ...made.json.spec, ...change } };
    const answer = await api.call("PUT", `${base(kind)}/${name}`, "admin", next);
    assert.equal(answer.status, message ? 422 : 200, answer.text);
    if (message) assert.equal(answer.json.message.replace(/^.* is invalid: /, ""), message);
  });
}
