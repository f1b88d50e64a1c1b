// What writers of namespaces, configuration, limits and quotas are told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "../server-support.ts";
import { testChanges, testCreations } from "../validation.ts";
import { configChanges, configCreations } from "./config-cases.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

testCreations(() => api, configCreations);
testChanges(() => api, configChanges);

const namespaces = "/api/v1/namespaces";
const merge = { "content-type": "application/merge-patch+json" };

test("a namespace keeps its finalizers and its name's label, whatever is written", async () => {
  const made = await api.call("POST", namespaces, "admin", {
    metadata: { name: "kept", labels: { "kubernetes.io/metadata.name": "other", a: "b" } },
    spec: { finalizers: ["example.com/hold"] },
  });
  const labels = { "kubernetes.io/metadata.name": "kept", a: "b" };
  assert.deepEqual([made.json.metadata.labels, made.json.spec.finalizers], [labels, ["example.com/hold", "kubernetes"]]);
  const changed = await api.call(
    "PATCH",
    `${namespaces}/kept`,
    "admin",
    { metadata: { labels: { "kubernetes.io/metadata.name": "x" } }, spec: { finalizers: ["q"] } },
    merge,
  );
  assert.equal(changed.status, 200, changed.text);
  assert.deepEqual([changed.json.metadata.labels, changed.json.spec.finalizers], [labels, ["example.com/hold", "kubernetes"]]);
});

test("finalizers of a namespace are written through their own path", async () => {
  await api.call("POST", namespaces, "admin", { metadata: { name: "held" } });
  const finalize = (finalizers: string[]) =>
    api.call("PUT", `${namespaces}/held/finalize`, "admin", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "held" },
      spec: { finalizers },
    });
  const refused = await finalize(["kubernetes", "q"]);
  const why = 'spec.finalizers[1]: Invalid value: "q": name is neither a standard finalizer name nor is it fully qualified';
  assert.deepEqual([refused.status, refused.json.message], [422, `Namespace "held" is invalid: ${why}`]);
  assert.deepEqual((await finalize(["example.com/q"])).json.spec.finalizers, ["example.com/q"]);
});

const phases: [phase: string, status: number][] = [
  ["Active", 200],
  ["Terminating", 422],
  ["Odd", 422],
];
for (const [phase, code] of phases) {
  test(`a namespace that lives ${code === 200 ? "may" : "may not"} be said to be ${phase}`, async () => {
    const answer = await api.call("PATCH", `${namespaces}/default/status`, "admin", { status: { phase } }, merge);
    assert.equal(answer.status, code, answer.text);
    const text = `Namespace "default" is invalid: status.Phase: Invalid value: "${phase}": may only be 'Active' if \`deletionTimestamp\` is empty`;
    if (code === 422) assert.equal(answer.json.message, text);
  });
}

test("what a quota's status says is checked as its spec is", async () => {
  const quotas = "/api/v1/namespaces/default/resourcequotas";
  await api.call("POST", quotas, "admin", { metadata: { name: "q" }, spec: { hard: { pods: "1" } } });
  const answer = await api.call("PATCH", `${quotas}/q/status`, "admin", { status: { used: { pods: "-1" } } }, merge);
  const why = 'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0';
  assert.deepEqual([answer.status, answer.json.message], [422, `ResourceQuota "q" is invalid: ${why}`]);
});

test("numbers of a disruption budget's status are not negative", async () => {
  const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  await api.call("POST", budgets, "admin", { metadata: { name: "b" }, spec: { minAvailable: 1 } });
  const status = { disruptionsAllowed: 0, currentHealthy: -1, desiredHealthy: 1, expectedPods: -2 };
  const answer = await api.call("PATCH", `${budgets}/b/status`, "admin", { status }, merge);
  const wrong = (member: string, value: number) => `status.${member}: Invalid value: ${value}: must be greater than or equal to 0`;
  const why = `[${wrong("currentHealthy", -1)}, ${wrong("expectedPods", -2)}]`;
  assert.deepEqual([answer.status, answer.json.message], [422, `PodDisruptionBudget.policy "b" is invalid: ${why}`]);
});
