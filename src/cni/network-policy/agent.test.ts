// What an agent puts in force on a pod (spec vpc-cni §8.2).
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AgentFacts, CONNTRACK, POD_STATE, podIdentity, podPrograms } from "./agent.ts";
import { judge } from "./judge.ts";
import type { Direction, Entry, PolicyEndpoint } from "./types.ts";

const agent: AgentFacts = { enforces: true, mode: "standard", modeSetting: "", nodeAddress: "10.0.0.1", family: 4, conntrack: CONNTRACK };
const api = { namespace: "shop", name: "api-7d9f-abcde", hostNetwork: false };
const endpoint = (policy: string, name: string, isolation: readonly Direction[], more: object): PolicyEndpoint => ({
  ...{ name, namespace: "shop" },
  spec: { policyRef: { name: policy, namespace: "shop" }, podIsolation: isolation, ...more },
});
const listing = [{ name: api.name, namespace: "shop", podIP: "10.0.1.1", hostIP: "10.0.0.1" }];
const entry = (cidr: string): Entry => ({ cidr });
const comes = (endpoints: readonly PolicyEndpoint[], peer: string, of: AgentFacts = agent) =>
  judge(podPrograms(api, of, endpoints), of, "Ingress", { peer, protocol: "tcp", port: 80 });

test("entries of all objects of a policy apply, whichever of them lists the pod", () => {
  const parts = [
    endpoint("allow", "allow-1", ["Ingress"], { ingress: [entry("10.0.1.2")] }),
    endpoint("allow", "allow-2", ["Ingress"], { ingress: [entry("10.0.1.3")], podSelectorEndpoints: listing }),
  ];
  const verdict = comes(parts, "10.0.1.2");
  assert.equal(verdict.because === "entry" && verdict.by.endpoint, "allow-1");
  assert.equal(comes(parts, "10.0.1.3").allowed, true);
  assert.equal(comes(parts, "10.0.1.4").allowed, false);
});

test("only policies that isolate in a direction have a say there", () => {
  const out = endpoint("out", "out-1", ["Egress"], { egress: [], ingress: [entry("10.0.1.9")], podSelectorEndpoints: listing });
  assert.deepEqual(comes([out], "10.0.1.2"), { allowed: true, because: "not isolated" });
  const deny = endpoint("deny", "deny-1", ["Ingress"], { podSelectorEndpoints: listing });
  assert.equal(comes([out, deny], "10.0.1.9").allowed, false, "rules of a policy that does not isolate are not rules");
  const other = endpoint("other", "other-1", ["Ingress"], { ingress: [entry("10.0.1.9")] });
  assert.equal(comes([deny, other], "10.0.1.9").allowed, false, "nor are those of a policy that does not select the pod");
});

test("a strict agent goes by the policies as soon as one is there, in both directions", () => {
  const strict: AgentFacts = { ...agent, mode: "strict" };
  assert.deepEqual(comes([], "10.0.1.2", strict), { allowed: false, because: "default" });
  const ingress = endpoint("allow", "allow-1", ["Ingress"], { ingress: [entry("10.0.1.2")], podSelectorEndpoints: listing });
  assert.equal(comes([ingress], "10.0.1.2", strict).allowed, true);
  const leaving = judge(podPrograms(api, strict, [ingress]), strict, "Egress", { peer: "192.0.2.1", protocol: "tcp", port: 80 });
  assert.deepEqual(leaving, { allowed: true, because: "not isolated" });
});

test("nothing is programmed by an agent that does not enforce, for host network pods, by another namespace's namesake", () => {
  const deny = endpoint("deny", "deny-1", ["Ingress"], { podSelectorEndpoints: listing });
  assert.equal(podPrograms(api, { ...agent, enforces: false, mode: "strict" }, [deny]), undefined);
  assert.equal(podPrograms({ ...api, hostNetwork: true }, agent, [deny]), undefined);
  assert.equal(podPrograms({ ...api, namespace: "pay" }, agent, [deny])?.state, POD_STATE.defaultAllow);
  assert.equal(podPrograms(api, agent, [deny])?.state, POD_STATE.policiesApplied);
});

test("the node's own address is always allowed, in any spelling", () => {
  const six: AgentFacts = { ...agent, family: 6, nodeAddress: "2001:db8::1" };
  const deny = endpoint("deny", "deny-1", ["Ingress"], { podSelectorEndpoints: listing });
  assert.equal(comes([deny], "2001:db8:0:0::1", six).allowed, true);
  assert.equal(comes([deny], "2001:db8::2", six).allowed, false);
  assert.equal(comes([deny], "10.0.0.1").allowed, true);
});

test("pods of a ReplicaSet share their maps", () => {
  assert.equal(podIdentity(api), "api-7d9f@shop");
  assert.equal(podIdentity({ namespace: "shop", name: "lone" }), "lone@shop");
});
