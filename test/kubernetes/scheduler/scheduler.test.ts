// Placement of pods: what keeps them off nodes, in kube-scheduler's words, and what brings them there.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { NewObject } from "../../../src/kubernetes/api/object.ts";
import { findCondition } from "../../../src/kubernetes/runtime/conditions.ts";
import { enoughNodes } from "../../../src/kubernetes/scheduler/fit.ts";
import { FakeCluster } from "../../support/fake-cluster.ts";
import { failure } from "../../support/fake-kube-client.ts";
import { asking, FakeNodes, node, pod } from "../../support/fake-node.ts";

async function setup(t: TestContext, objects: NewObject[] = []) {
  const c = new FakeCluster();
  const nodes = new FakeNodes(c);
  t.after(() => {
    nodes.close();
    c.close();
  });
  const make = async (...list: NewObject[]) => {
    for (const object of list)
      await c.create(object.kind === "Node" ? "nodes" : object.kind === "Pod" ? "pods" : "persistentvolumeclaims", object);
    await nodes.settle();
  };
  await make(...objects);
  const where = (name: string) => c.client.get("pods", "default", name)!.spec.nodeName as string | undefined;
  const why = (name: string) => findCondition(c.client.get("pods", "default", name)!.status.conditions, "PodScheduled")?.message;
  return { c, nodes, make, where, why, client: c.client };
}

const hostPort = (port: number) => ({ containers: [{ name: "main", image: "i", ports: [{ containerPort: 80, hostPort: port }] }] });
const taint = { key: "dedicated", value: "gpu", effect: "NoSchedule" };
const app = (name: string) => ({ labels: { app: name } });
const selector = (name: string) => ({ labelSelector: { matchLabels: { app: name } } });
const avoid = (name: string, topologyKey = "kubernetes.io/hostname") => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...selector(name), topologyKey }] } },
});
const join = (name: string, topologyKey = "zone") => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...selector(name), topologyKey }] } },
});
const spread = (name: string, whenUnsatisfiable = "DoNotSchedule") => ({
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable, ...selector(name) }],
});
const zone = (name: string, value: string) => node(name, { labels: { zone: value } });
const helpless = (count: number, total = count) =>
  ` preemption: 0/${total} nodes are available: ${count} Preemption is not helpful for scheduling.`;
const noVictims = (count: number, total = count) =>
  ` preemption: 0/${total} nodes are available: ${count} No preemption victims found for incoming pod.`;

const refusals: [what: string, objects: NewObject[], pod: NewObject, message: string][] = [
  ["no nodes", [], pod("p"), "no nodes available to schedule pods"],
  ["cordoned", [node("a", { unschedulable: true })], pod("p"), `0/1 nodes are available: 1 node(s) were unschedulable.${helpless(1)}`],
  ["tainted", [node("a", { taints: [taint] })], pod("p"), `0/1 nodes are available: 1 node(s) had untolerated taint(s).${helpless(1)}`],
  [
    "taint without value",
    [node("a", { taints: [{ key: "k", effect: "NoExecute" }] })],
    pod("p"),
    `0/1 nodes are available: 1 node(s) had untolerated taint(s).${helpless(1)}`,
  ],
  [
    "selector",
    [node("a")],
    pod("p", { nodeSelector: { disk: "ssd" } }),
    `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.${helpless(1)}`,
  ],
  ["too large for any node", [node("a")], pod("p", asking("3")), `0/1 nodes are available: 1 Insufficient cpu.${helpless(1)}`],
  [
    "cpu taken",
    [node("a"), pod("q", asking("1500m"))],
    pod("p", asking("1")),
    `0/1 nodes are available: 1 Insufficient cpu.${noVictims(1)}`,
  ],
  [
    "cpu and memory",
    [node("a")],
    pod("p", asking("3", "9Gi")),
    `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.${helpless(1)}`,
  ],
  [
    "extended resource",
    [node("a")],
    pod("p", asking("1", "1Mi", { "vpc.amazonaws.com/pod-eni": "1" })),
    `0/1 nodes are available: 1 Insufficient vpc.amazonaws.com/pod-eni.${helpless(1)}`,
  ],
  [
    "pod slots",
    [node("a", { allocatable: { pods: "1" } }), pod("q")],
    pod("p"),
    `0/1 nodes are available: 1 Too many pods.${noVictims(1)}`,
  ],
  [
    "host port",
    [node("a"), pod("q", hostPort(80))],
    pod("p", hostPort(80)),
    `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.${noVictims(1)}`,
  ],
  [
    "anti-affinity",
    [node("a"), pod("q", {}, app("x"))],
    pod("p", avoid("x")),
    `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.${noVictims(1)}`,
  ],
  [
    "repelled",
    [node("a"), pod("q", avoid("x"))],
    pod("p", {}, app("x")),
    `0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.${noVictims(1)}`,
  ],
  ["affinity", [zone("a", "1")], pod("p", join("x")), `0/1 nodes are available: 1 node(s) didn't match pod affinity rules.${helpless(1)}`],
  [
    "spread without label",
    [node("a")],
    pod("p", spread("p"), app("p")),
    `0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).${helpless(1)}`,
  ],
  [
    "missing claim",
    [node("a")],
    pod("p", { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] }),
    `0/1 nodes are available: persistentvolumeclaim "data" not found.${helpless(1)}`,
  ],
  [
    "several nodes, several reasons, sorted as text",
    [node("a", { taints: [taint] }), node("b", { allocatable: { cpu: "100m" } }), node("c", { unschedulable: true })],
    pod("p", asking("1")),
    `0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.${helpless(3)}`,
  ],
];

for (const [what, objects, refused, message] of refusals) {
  test(`unschedulable: ${what}`, async (t) => {
    const { make, where, why, c } = await setup(t, objects);
    await make(refused);
    assert.equal(where("p"), undefined);
    assert.equal(why("p"), message);
    assert.deepEqual(c.events("p"), [`FailedScheduling: ${message}`]);
    const condition = findCondition(c.client.get("pods", "default", "p")!.status.conditions, "PodScheduled")!;
    assert.deepEqual([condition.status, condition.reason], ["False", "Unschedulable"]);
  });
}

const placements: [what: string, objects: NewObject[], pod: NewObject, node: string][] = [
  ["the emptier node", [node("a"), node("b"), pod("q", { ...asking("1"), nodeName: "a" })], pod("p", asking("500m")), "b"],
  [
    "the node that is named by affinity",
    [node("a"), node("b")],
    pod("p", {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["b"] }] }],
          },
        },
      },
    }),
    "b",
  ],
  [
    "a tolerated taint",
    [node("a", { taints: [taint] })],
    pod("p", { tolerations: [{ key: "dedicated", operator: "Equal", value: "gpu", effect: "NoSchedule" }] }),
    "a",
  ],
  [
    "the preferred node",
    [node("a"), node("b", { labels: { disk: "ssd" } })],
    pod("p", {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 100, preference: { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] } },
          ],
        },
      },
    }),
    "b",
  ],
  ["not the softly tainted node", [node("a", { taints: [{ key: "k", effect: "PreferNoSchedule" }] }), node("b")], pod("p"), "b"],
  ["the zone of its companion", [zone("a", "1"), zone("b", "2"), pod("q", { nodeName: "b" }, app("x"))], pod("p", join("x")), "b"],
  ["the first of a group that attracts itself", [zone("a", "1")], pod("p", join("p"), app("p")), "a"],
  [
    "the zone with fewer of its kind",
    [zone("a", "1"), zone("b", "2"), pod("q", { nodeName: "a" }, app("p"))],
    pod("p", spread("p"), app("p")),
    "b",
  ],
  [
    "the other zone, softly",
    [zone("a", "1"), zone("b", "2"), pod("q", { nodeName: "a" }, app("p"))],
    pod("p", spread("p", "ScheduleAnyway"), app("p")),
    "b",
  ],
  [
    "a cordoned node for one who tolerates it",
    [node("a", { unschedulable: true })],
    pod("p", { tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }] }),
    "a",
  ],
];

for (const [what, objects, placed, expected] of placements) {
  test(`placed on ${what}`, async (t) => {
    const { make, where, c } = await setup(t, objects);
    await make(placed);
    assert.equal(where("p"), expected);
    assert.deepEqual(c.events("p"), [`Scheduled: Successfully assigned default/p to ${expected}`]);
    assert.equal(findCondition(c.client.get("pods", "default", "p")!.status.conditions, "PodScheduled")!.status, "True");
  });
}

test("waiting pods are placed when a node comes, a pod leaves, or a taint goes", async (t) => {
  const { make, where, client, nodes } = await setup(t);
  await make(pod("p", asking("1500m")), pod("q", asking("1500m")));
  await make(node("a"));
  const placed = ["p", "q"].filter((name) => where(name));
  assert.equal(placed.length, 1);
  await client.delete("pods", "default", placed[0]!, { gracePeriodSeconds: 0 });
  await nodes.settle();
  assert.equal(where(placed[0] === "p" ? "q" : "p"), "a");
  await make(node("b", { taints: [taint] }), pod("r", asking("1")));
  assert.equal(where("r"), undefined);
  await client.patch("nodes", "", "b", "merge", { spec: { taints: null } });
  await nodes.settle();
  assert.equal(where("r"), "b");
});

test("a heartbeat of a node does not try waiting pods again", async (t) => {
  const { make, client, nodes, c } = await setup(t, [node("a")]);
  await make(pod("p", asking("9")));
  await client.patch(
    "nodes",
    "",
    "a",
    "strategic",
    { status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: "x" }] } },
    { subresource: "status" },
  );
  await nodes.settle();
  assert.equal(
    c.client
      .list("events")
      .filter((event) => event.reason === "FailedScheduling")
      .reduce((sum, event) => sum + event.count, 0),
    1,
  );
});

test("a pod of higher priority evicts the least important one that makes room, and takes its place", async (t) => {
  const { make, where, client, c, nodes } = await setup(t, [node("a"), node("b")]);
  await make(
    pod("low", { ...asking("1500m"), priority: 1, nodeName: "a" }),
    pod("mid", { ...asking("1500m"), priority: 5, nodeName: "b" }),
  );
  await make(pod("high", { ...asking("1"), priority: 10 }));
  assert.equal(client.get("pods", "default", "high")!.status.nominatedNodeName, "a");
  assert.ok(client.get("pods", "default", "low")!.metadata.deletionTimestamp);
  assert.equal(findCondition(client.get("pods", "default", "low")!.status.conditions, "DisruptionTarget")!.reason, "PreemptionByScheduler");
  assert.equal(client.get("pods", "default", "mid")!.metadata.deletionTimestamp, undefined);
  assert.deepEqual(c.events("low"), [`Preempted: Preempted by pod ${client.get("pods", "default", "high")!.metadata.uid} on node a`]);
  await make(pod("thief", { ...asking("1500m"), priority: 2 }));
  await client.delete("pods", "default", "low", { gracePeriodSeconds: 0 });
  await nodes.settle();
  assert.equal(where("high"), "a", "the freed place is kept for whom it was freed");
  assert.equal(where("thief"), undefined);
});

test("a more important pod takes over a node that another waits for, which then looks elsewhere", async (t) => {
  const { make, where, client, nodes } = await setup(t, [node("a")]);
  await make(pod("low", { ...asking("1500m"), priority: 1, nodeName: "a" }));
  await make(pod("mid", { ...asking("1500m"), priority: 5 }));
  const nominated = (name: string) => client.get("pods", "default", name)!.status.nominatedNodeName as string | undefined;
  assert.equal(nominated("mid"), "a");
  await client.delete("pods", "default", "low", { gracePeriodSeconds: 0 });
  // The freed place is taken before the other gets it.
  await make(pod("high", { ...asking("1500m"), priority: 10 }));
  await nodes.settle();
  const [first, second] = where("high") ? ["high", "mid"] : ["mid", "high"];
  assert.equal(where(first as string), "a");
  assert.equal(where(second as string), undefined);
  await make(node("b"));
  await nodes.settle(11_000);
  assert.deepEqual(["high", "mid"].map((name) => where(name)).sort(), ["a", "b"]);
});

test("a pod loses its nomination to a more important one while the victims leave", async (t) => {
  const { make, client } = await setup(t, [node("a")]);
  const nominated = (name: string) => client.get("pods", "default", name)!.status.nominatedNodeName as string | undefined;
  await make(pod("low", { ...asking("1500m"), priority: 1, nodeName: "a" }));
  await make(pod("mid", { ...asking("1500m"), priority: 5 }));
  assert.equal(nominated("mid"), "a");
  await make(pod("high", { ...asking("1500m"), priority: 10 }));
  assert.deepEqual([nominated("high"), nominated("mid") ?? undefined], ["a", undefined]);
});

test("nominations outlive a restart of the scheduler", async (t) => {
  const { make, where, client, nodes } = await setup(t, [node("a")]);
  await make(pod("low", { ...asking("1500m"), priority: 1, nodeName: "a" }));
  await make(pod("high", { ...asking("1500m"), priority: 10 }));
  await nodes.restart();
  await client.delete("pods", "default", "low", { gracePeriodSeconds: 0 });
  await make(pod("thief", { ...asking("1500m"), priority: 2 }));
  await nodes.settle(11_000);
  assert.deepEqual([where("high"), where("thief")], ["a", undefined]);
});

test("preemptionPolicy Never waits", async (t) => {
  const { make, why, client } = await setup(t, [node("a"), pod("low", { ...asking("1500m"), priority: 1 })]);
  await make(pod("p", { ...asking("1"), priority: 10, preemptionPolicy: "Never" }));
  assert.equal(why("p"), "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.");
  assert.equal(client.get("pods", "default", "low")!.metadata.deletionTimestamp, undefined);
});

test("pods of other schedulers and gated pods are left alone", async (t) => {
  const { make, where, why, client, nodes } = await setup(t, [node("a")]);
  await make(pod("other", { schedulerName: "mine" }), pod("gated", { schedulingGates: [{ name: "wait" }] }));
  assert.deepEqual([where("other"), where("gated")], [undefined, undefined]);
  assert.equal(why("gated"), "Scheduling is blocked due to non-empty scheduling gates");
  await client.patch("pods", "default", "gated", "merge", { spec: { schedulingGates: null } });
  await nodes.settle();
  assert.equal(where("gated"), "a");
});

test("a binding that fails gives the place back and is tried again", async (t) => {
  const { make, where, client, nodes, c } = await setup(t, [node("a", { allocatable: { pods: "1" } })]);
  client.intercept = (verb) => {
    if (verb === "post/binding") throw failure(500, "InternalError", "storage");
  };
  await make(pod("p"));
  assert.equal(where("p"), undefined);
  assert.ok(c.events("p")[0]!.startsWith('FailedScheduling: running Bind plugin "DefaultBinder": storage'));
  client.intercept = () => {};
  await nodes.settle(11_000);
  assert.equal(where("p"), "a");
});

const broken: [what: string, act: (client: FakeCluster["client"]) => Promise<unknown>, message: string][] = [
  [
    "a provisioner that gives the node back",
    (client) =>
      client.patch("persistentvolumeclaims", "default", "data", "merge", {
        metadata: { annotations: { "volume.kubernetes.io/selected-node": null } },
      }),
    'provisioning failed for PVC "data"',
  ],
  ["a claim that goes", (client) => client.delete("persistentvolumeclaims", "default", "data"), 'persistentvolumeclaim "data" not found'],
];
for (const [what, act, message] of broken) {
  test(`binding ends with ${what}`, async (t) => {
    const { make, where, client, c } = await setup(t, [node("a")]);
    await client.create("storageclasses.storage.k8s.io", "", {
      ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "late" } },
      ...{ provisioner: "example.com/slow", volumeBindingMode: "WaitForFirstConsumer" },
    });
    await make({
      ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data", namespace: "default" } },
      spec: { storageClassName: "late", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    await client.create("pods", "default", pod("p", { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] }));
    const soon = async (holds: () => boolean) => {
      for (let i = 0; i < 200 && !holds(); i++) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(holds(), c.events("p").join());
    };
    const chosen = () =>
      client.get("persistentvolumeclaims", "default", "data")?.metadata.annotations?.["volume.kubernetes.io/selected-node"];
    await soon(() => chosen() === "a");
    await act(client);
    await soon(() => c.events("p").includes(`FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: ${message}`));
    assert.equal(where("p"), undefined);
  });
}

test("higher priority goes first, then the older", async (t) => {
  const { make, where } = await setup(t);
  await make(pod("low", { priority: 1 }), pod("high", { priority: 9 }));
  await make(node("a", { allocatable: { pods: "1" } }));
  assert.deepEqual([where("low"), where("high")], [undefined, "a"]);
});

test("large clusters are sampled as percentageOfNodesToScore does", () => {
  assert.deepEqual([50, 100, 1000, 5000, 15000].map(enoughNodes), [50, 100, 420, 500, 750]);
});

test("many pods are spread evenly over equal nodes", async (t) => {
  const { make, client } = await setup(
    t,
    Array.from({ length: 5 }, (_, index) => node(`n${index}`, { allocatable: { pods: "100" } })),
  );
  await make(...Array.from({ length: 50 }, (_, index) => pod(`p${index}`, asking("10m"))));
  const counts = new Map<string, number>();
  for (const { spec } of client.list("pods")) counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1);
  assert.deepEqual([...counts.values()], [10, 10, 10, 10, 10]);
});
