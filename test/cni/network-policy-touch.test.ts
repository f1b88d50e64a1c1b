// Which policies a change concerns: computing too many again is waste, too few is a hole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changesPolicies, concernsNamespace, concernsPod, concernsServices } from "../../src/cni/network-policy/touch.ts";
import { namespace, pod, policy } from "./policy-world.ts";

const shop = namespace("shop", { team: "red" });
const pay = namespace("pay", { team: "blue" });
const api = (ns: string) => pod(ns, "api-1", { labels: { app: "api" }, ip: "10.0.1.1" });
const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } });

test("pods: selected ones, and peers in the namespaces that are meant", () => {
  const selecting = policy("shop", "p", app("api"));
  assert.equal(concernsPod(selecting, api("shop"), shop), true);
  assert.equal(concernsPod(selecting, api("pay"), pay), false);
  const peers = policy("shop", "p", {
    ...app("other"),
    ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "blue" } }, ...app("api") }] }],
  });
  assert.equal(concernsPod(peers, api("pay"), pay), true);
  assert.equal(concernsPod(peers, api("shop"), shop), false);
  assert.equal(concernsPod(policy("shop", "p", { ...app("other"), egress: [{ to: [app("api")] }] }), api("shop"), shop), true);
  assert.equal(
    concernsPod(policy("shop", "p", { ...app("other"), egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] }), api("shop"), shop),
    false,
  );
});

test("namespaces and Services", () => {
  const blue = policy("shop", "p", { ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "blue" } } }] }] });
  assert.deepEqual([concernsNamespace(blue, pay), concernsNamespace(blue, shop)], [true, false]);
  assert.equal(concernsNamespace(policy("shop", "p", { ingress: [{ from: [app("api")] }] }), shop), false);
  assert.equal(concernsServices(blue), false);
  assert.equal(concernsServices(policy("shop", "p", { egress: [{ to: [app("api")] }] })), true);
  assert.equal(concernsServices(policy("shop", "p", { egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }, {}] })), false);
});

test("changes of pods: address, labels, an end; nothing else", () => {
  const before = pod("shop", "api-1", { labels: { app: "api", tier: "1" }, ip: "10.0.1.1" });
  const table: [object, boolean][] = [
    [{ labels: { tier: "1", app: "api" }, ip: "10.0.1.1" }, false],
    [{ labels: { app: "api" }, ip: "10.0.1.1" }, true],
    [{ labels: { app: "api", tier: "1" }, ip: "10.0.1.2" }, true],
    [{ labels: { app: "api", tier: "1" } }, true],
    [{ labels: { app: "api", tier: "1" }, ip: "10.0.1.1", phase: "Succeeded" }, true],
    [{ labels: { app: "api", tier: "1" }, ip: "10.0.1.1", phase: "Pending" }, false],
  ];
  for (const [options, wanted] of table)
    assert.equal(changesPolicies(before, pod("shop", "api-1", options)), wanted, JSON.stringify(options));
});
