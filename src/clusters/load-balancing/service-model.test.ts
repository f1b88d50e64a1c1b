// Services as Network Load Balancers: a table of annotations and what they become.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { LoadBalancerModel } from "./model.ts";
import { serviceModel } from "./service-model.ts";

const PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";

/** A service with annotations under the prefix. */
function service(annotations: Record<string, string> = {}, spec: object = {}): KubeObject {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [PREFIX + key, value]));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop", uid: "u", resourceVersion: "1", creationTimestamp: "", annotations: prefixed },
    spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 30_080 }], ...spec },
  };
}

const model = (annotations?: Record<string, string>, spec?: object, ipv6 = false) => serviceModel(service(annotations, spec), "dev", ipv6);
const listenersOf = ({ listeners }: LoadBalancerModel) =>
  listeners.map(({ protocol, port, certificates }) => [protocol, port, certificates.length]);
const twoPorts = {
  ports: [
    { name: "http", port: 80, targetPort: 8080 },
    { name: "https", port: 443, targetPort: "tls" },
  ],
};

test("without annotations: internal, addresses, TCP checks, open to everybody", () => {
  const { targetGroups, listeners, ...balancer } = model();
  assert.match(balancer.name, /^k8s-shop-web-[0-9a-f]{10}$/);
  assert.deepEqual([balancer.stack, balancer.kind, balancer.scheme, balancer.ipAddressType], ["shop/web", "network", "internal", "ipv4"]);
  assert.deepEqual([balancer.sources, balancer.subnets, balancer.attributes, balancer.tags], [["0.0.0.0/0"], {}, {}, {}]);
  const [group] = targetGroups;
  assert.deepEqual(
    [group!.id, group!.protocol, group!.port, group!.targetType, group!.service],
    ["shop/web:80", "TCP", 8080, "ip", { name: "web", port: 80 }],
  );
  assert.deepEqual(group!.check, { protocol: "TCP", port: "traffic-port", interval: 10, timeout: 10, healthy: 3, unhealthy: 3 });
  assert.deepEqual(
    listeners.map(({ action }) => action),
    [{ type: "forward", group: "shop/web:80" }],
  );
});

const cases: readonly (readonly [
  name: string,
  annotations: Record<string, string>,
  spec: object,
  look: (model: LoadBalancerModel) => unknown,
  expected: unknown,
])[] = [
  ["scheme", { scheme: "internet-facing" }, {}, (made) => made.scheme, "internet-facing"],
  [
    "instances are reached by node port",
    { "nlb-target-type": "instance" },
    {},
    ({ targetGroups: [g] }) => [g!.targetType, g!.port],
    ["instance", 30_080],
  ],
  [
    "local traffic is checked at the health port",
    { "nlb-target-type": "instance" },
    { externalTrafficPolicy: "Local", healthCheckNodePort: 31_000 },
    ({ targetGroups: [g] }) => [g!.check.protocol, g!.check.port, g!.check.path],
    ["HTTP", "31000", "/healthz"],
  ],
  [
    "health check",
    { "healthcheck-protocol": "http", "healthcheck-path": "/ok", "healthcheck-port": "9000" },
    {},
    ({ targetGroups: [g] }) => [g!.check.protocol, g!.check.path, g!.check.port],
    ["HTTP", "/ok", "9000"],
  ],
  ["subnets", { subnets: "subnet-1, private-a" }, {}, (made) => made.subnets, { named: ["subnet-1", "private-a"] }],
  [
    "a certificate makes every port secure",
    { "ssl-cert": "arn:c" },
    twoPorts,
    listenersOf,
    [
      ["TLS", 80, 1],
      ["TLS", 443, 1],
    ],
  ],
  [
    "secure ports by name",
    { "ssl-cert": "arn:c", "ssl-ports": "https" },
    twoPorts,
    listenersOf,
    [
      ["TCP", 80, 0],
      ["TLS", 443, 1],
    ],
  ],
  [
    "secure ports by number",
    { "ssl-cert": "arn:c,arn:d", "ssl-ports": "80" },
    twoPorts,
    listenersOf,
    [
      ["TLS", 80, 2],
      ["TCP", 443, 0],
    ],
  ],
  ["a named target port", {}, twoPorts, ({ targetGroups: [, g] }) => g!.port, 1],
  ["tags", { "additional-resource-tags": "a=b, c=" }, {}, (made) => made.tags, { a: "b", c: "" }],
  [
    "attributes",
    { attributes: "load_balancing.cross_zone.enabled=true" },
    {},
    (made) => made.attributes,
    { "load_balancing.cross_zone.enabled": "true" },
  ],
  [
    "two families",
    { "ip-address-type": "dualstack" },
    {},
    (made) => [made.ipAddressType, made.sources],
    ["dualstack", ["0.0.0.0/0", "::/0"]],
  ],
  ["sources", {}, { loadBalancerSourceRanges: ["10.0.0.0/8 "] }, (made) => made.sources, ["10.0.0.0/8"]],
  [
    "both protocols on one port",
    {},
    {
      ports: [
        { port: 53, targetPort: 53 },
        { port: 53, targetPort: 53, protocol: "UDP" },
      ],
    },
    listenersOf,
    [["TCP_UDP", 53, 0]],
  ],
  [
    "what is not supported is ignored",
    { type: "external", internal: "false", "proxy-protocol": "*", "cross-zone-load-balancing-enabled": "true" },
    {},
    (made) => [made.scheme, made.attributes],
    ["internal", {}],
  ],
];

for (const [name, annotations, spec, look, expected] of cases) test(name, () => assert.deepEqual(look(model(annotations, spec)), expected));

const refusals: readonly (readonly [annotations: Record<string, string>, spec: object, text: RegExp])[] = [
  [{ scheme: "public" }, {}, /^unknown scheme: public$/],
  [{ "nlb-target-type": "pod" }, {}, /unsupported targetType: pod/],
  [{ "ip-address-type": "ipv6" }, {}, /unknown IPAddressType: ipv6/],
  [{ attributes: "x" }, {}, /failed to parse stringMap annotation, service\.beta\.kubernetes\.io\/aws-load-balancer-attributes: x/],
  [{ "healthcheck-protocol": "UDP" }, {}, /Unsupported health check protocol UDP/],
  [{}, { ports: [{ port: 80, protocol: "SCTP" }] }, /unsupported protocol SCTP/],
  [{ "nlb-target-type": "instance" }, { ports: [{ port: 80 }] }, /no node port/],
  [
    {},
    {
      ports: [
        { port: 53, targetPort: 53 },
        { port: 53, targetPort: 54, protocol: "UDP" },
      ],
    },
    /different target ports/,
  ],
];

for (const [annotations, spec, text] of refusals)
  test(`refused: ${text.source}`, () => assert.throws(() => model(annotations, spec), { message: text }));

test("names change with what cannot be changed in place, and with the cluster", () => {
  assert.notEqual(model().name, model({ scheme: "internet-facing" }).name);
  assert.notEqual(model().name, serviceModel(service(), "other", false).name);
  assert.notEqual(model().targetGroups[0]!.name, model({ "nlb-target-type": "instance" }).targetGroups[0]!.name);
  assert.equal(model().name, model({ attributes: "a=b" }).name);
});

test("pods with IPv6 addresses are IPv6 targets", () => {
  assert.equal(model({ "ip-address-type": "dualstack" }, {}, true).targetGroups[0]!.ipAddressType, "ipv6");
  assert.throws(() => model({}, {}, true), { message: "unsupported IPv6 configuration, lb not dual-stack" });
  assert.equal(model({ "nlb-target-type": "instance" }, {}, true).targetGroups[0]!.ipAddressType, "ipv4");
});
