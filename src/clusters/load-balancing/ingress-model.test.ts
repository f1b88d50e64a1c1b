// Ingresses as Application Load Balancers: rules and their order, listeners, groups, parameters over annotations.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { ALB_PREFIX, type ClassParams, ingressModel } from "./ingress-model.ts";

const path = (value: string, service = "a", pathType = "Prefix") => ({
  path: value,
  pathType,
  backend: { service: { name: service, port: { number: 80 } } },
});

function ingress(name: string, paths: readonly object[], annotations: Record<string, string> = {}, spec: object = {}): KubeObject {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [ALB_PREFIX + key, value]));
  return {
    ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
    metadata: { name, namespace: "shop", uid: name, resourceVersion: "1", creationTimestamp: "", annotations: prefixed },
    spec: { rules: paths.length > 0 ? [{ host: "h.example.com", http: { paths } }] : [], ...spec },
  };
}

const services: Record<string, object> = {
  a: { ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 30_080 }] },
  b: { ports: [{ port: 80, targetPort: "web" }] },
};
const build = (group: readonly KubeObject[], params: ClassParams = {}, stack = "shop/one") =>
  ingressModel(stack, group, params, {
    ...{ clusterName: "dev", ipv6: false },
    service: (_namespace, name) => (services[name] ? ({ spec: services[name] } as KubeObject) : undefined),
  });

test("exact paths come first, then the longest prefixes; prefixes match whole segments", () => {
  const made = build([
    ingress("one", [
      path("/"),
      path("/cart/", "b"),
      path("/cart/pay"),
      path("/x*", "a", "ImplementationSpecific"),
      path("/ok", "a", "Exact"),
    ]),
  ]);
  assert.deepEqual(
    made.listeners[0]!.rules.map(({ paths }) => paths),
    [["/ok"], ["/cart/pay", "/cart/pay/*"], ["/cart", "/cart/*"], ["/*"], ["/x*"]],
  );
  assert.deepEqual(made.targetGroups.map(({ id, port }) => [id, port]).sort(), [
    ["shop/one-a:80", 8080],
    ["shop/one-b:80", 1],
  ]);
  assert.deepEqual(made.targetGroups[0]!.check, {
    protocol: "HTTP",
    port: "traffic-port",
    path: "/",
    codes: "200",
    interval: 15,
    timeout: 5,
    healthy: 2,
    unhealthy: 2,
  });
});

test("without rules everything is 404, with a default backend it goes there; lost backends answer 503", () => {
  assert.deepEqual(build([ingress("one", [])]).listeners[0]!.action, { type: "fixed-response", code: "404", body: "" });
  const fallback = { defaultBackend: { service: { name: "a", port: { name: "http" } } } };
  assert.deepEqual(build([ingress("one", [], {}, fallback)]).listeners[0]!.action, { type: "forward", group: "shop/one-a:http" });
  const [rule] = build([ingress("one", [path("/", "none")])]).listeners[0]!.rules;
  assert.deepEqual(rule!.action, { type: "fixed-response", code: "503", body: "Backend service does not exist" });
});

test("listeners: HTTP, HTTPS with certificates, both with a redirect", () => {
  const ports = (annotations: Record<string, string>, params?: ClassParams) =>
    build([ingress("one", [path("/")], annotations)], params).listeners.map(({ protocol, port, rules, action }) => [
      protocol,
      port,
      rules.length,
      action.type,
    ]);
  assert.deepEqual(ports({}), [["HTTP", 80, 1, "fixed-response"]]);
  assert.deepEqual(ports({ "certificate-arn": "arn:c" }), [["HTTPS", 443, 1, "fixed-response"]]);
  assert.deepEqual(ports({}, { certificateARNs: ["arn:c"] }), [["HTTPS", 443, 1, "fixed-response"]]);
  assert.deepEqual(ports({ "certificate-arn": "arn:c", "listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]', "ssl-redirect": "443" }), [
    ["HTTP", 80, 0, "redirect"],
    ["HTTPS", 443, 1, "fixed-response"],
  ]);
});

test("what the class says wins", () => {
  const params: ClassParams = {
    ...{ scheme: "internet-facing", ipAddressType: "dualstack", subnets: { ids: ["subnet-1"] } },
    tags: [{ key: "team", value: "class" }],
    loadBalancerAttributes: [{ key: "idle_timeout.timeout_seconds", value: "90" }],
  };
  const annotations = {
    scheme: "internal",
    tags: "team=own,more=1",
    "load-balancer-attributes": "idle_timeout.timeout_seconds=30",
    subnets: "subnet-2",
  };
  const made = build([ingress("one", [], annotations)], params);
  assert.deepEqual([made.scheme, made.ipAddressType, made.subnets], ["internet-facing", "dualstack", { named: ["subnet-1"] }]);
  assert.deepEqual([made.tags, made.attributes], [{ team: "class", more: "1" }, { "idle_timeout.timeout_seconds": "90" }]);
  assert.deepEqual(build([ingress("one", [])], { subnets: { matchTags: [{ key: "k", values: ["v"] }] } }).subnets, { tags: { k: ["v"] } });
});

test("a group shares listeners, its ingresses by name", () => {
  const made = build([ingress("two", [path("/b", "b")]), ingress("one", [path("/a")])], { group: { name: "web" } }, "web");
  assert.match(made.name, /^k8s-web-[0-9a-f]{10}$/);
  assert.deepEqual(
    made.listeners.map(({ rules }) => rules.map(({ paths }) => paths[0])),
    [["/a", "/b"]],
  );
  const schemes = [ingress("one", [], { scheme: "internal" }), ingress("two", [], { scheme: "internet-facing" })];
  assert.throws(() => build(schemes), { message: "conflicting scheme: [internal internet-facing]" });
});

const refusals: readonly (readonly [name: string, made: KubeObject, text: RegExp])[] = [
  ["a wildcard in a prefix", ingress("one", [path("/a*")]), /prefix path shouldn't contain wildcards: \/a\*/],
  [
    "HTTPS without certificate",
    ingress("one", [], { "listen-ports": '[{"HTTPS": 443}]' }, { tls: [{ hosts: ["h"] }] }),
    /no certificate found for host: h/,
  ],
  ["odd ports", ingress("one", [], { "listen-ports": "80" }), /empty listen-ports configuration/],
  ["a port out of range", ingress("one", [], { "listen-ports": '[{"HTTP": 0}]' }), /listen port must be within \[1, 65535\]: 0/],
  ["no JSON", ingress("one", [], { "listen-ports": "{" }), /failed to parse json annotation/],
  [
    "instances without node port",
    ingress("one", [path("/", "b")], { "target-type": "instance" }),
    /service type must be either 'NodePort' or 'LoadBalancer'/,
  ],
  [
    "an action that is not there",
    ingress("one", [{ path: "/", pathType: "Prefix", backend: { service: { name: "x", port: { name: "use-annotation" } } } }]),
    /missing actions\.x configuration/,
  ],
  ["a resource", ingress("one", [{ path: "/", pathType: "Prefix", backend: { resource: {} } }]), /missing required "service" field/],
];
for (const [name, made, text] of refusals) test(`refused: ${name}`, () => assert.throws(() => build([made]), { message: text }));
