// Conformance cases of network policies and the vpc-cni add-on (spec vpc-cni §11 O).
import assert from "node:assert/strict";
import { after, before } from "node:test";
import {
  CreateAddonCommand,
  DescribeAddonCommand,
  DescribeUpdateCommand,
  type ResolveConflicts,
  UpdateAddonCommand,
} from "@aws-sdk/client-eks";
import { policySteps } from "../../src/cni/explain/network-policy.ts";
import { type Mode, POD_STATE, podPrograms } from "../../src/cni/network-policy/agent.ts";
import { pack } from "../../src/cni/network-policy/pack.ts";
import { resolvePolicy } from "../../src/cni/network-policy/resolve.ts";
import { findAddon } from "../../src/services/eks/addons/catalogue.ts";
import { checkStep } from "../../src/services/eks/addons/rules.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";
import { conformance } from "./conformance.ts";
import { agentOn, agentPod, endpointsOf, namespace, passes, pod, policy, service, verdicts, viewOf, type World } from "./policy-world.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ nodes: 1 });
});
after(() => scenario?.test.close());

const kube = () => scenario.test.atoll.clusters.kube(`${ACCOUNT}/${REGION}/main`)!;
const addon = { clusterName: "main", addonName: "vpc-cni" };
const daemonSet = () => kube().get("daemonsets.apps", "kube-system", "aws-node")!;
const environment = (name: string): string | undefined =>
  daemonSet().spec.template.spec.containers[0].env.find((each: { name: string }) => each.name === name)?.value;

/** Updates the add-on and waits for the end. */
async function update(resolveConflicts: ResolveConflicts | undefined, configuration?: object) {
  const { eks } = scenario.test.clients;
  const configurationValues = configuration && JSON.stringify(configuration);
  const input = { ...addon, ...(resolveConflicts && { resolveConflicts }), ...(configurationValues && { configurationValues }) };
  const { update: begun } = await eks.send(new UpdateAddonCommand(input));
  return eventually("end of the update", async () => {
    const { update: now } = await eks.send(new DescribeUpdateCommand({ name: "main", addonName: "vpc-cni", updateId: begun!.id }));
    return now?.status !== "InProgress" && now;
  });
}

const web = (labels: Record<string, string>) => ({ podSelector: { matchLabels: labels } });
const shop = namespace("shop");
const world = (...rest: Partial<World>[]): World => ({ namespaces: [shop], pods: [], policies: [], ...Object.assign({}, ...rest) });

/** A pod that no policy selects, a host network pod and the addresses around them. */
function withoutPolicies(mode: Mode) {
  const lone = pod("shop", "lone-1", { ip: "10.0.1.1", hostIP: "10.0.0.1" });
  const other = pod("shop", "other-1", { ip: "10.0.1.2", hostIP: "10.0.0.2" });
  const host = pod("shop", "host-1", { ip: "10.0.0.2", hostIP: "10.0.0.2", hostNetwork: true });
  const may = (from: typeof lone | string, to: typeof lone | string) => verdicts([], { from, to, port: 80 }, mode);
  return { lone, other, host, may };
}

conformance("O", {
  "O1 a policy selecting 450 peers: three PolicyEndpoints of at most 200": () => {
    const pods = Array.from({ length: 450 }, (_, i) =>
      pod("shop", `web-${i}`, { labels: { app: "web" }, ip: `10.0.${1 + (i >> 8)}.${i & 255}` }),
    );
    const from450 = policy("shop", "from", { ingress: [{ from: [web({ app: "web" })] }], ...web({ app: "api" }) });
    const { create } = pack(resolvePolicy(from450, viewOf(world({ pods }))), []);
    assert.deepEqual(
      create.map(({ ingress }) => ingress.length),
      [200, 200, 50],
    );
    assert.equal(new Set(create.flatMap(({ ingress }) => ingress.map(({ cidr }) => cidr))).size, 450);
  },

  "O2 ingress from absent: all of both families": () => {
    const view = viewOf(world());
    const open = policy("shop", "open", { ingress: [{}] });
    assert.deepEqual(resolvePolicy(open, view).ingress, [{ cidr: "0.0.0.0/0" }, { cidr: "::/0" }]);
    const port = policy("shop", "port", { ingress: [{ ports: [{ protocol: "TCP", port: 80 }] }] });
    const ports = [{ protocol: "TCP", port: 80 }];
    assert.deepEqual(resolvePolicy(port, view).ingress, [
      { cidr: "0.0.0.0/0", ports },
      { cidr: "::/0", ports },
    ]);
    assert.deepEqual(resolvePolicy(policy("shop", "none", { ingress: [] }), view).ingress, [], "no rule admits nobody");
  },

  "O3 egress to pods behind a ClusterIP service: pods' addresses and the Service's": () => {
    const pods = [
      pod("shop", "db-1", { labels: { app: "db" }, ip: "10.0.1.1" }),
      pod("shop", "db-2", { labels: { app: "db" }, ip: "10.0.1.2" }),
    ];
    const selector = { app: "db" };
    const services = [
      service("shop", "db", { clusterIP: "172.20.0.9", selector, ports: [{ port: 5432, targetPort: 5432, protocol: "TCP" }] }),
      service("shop", "db-headless", { clusterIP: "None", selector, ports: [{ port: 5432, targetPort: 5432, protocol: "TCP" }] }),
      service("shop", "web", { clusterIP: "172.20.0.10", selector: { app: "web" }, ports: [{ port: 80, protocol: "TCP" }] }),
    ];
    const ports = [{ protocol: "TCP", port: 5432 }];
    const toDb = policy("shop", "to-db", { policyTypes: ["Egress"], egress: [{ to: [web({ app: "db" })], ports }] });
    assert.deepEqual(
      resolvePolicy(toDb, viewOf(world({ pods, services }))).egress,
      ["10.0.1.1", "10.0.1.2", "172.20.0.9"].map((cidr) => ({ cidr, ports })),
    );
  },

  "O4 strict mode, no policy: denied both ways except node traffic; host network unaffected": () => {
    const { lone, other, host, may } = withoutPolicies("strict");
    assert.deepEqual([may(lone, other).egress?.allowed, may(other, lone).ingress?.allowed], [false, false]);
    assert.equal(may(lone, "192.0.2.1").egress?.allowed, false);
    assert.deepEqual(may("10.0.0.1", lone).ingress, { allowed: true, because: "own node" });
    assert.equal(may("10.0.0.2", lone).ingress?.allowed, false, "another node is nobody special");
    assert.equal(may(lone, "10.0.0.1").egress?.allowed, true);
    assert.deepEqual(may(host, "192.0.2.1").egress, { allowed: true, because: "not enforced" });
    assert.equal(may("192.0.2.1", host).ingress?.allowed, true);
    assert.equal(podPrograms(agentPod(lone), agentOn("10.0.0.1", "strict"), [])?.state, POD_STATE.defaultDeny);
  },

  "O5 standard mode, no policy: allowed": () => {
    const { lone, other, may } = withoutPolicies("standard");
    for (const verdict of [may(lone, other).egress, may(other, lone).ingress, may(lone, "192.0.2.1").egress])
      assert.equal(verdict?.allowed, true);
    assert.equal(podPrograms(agentPod(lone), agentOn("10.0.0.1", "standard"), [])?.state, POD_STATE.defaultAllow);
  },

  "O6 25 combinations of port and protocol: not programmed, and a warning; 24 are": () => {
    const api = pod("shop", "api-1", { labels: { app: "api" }, ip: "10.0.1.1" });
    const peer = pod("shop", "web-1", { labels: { app: "web" }, ip: "10.0.1.2" });
    const judged = (count: number) => {
      const ports = Array.from({ length: count }, (_, i) => ({ protocol: "TCP", port: 8000 + i }));
      const many = policy("shop", "many", { ...web({ app: "api" }), ingress: [{ from: [web({ app: "web" })], ports }] });
      const endpoints = endpointsOf(world({ pods: [api, peer], policies: [many] }));
      const agent = agentOn("10.0.0.1", "standard");
      const end = { pod: agentPod(api), node: "node", agent, endpoints, selecting: ["shop/many"], outdated: [], isControlled: true };
      const steps = policySteps(end, "Ingress", { peer: "10.0.1.2", protocol: "tcp", port: 8000 });
      return steps.map(({ verdict, text }) => [verdict, /at most 24: the block is not programmed/.test(text)]);
    };
    assert.deepEqual(judged(24), [["ok", false]]);
    assert.deepEqual(judged(25), [
      ["warns", true],
      ["fails", false],
    ]);
  },

  "O7 the stars demonstration: all denied, then ui to client, frontend to backend, client to frontend": () => {
    const roles = { ui: "management-ui", client: "client", frontend: "stars", backend: "stars" };
    const pods = Object.entries(roles).map(([role, ns], i) => pod(ns, `${role}-1`, { labels: { role }, ip: `10.0.1.${i + 1}` }));
    const namespaces = [...new Set(Object.values(roles))].map((name) => namespace(name, { role: name }));
    const at = (role: string) => pods.find(({ metadata }) => metadata.labels?.role === role)!;
    const matrix = (policies: World["policies"]) => {
      const endpoints = endpointsOf({ namespaces, pods, policies });
      const names = Object.keys(roles);
      const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const));
      return pairs.filter(([from, to]) => passes(endpoints, { from: at(from), to: at(to), port: 6379 })).map((pair) => pair.join(" to "));
    };
    const denied = ["client", "stars"].map((ns) => policy(ns, "default-deny", {}));
    const ui = ["client", "stars"].map((ns) =>
      policy(ns, "allow-ui", { ingress: [{ from: [{ namespaceSelector: { matchLabels: { role: "management-ui" } } }] }] }),
    );
    const ports = [{ protocol: "TCP", port: 6379 }];
    const backend = policy("stars", "backend-policy", {
      ...web({ role: "backend" }),
      ingress: [{ from: [web({ role: "frontend" })], ports }],
    });
    const fromClient = [{ namespaceSelector: { matchLabels: { role: "client" } } }];
    const frontend = policy("stars", "frontend-policy", { ...web({ role: "frontend" }), ingress: [{ from: fromClient, ports }] });
    const toUi = ["client to ui", "frontend to ui", "backend to ui"];
    assert.deepEqual(matrix(denied).sort(), [...toUi].sort());
    const fromUi = ["ui to client", "ui to frontend", "ui to backend"];
    assert.deepEqual(matrix([...denied, ...ui]).sort(), [...toUi, ...fromUi].sort());
    assert.deepEqual(matrix([...denied, ...ui, backend]).sort(), [...toUi, ...fromUi, "frontend to backend"].sort());
    const all = [...toUi, ...fromUi, "frontend to backend", "client to frontend"];
    assert.deepEqual(matrix([...denied, ...ui, backend, frontend]).sort(), all.sort());
  },

  "O8 on the rule alone, for no version before v1.13.0 is offered: 1.6.x to 1.12.x is refused, each minor version in turn is not": () => {
    const facts = findAddon("vpc-cni")!;
    const step = (from: number, to: number, enforced = true) =>
      checkStep(facts, `v1.${from}.3-eksbuild.1`, `v1.${to}.0-eksbuild.1`, enforced, { clusterName: "main", addonName: "vpc-cni" });
    assert.throws(() => step(6, 12), {
      code: "InvalidParameterException",
      message: "Updating VPC-CNI can only go up or down 1 minor version at a time",
    });
    assert.throws(() => step(7, 12));
    assert.throws(() => step(12, 10));
    for (let minor = 6; minor < 12; minor++) step(minor, minor + 1);
    step(7, 6);
    step(6, 12, false);
  },

  "O9 a key the schema does not know, a boolean instead of a string": async () => {
    const { eks } = scenario.test.clients;
    const create = (values: string) =>
      eks.send(new CreateAddonCommand({ ...addon, addonVersion: "v1.20.4-eksbuild.1", configurationValues: values }));
    await assert.rejects(create('{"env":{"WARM_TARGET":"1"}}'), {
      name: "InvalidParameterException",
      message: /\[\$\.env\.WARM_TARGET: is not defined in the schema and the schema does not allow additional properties\]/,
    });
    await assert.rejects(create("enableNetworkPolicy: true"), {
      name: "InvalidParameterException",
      message: /boolean found, string expected/,
    });
  },

  "O10 enableNetworkPolicy: the ConfigMap's key and the agent's flag": async () => {
    const configuration = {
      enableNetworkPolicy: "true",
      nodeAgent: { healthProbeBindAddr: "8173", metricsBindAddr: "8172", conntrackCacheCleanupPeriod: 60, enablePolicyEventLogs: "true" },
      env: { NETWORK_POLICY_ENFORCING_MODE: "strict" },
    };
    const { eks } = scenario.test.clients;
    const configurationValues = JSON.stringify(configuration);
    await eks.send(
      new CreateAddonCommand({ ...addon, addonVersion: "v1.20.4-eksbuild.1", configurationValues, resolveConflicts: "OVERWRITE" }),
    );
    await eventually("the add-on", async () => (await eks.send(new DescribeAddonCommand(addon))).addon?.status === "ACTIVE");
    assert.equal(kube().get("configmaps", "kube-system", "amazon-vpc-cni")!.data["enable-network-policy-controller"], "true");
    const { args } = daemonSet().spec.template.spec.containers[1];
    for (const flag of [
      "enable-network-policy=true",
      "enable-policy-event-logs=true",
      "metrics-bind-addr=:8172",
      "health-probe-bind-addr=:8173",
    ])
      assert.ok(args.includes(`--${flag}`), `${flag} in ${args}`);
    assert.ok(args.includes("--conntrack-cache-cleanup-period=60"));
    assert.equal(environment("NETWORK_POLICY_ENFORCING_MODE"), "strict");
    await update("OVERWRITE", {});
    assert.equal(kube().get("configmaps", "kube-system", "amazon-vpc-cni")!.data["enable-network-policy-controller"], "false");
    assert.equal(environment("NETWORK_POLICY_ENFORCING_MODE"), "standard");
  },

  "O11 kubectl set env on a managed field: NONE is a conflict, PRESERVE keeps, OVERWRITE resets": async () => {
    const set = async (value: string) => {
      const containers = [{ name: "aws-node", env: [{ name: "WARM_ENI_TARGET", value }] }];
      const body = { spec: { template: { spec: { containers } } } };
      await kube().patch("daemonsets.apps", "kube-system", "aws-node", "strategic", body, { fieldManager: "kubectl-set" });
    };
    await set("3");
    const refused = await update("NONE");
    assert.deepEqual([refused.status, refused.errors?.[0]?.errorCode], ["Failed", "ConfigurationConflict"]);
    assert.match(refused.errors?.[0]?.errorMessage ?? "", /DaemonSet.* aws-node - .*WARM_ENI_TARGET/);
    assert.equal(environment("WARM_ENI_TARGET"), "3");
    assert.equal((await update("PRESERVE")).status, "Successful");
    assert.equal(environment("WARM_ENI_TARGET"), "3");
    assert.equal((await update("OVERWRITE")).status, "Successful");
    assert.equal(environment("WARM_ENI_TARGET"), "1");
  },

  "O12 aws-node does not run on Fargate, hybrid and auto nodes": async () => {
    const labels = { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" };
    const types = { "plain-node": undefined, "fargate-node": "fargate", "hybrid-node": "hybrid", "auto-node": "auto" };
    for (const [name, type] of Object.entries(types)) {
      const marks = { ...labels, "kubernetes.io/hostname": name, ...(type && { "eks.amazonaws.com/compute-type": type }) };
      await kube().create("nodes", "", { apiVersion: "v1", kind: "Node", metadata: { name, labels: marks } });
    }
    const on = (name: string) =>
      kube()
        .list("pods", { namespace: "kube-system", labelSelector: "k8s-app=aws-node" })
        .filter(({ spec }) => JSON.stringify(spec.affinity).includes(`"${name}"`));
    await eventually("aws-node for the plain node", async () => on("plain-node").length === 1);
    assert.deepEqual(["fargate-node", "hybrid-node", "auto-node"].flatMap(on), []);
  },
});
