// What is said about network policies at one end of a connection.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AgentFacts, CONNTRACK } from "../network-policy/agent.ts";
import type { Direction, Entry } from "../network-policy/types.ts";
import { type PolicyEnd, policySteps } from "./network-policy.ts";

const AGENT: AgentFacts = {
  enforces: true,
  mode: "standard",
  modeSetting: "MODE=x",
  nodeAddress: "10.0.0.1",
  family: 4,
  conntrack: CONNTRACK,
};
const STRICT: AgentFacts = { ...AGENT, mode: "strict" };
const OFF: AgentFacts = { ...AGENT, enforces: false };
const pod = { namespace: "shop", name: "api-1", hostNetwork: false };
const podSelectorEndpoints = [{ name: "api-1", namespace: "shop", podIP: "10.0.1.1", hostIP: "10.0.0.1" }];
const programmed = (podIsolation: readonly Direction[], ingress: readonly Entry[] = []) => ({
  selecting: ["shop/allow"],
  endpoints: [
    {
      ...{ name: "allow-x1", namespace: "shop" },
      spec: { policyRef: { name: "allow", namespace: "shop" }, podIsolation, podSelectorEndpoints, ingress },
    },
  ],
});
const say = (
  change: Partial<PolicyEnd>,
  packet: { peer?: string; protocol?: string; port?: number } = {},
  direction: Direction = "Ingress",
) => {
  const end: PolicyEnd = { pod, node: "node-a", agent: AGENT, endpoints: [], selecting: [], outdated: [], isControlled: true, ...change };
  const steps = policySteps(end, direction, { peer: "10.0.1.9", protocol: "tcp", port: 80, ...packet });
  return steps.map(({ verdict, text }) => `${verdict}: ${text}`).join("\n");
};

test("where policies have no say, nothing is said", () => {
  for (const agent of [undefined, OFF, AGENT]) assert.equal(say({ agent }), "");
  assert.equal(say({ pod: { ...pod, hostNetwork: true }, agent: STRICT }), "");
});

test("policies that nobody enforces are worth a note, with what to do", () => {
  const selecting = ["shop/allow", "shop/deny"];
  assert.match(
    say({ selecting, agent: undefined }),
    /^warns: shop\/allow, shop\/deny select shop\/api-1, but no network policy agent runs on node-a/,
  );
  assert.match(say({ selecting, agent: OFF }), /^warns: .*set enableNetworkPolicy to "true" in the add-on's configuration$/);
  assert.match(say({ selecting, pod: { ...pod, hostNetwork: true } }), /^warns: .*pods on the host network are exempt$/);
});

test("before its policies are programmed a pod is open in standard mode and closed in strict mode", () => {
  const selecting = ["shop/allow"];
  const waiting = "shop/allow selects it, but no PolicyEndpoint lists it yet";
  assert.equal(say({ selecting }), `warns: node-a allows everything until policies are programmed (MODE=x): ${waiting}`);
  assert.match(say({ selecting, agent: STRICT }), new RegExp(`^fails: node-a denies everything .*${waiting}$`));
  assert.match(say({ agent: STRICT }), /^fails: .*write a policy that selects it and allows what it needs, DNS included$/);
  assert.match(say({ agent: STRICT }, { peer: "10.0.0.1" }), /^ok: 10\.0\.0\.1 is the address of node-a/);
});

test("an entry is named with its policy and object; so is what isolates", () => {
  const web: Entry = { cidr: "10.0.1.9", ports: [{ protocol: "TCP", port: 80 }] };
  const blocks: Entry = {
    cidr: "10.2.0.0/16",
    except: ["10.2.1.0/24"],
    ports: [{ protocol: "UDP" }, { protocol: "TCP", port: 1, endPort: 9 }],
  };
  const end = programmed(["Ingress"], [web, blocks]);
  assert.equal(say(end), "ok: policy shop/allow (PolicyEndpoint allow-x1) allows tcp 80 from 10.0.1.9: 10.0.1.9, TCP 80");
  const isolated = "fails: shop/api-1 is isolated for ingress by shop/allow (PolicyEndpoint allow-x1), and nothing there allows";
  assert.equal(
    say(end, { port: 81 }),
    `${isolated} tcp 81 from 10.0.1.9; entries for that address: policy shop/allow (PolicyEndpoint allow-x1): 10.0.1.9, TCP 80`,
  );
  assert.equal(say(end, { peer: "192.0.2.1", protocol: "icmp", port: 8 }), `${isolated} icmp 8 from 192.0.2.1`);
  assert.equal(
    say(end, { peer: "10.2.1.1" }),
    `${isolated} tcp 80 from 10.2.1.1; policy shop/allow (PolicyEndpoint allow-x1) leaves it out: 10.2.0.0/16 except 10.2.1.0/24, UDP all ports, TCP 1-9`,
  );
  assert.equal(say(end, {}, "Egress"), "ok: no policy isolates shop/api-1 for egress");
});

test("notes come before the verdict: objects that are behind, pods without a controller, blocks that do not fit", () => {
  const ports = Array.from({ length: 25 }, (_, i) => ({ protocol: "TCP", port: 8000 + i }));
  const end = programmed(["Ingress"], [{ cidr: "10.0.1.9", ports }]);
  const lines = say({ ...end, outdated: ["shop/allow"], isControlled: false }).split("\n");
  assert.deepEqual(
    lines.map((line) => line.split(":")[0]),
    ["warns", "warns", "warns", "fails"],
  );
  assert.match(lines[0]!, /PolicyEndpoints of shop\/allow are behind/);
  assert.match(lines[1]!, /10\.0\.1\.9\/32 needs 25 combinations/);
  assert.match(lines[2]!, /no controller/);
});
