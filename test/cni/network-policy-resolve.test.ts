// What policies resolve to: peers, ports by name and number, Services (spec vpc-cni §8.1).
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolvePolicy } from "../../src/cni/network-policy/resolve.ts";
import { namespace, pod, policy, service, viewOf, type World } from "./policy-world.ts";

const NAMESPACES = [namespace("shop", { team: "red" }), namespace("pay", { team: "blue" })];
const web = (labels: Record<string, string>) => ({ podSelector: { matchLabels: labels } });
const resolved = (spec: Parameters<typeof policy>[2], world: Partial<World>) =>
  resolvePolicy(policy("shop", "p", spec), viewOf({ namespaces: NAMESPACES, pods: [], policies: [], ...world }));
const cidrs = (entries: readonly { cidr: string }[]) => entries.map(({ cidr }) => cidr);

test("peers: by pods, by namespaces, by both; only pods with an address of their own that have not finished", () => {
  const pods = [
    pod("shop", "web-1", { labels: { app: "web" }, ip: "10.0.1.1" }),
    pod("shop", "api-1", { labels: { app: "api" }, ip: "10.0.1.2" }),
    pod("pay", "web-1", { labels: { app: "web" }, ip: "10.0.2.1" }),
    pod("pay", "web-2", { labels: { app: "web" } }),
    pod("pay", "web-3", { labels: { app: "web" }, ip: "10.0.0.1", hostNetwork: true }),
    pod("pay", "web-4", { labels: { app: "web" }, ip: "10.0.2.4", phase: "Failed" }),
    pod("pay", "db-1", { labels: { app: "db" }, ip: "10.0.2.5", phase: "Pending" }),
  ];
  const team = (name: string) => ({ namespaceSelector: { matchLabels: { team: name } } });
  const table: [object, string[]][] = [
    [web({ app: "web" }), ["10.0.1.1"]],
    [{ podSelector: {} }, ["10.0.1.1", "10.0.1.2"]],
    [team("blue"), ["10.0.2.1", "10.0.2.5"]],
    [{ ...team("blue"), ...web({ app: "web" }) }, ["10.0.2.1"]],
    [{ namespaceSelector: {}, ...web({ app: "web" }) }, ["10.0.1.1", "10.0.2.1"]],
    [{ namespaceSelector: { matchExpressions: [{ key: "team", operator: "DoesNotExist" }] } }, []],
    [{ ipBlock: { cidr: "10.0.2.0/24" } }, ["10.0.2.0/24"]],
  ];
  for (const [peer, wanted] of table) {
    assert.deepEqual(cidrs(resolved({ ingress: [{ from: [peer] }] }, { pods }).ingress), wanted, JSON.stringify(peer));
    assert.deepEqual(cidrs(resolved({ egress: [{ to: [peer] }] }, { pods }).egress), wanted);
  }
  const { podSelectorEndpoints } = resolved({}, { pods });
  assert.deepEqual(
    podSelectorEndpoints.map(({ podIP }) => podIP),
    ["10.0.1.1", "10.0.1.2"],
    "only pods of the policy's namespace are selected",
  );
  const twice = resolved({ ingress: [{ from: [web({ app: "web" }), { podSelector: {} }] }] }, { pods });
  assert.deepEqual(cidrs(twice.ingress), ["10.0.1.1", "10.0.1.2"], "a peer that is meant twice is listed once");
});

test("names of ports into a pod are those of the selected pods, of all of them together", () => {
  const from = [web({ app: "web" })];
  const ports = [{ protocol: "TCP", port: "http" }];
  const client = pod("shop", "web-1", { labels: { app: "web" }, ip: "10.0.1.9" });
  const server = (name: string, http?: number) =>
    pod("shop", name, { labels: { app: "api" }, ip: `10.0.1.${name.at(-1)}`, ...(http && { ports: { http } }) });
  const of = (...pods: World["pods"]) =>
    resolved({ ...web({ app: "api" }), ingress: [{ from, ports }] }, { pods: [client, ...pods] }).ingress;
  assert.deepEqual(of(server("api-1", 80)), [{ cidr: "10.0.1.9", ports: [{ protocol: "TCP", port: 80 }] }]);
  assert.deepEqual(of(server("api-1", 80), server("api-2", 8080), server("api-3")), [
    {
      cidr: "10.0.1.9",
      ports: [
        { protocol: "TCP", port: 80 },
        { protocol: "TCP", port: 8080 },
      ],
    },
  ]);
  assert.deepEqual(of(server("api-1")), [], "a name nobody declares admits nothing, not everything");
  assert.deepEqual(of(), []);
  const open = resolved({ ...web({ app: "api" }), ingress: [{ ports }] }, { pods: [server("api-1", 80)] }).ingress;
  assert.deepEqual(
    open.map(({ cidr, ports: at }) => [cidr, at]),
    [
      ["0.0.0.0/0", [{ protocol: "TCP", port: 80 }]],
      ["::/0", [{ protocol: "TCP", port: 80 }]],
    ],
  );
});

test("names of ports out of a pod are those of each peer; a block has none", () => {
  const pods = [
    pod("shop", "db-1", { labels: { app: "db" }, ip: "10.0.1.1", ports: { sql: 5432 } }),
    pod("shop", "db-2", { labels: { app: "db" }, ip: "10.0.1.2", ports: { sql: 3306 } }),
    pod("shop", "db-3", { labels: { app: "db" }, ip: "10.0.1.3" }),
  ];
  const ports = [{ protocol: "TCP", port: "sql" }];
  const policyTypes = ["Egress"];
  assert.deepEqual(resolved({ policyTypes, egress: [{ to: [web({ app: "db" })], ports }] }, { pods }).egress, [
    { cidr: "10.0.1.1", ports: [{ protocol: "TCP", port: 5432 }] },
    { cidr: "10.0.1.2", ports: [{ protocol: "TCP", port: 3306 }] },
  ]);
  assert.deepEqual(resolved({ policyTypes, egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports }] }, { pods }).egress, []);
  assert.deepEqual(resolved({ policyTypes, egress: [{ ports }] }, { pods }).egress, []);
  const both = [...ports, { protocol: "UDP", port: 53 }];
  assert.deepEqual(
    resolved({ policyTypes, egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }], ports: both }] }, {}).egress,
    [{ cidr: "10.0.0.0/8", except: ["10.1.0.0/16"], ports: [{ protocol: "UDP", port: 53 }] }],
  );
});

test("numbers need no declaration; ranges and whole protocols stay what they are", () => {
  const ports = [{ protocol: "TCP", port: 8000, endPort: 8100 }, { protocol: "UDP" }, { port: 80 }];
  assert.deepEqual(resolved({ ingress: [{ ports }] }, {}).ingress[0]?.ports, [
    { protocol: "TCP", port: 8000, endPort: 8100 },
    { protocol: "UDP" },
    { protocol: "TCP", port: 80 },
  ]);
});

test("Services: their own port stands for the pods' port it leads to", () => {
  const selector = { app: "db" };
  const pods = [pod("shop", "db-1", { labels: selector, ip: "10.0.1.1", ports: { sql: 5432 } })];
  const ports = (targetPort?: number | string) => [{ port: 80, protocol: "TCP", ...(targetPort !== undefined && { targetPort }) }];
  const table: [string, object, number | string | undefined, (number | undefined)[] | undefined][] = [
    ["same number", { clusterIP: "172.20.0.1", selector, ports: [{ port: 5432, protocol: "TCP" }] }, 5432, [5432]],
    ["another number", { clusterIP: "172.20.0.1", selector, ports: ports(5432) }, 5432, [80]],
    ["the same name", { clusterIP: "172.20.0.1", selector, ports: ports("sql") }, "sql", [80]],
    ["a name there, a number here", { clusterIP: "172.20.0.1", selector, ports: ports(5432) }, "sql", [80]],
    ["a number here, a name there", { clusterIP: "172.20.0.1", selector, ports: ports("sql") }, 5432, [80]],
    ["no such port", { clusterIP: "172.20.0.1", selector, ports: ports(9999) }, 5432, undefined],
    ["another protocol", { clusterIP: "172.20.0.1", selector, ports: [{ port: 5432, protocol: "UDP" }] }, 5432, undefined],
    ["every port", { clusterIP: "172.20.0.1", selector, ports: ports(9999) }, undefined, []],
    ["headless", { clusterIP: "None", selector, ports: ports(5432) }, 5432, undefined],
    ["external", { type: "ExternalName", externalName: "example.com" }, 5432, undefined],
    ["of other pods", { clusterIP: "172.20.0.1", selector: { app: "other" }, ports: ports(5432) }, 5432, undefined],
  ];
  for (const [what, spec, port, wanted] of table) {
    const rule = { to: [web(selector)], ...(port !== undefined && { ports: [{ protocol: "TCP", port }] }) };
    const { egress } = resolved({ policyTypes: ["Egress"], egress: [rule] }, { pods, services: [service("shop", "db", spec)] });
    const found = egress.find(({ cidr }) => cidr === "172.20.0.1");
    assert.deepEqual(found && (found.ports ?? []).map((each) => each.port), wanted, what);
  }
  const kubernetes = service("pay", "kubernetes", { clusterIP: "172.20.0.2", ports: ports() });
  const all = resolved({ policyTypes: ["Egress"], egress: [{ to: [{ namespaceSelector: {} }] }] }, { services: [kubernetes] });
  assert.deepEqual(cidrs(all.egress), ["172.20.0.2"], "a Service without a selector is one that every selection of all pods takes in");
});
