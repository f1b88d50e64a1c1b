// The machinery under the controllers: queue, caches, events, quantities, selectors, resources of pods.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../src/base/clock.ts";
import { Activity } from "../../../src/kubernetes/runtime/activity.ts";
import { createEventRecorder } from "../../../src/kubernetes/runtime/events.ts";
import { scaled } from "../../../src/kubernetes/runtime/percent.ts";
import { podAmounts, portsConflict, qosClass } from "../../../src/kubernetes/runtime/pod-resources.ts";
import { formatQuantity, milli } from "../../../src/kubernetes/runtime/quantity.ts";
import { WorkQueue } from "../../../src/kubernetes/runtime/queue.ts";
import { compileSelector, matchesMap, selectorText } from "../../../src/kubernetes/runtime/selectors.ts";
import { Store } from "../../../src/kubernetes/runtime/store.ts";
import { goDuration } from "../../../src/kubernetes/runtime/time.ts";
import { untolerated } from "../../../src/kubernetes/runtime/tolerations.ts";
import { FakeKubeClient } from "../../support/fake-kube-client.ts";

test("a queue keeps a key once, and remembers one that is added while it is worked on", () => {
  const queue = new WorkQueue(new FakeClock());
  queue.add("a");
  queue.add("a");
  assert.equal(queue.take(), "a");
  queue.add("a");
  assert.equal(queue.take(), undefined, "never twice at the same time");
  queue.done("a");
  assert.equal(queue.take(), "a");
  queue.done("a");
  assert.equal(queue.busy, false);
});

test("delays: the earliest counts, retries double, forgetting starts over, closing cancels", async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue(clock, { base: 100, limit: 300 });
  queue.addAfter("a", 1000);
  queue.addAfter("a", 50);
  await clock.step(50);
  assert.equal(queue.take(), "a");
  queue.done("a");
  for (const delay of [100, 200, 300, 300]) {
    queue.retry("b");
    await clock.step(delay - 1);
    assert.equal(queue.take(), undefined, `${delay}`);
    await clock.step(1);
    assert.equal(queue.take(), "b");
    queue.done("b");
  }
  queue.forget("b");
  assert.equal(queue.retries("b"), 0);
  queue.addAfter("c", 10);
  queue.close();
  assert.equal(clock.pending, 0);
});

test("a cache follows the API, keeps indexes, sees its own writes, and does not bring back what was deleted", async () => {
  const client = new FakeKubeClient(new FakeClock());
  const store = new Store(client, "configmaps");
  store.index("team", (object) => [object.metadata.labels?.team ?? "none"]);
  const seen: string[] = [];
  store.subscribe(({ type, object }) => seen.push(`${type} ${object.metadata.name}`));
  const made = await client.create("configmaps", "default", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", labels: { team: "x" } },
  });
  assert.equal(store.by("team", "x").length, 1);
  const changed = await client.patch("configmaps", "default", "a", "merge", { metadata: { labels: { team: "y" } } });
  assert.deepEqual([store.by("team", "x").length, store.by("team", "y").length], [0, 1]);
  store.observe(made);
  assert.equal(store.get("default", "a")!.metadata.resourceVersion, changed.metadata.resourceVersion, "an older state is ignored");
  await client.delete("configmaps", "default", "a");
  store.observe(changed);
  assert.equal(store.get("default", "a"), undefined);
  assert.deepEqual(seen, ["ADDED a", "MODIFIED a", "DELETED a"]);
});

test("repeated events are counted, many similar ones combined, and a flood about one object is held back", async () => {
  const clock = new FakeClock();
  const client = new FakeKubeClient(clock);
  const activity = new Activity();
  const recorder = createEventRecorder({ client, clock, activity }, "tester");
  const about = { kind: "Pod", name: "p", namespace: "default", uid: "u" };
  for (let i = 0; i < 3; i++) recorder.event(about, "Normal", "Same", "again");
  await activity.idle();
  const [event] = client.list("events");
  assert.equal(client.list("events").length, 1);
  assert.equal(event!.count, 3);
  assert.match(event!.metadata.name, /^p\.[0-9a-f]{16}$/);
  for (let i = 0; i < 15; i++) recorder.event(about, "Normal", "Varied", `number ${i}`);
  await activity.idle();
  const varied = client.list("events").filter((each) => each.reason === "Varied");
  assert.equal(varied.length, 10);
  assert.equal(varied.at(-1)!.message, "(combined from similar events): number 14");
  const total = () => client.list("events").reduce((sum, each) => sum + each.count, 0);
  for (let i = 0; i < 50; i++) recorder.event(about, "Normal", "Flood", "x");
  await activity.idle();
  assert.equal(total(), 25, "a burst of 25 per object");
  await clock.step(300_000);
  recorder.event(about, "Normal", "Flood", "x");
  await activity.idle();
  assert.equal(total(), 26);
});

test("an event that is gone is told anew, and two containers of a pod have events of their own", async () => {
  const clock = new FakeClock();
  const client = new FakeKubeClient(clock);
  const activity = new Activity();
  const recorder = createEventRecorder({ client, clock, activity }, "tester");
  const about = { kind: "Pod", name: "p", namespace: "default", uid: "u" };
  const tell = async (fieldPath?: string) => {
    recorder.event(about, "Normal", "Started", "Started container", fieldPath);
    await activity.idle();
  };
  await tell();
  const [first] = client.list("events");
  await client.delete("events", "default", first!.metadata.name);
  await tell();
  assert.equal(client.list("events").length, 0, "the count of one that is gone is lost");
  await tell();
  await tell();
  assert.deepEqual(
    client.list("events").map(({ count }) => count),
    [2],
  );
  await tell("spec.containers{a}");
  await tell("spec.containers{b}");
  assert.equal(client.list("events").length, 3);
});

test("events about cluster-scoped objects live in the default namespace", async () => {
  const clock = new FakeClock();
  const client = new FakeKubeClient(clock);
  const activity = new Activity();
  createEventRecorder({ client, clock, activity }, "kubelet", "n1").event(
    { kind: "Node", name: "n1" },
    "Normal",
    "Starting",
    "Starting kubelet.",
  );
  await activity.idle();
  const [event] = client.list("events", { namespace: "default" });
  assert.deepEqual(event!.source, { component: "kubelet", host: "n1" });
});

for (const [text, value] of [
  ["100m", 100],
  ["1", 1000],
  ["1.5", 1500],
  ["1Ki", 1_024_000],
  ["8Gi", 8 * 2 ** 30 * 1000],
  ["1e3", 1_000_000],
  ["2k", 2_000_000],
  ["1n", 1],
  ["nonsense", 0],
] as const) {
  test(`${text} is ${value} thousandths`, () => assert.equal(milli(text), value));
}

for (const [resource, value, text] of [
  ["cpu", 1500, "1500m"],
  ["cpu", 2000, "2"],
  ["memory", 128 * 2 ** 20 * 1000, "128Mi"],
  ["requests.storage", 3 * 2 ** 30 * 1000, "3Gi"],
  ["pods", 0, "0"],
] as const) {
  test(`${value} thousandths of ${resource} are written ${text}`, () => assert.equal(formatQuantity(resource, value), text));
}

test("selectors: absent selects nothing, empty everything, expressions as documented", () => {
  assert.equal(compileSelector(undefined)({ a: "1" }), false);
  assert.equal(compileSelector({})({ a: "1" }), true);
  const expression = (operator: string, values?: string[]) =>
    compileSelector({ matchExpressions: [{ key: "a", operator, ...(values ? { values } : {}) }] });
  const judged = (operator: string, values?: string[]) =>
    [{ a: "1" }, { a: "2" }, undefined].map((labels) => expression(operator, values)(labels));
  assert.deepEqual(judged("In", ["1"]), [true, false, false]);
  assert.deepEqual(judged("NotIn", ["1"]), [false, true, true]);
  assert.deepEqual(judged("Exists"), [true, true, false]);
  assert.deepEqual(judged("DoesNotExist"), [false, false, true]);
  assert.deepEqual(judged("Invented"), [false, false, false]);
  assert.equal(matchesMap({}, { a: "1" }), false);
  assert.equal(
    selectorText({ matchLabels: { b: "1" }, matchExpressions: [{ key: "a", operator: "In", values: ["y", "x"] }] }),
    "a in (x,y),b=1",
  );
});

for (const [value, total, round, expected] of [
  ["25%", 10, "up", 3],
  ["25%", 10, "down", 2],
  [4, 10, "up", 4],
  ["x", 10, "up", 0],
] as const) {
  test(`${value} of ${total} rounded ${round} is ${expected}`, () => assert.equal(scaled(value, total, round), expected));
}

const asks = (cpu: string, more: object = {}) => ({ resources: { requests: { cpu } }, ...more });

test("a pod asks for the larger of its containers with sidecars and any init step, plus overhead", () => {
  const spec = {
    containers: [asks("1"), asks("500m")],
    initContainers: [asks("200m", { restartPolicy: "Always" }), asks("3")],
    overhead: { cpu: "100m" },
  };
  assert.equal(podAmounts({ spec }).cpu, 3300);
  assert.equal(podAmounts({ spec: { ...spec, initContainers: spec.initContainers.slice(0, 1) } }).cpu, 1800);
  assert.equal(
    podAmounts({ spec: { containers: [{ resources: { limits: { cpu: "2" } } }] } }).cpu,
    2000,
    "limits are the requests that are not given",
  );
});

for (const [what, resources, expected] of [
  ["nothing", {}, "BestEffort"],
  ["a request", { requests: { cpu: "1" } }, "Burstable"],
  ["equal requests and limits", { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } }, "Guaranteed"],
  ["limits alone", { limits: { cpu: "1", memory: "1Gi" } }, "Guaranteed"],
  ["one limit", { limits: { cpu: "1" } }, "Burstable"],
] as const) {
  test(`quality of service with ${what}`, () => assert.equal(qosClass({ spec: { containers: [{ resources }] } } as never), expected));
}

test("host ports exclude each other by protocol, port and address", () => {
  assert.equal(portsConflict("TCP/0.0.0.0/80", "TCP/10.0.0.1/80"), true);
  assert.equal(portsConflict("TCP/10.0.0.2/80", "TCP/10.0.0.1/80"), false);
  assert.equal(portsConflict("TCP/0.0.0.0/80", "UDP/0.0.0.0/80"), false);
});

test("tolerations cover taints by key, value, effect and operator", () => {
  const taint = { key: "k", value: "v", effect: "NoSchedule" };
  const covered = (toleration: object) => untolerated([taint], [toleration], ["NoSchedule"]) === undefined;
  assert.equal(covered({ operator: "Exists" }), true);
  assert.equal(covered({ key: "k", operator: "Exists" }), true);
  assert.equal(covered({ key: "k", value: "v", effect: "NoSchedule" }), true);
  assert.equal(covered({ key: "k", value: "w" }), false);
  assert.equal(covered({ key: "k", operator: "Exists", effect: "NoExecute" }), false);
  assert.equal(covered({ value: "v" }), false, "an empty key needs Exists");
});

test("durations as Go prints them", () => assert.deepEqual([40, 100, 3600].map(goDuration), ["40s", "1m40s", "1h0m0s"]));
