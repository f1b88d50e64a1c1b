// Which nodes are planned for which pods.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { readObjects } from "../../kubernetes/scheduler/filters/filter.ts";
import { imaginedNode } from "./bin.ts";
import { builtInPool } from "./built-in.ts";
import { offerings } from "./instances/offerings.ts";
import { type PlanInput, plan } from "./plan.ts";
import { planPool } from "./pool.ts";

const zones = ["a", "b", "c"].map((letter, index) => ({ name: `us-west-2${letter}`, id: `usw2-az${index + 1}` }));
const all = offerings("us-west-2", zones);
const builtIn = (name: string) => planPool(builtInPool(name) as KubeObject, all, {});

const customPool = (name: string, requirements: object[], more: { spec?: object; template?: object; labels?: object } = {}) =>
  planPool(
    {
      metadata: { name },
      spec: {
        ...more.spec,
        template: { metadata: { labels: more.labels }, spec: { nodeClassRef: { name: "default" }, requirements, ...more.template } },
      },
    } as unknown as KubeObject,
    all,
    {},
  );

let serial = 0;
function pod(requests: object = { cpu: "1", memory: "1Gi" }, spec: object = {}, labels: object = { app: "web" }): KubeObject {
  const name = `pod-${serial++}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, uid: name, namespace: "default", labels },
    spec: { containers: [{ name: "c", image: "x", resources: { requests } }], ...spec },
  } as unknown as KubeObject;
}

const noVolumes = readObjects(
  () => undefined,
  () => [],
  36,
);

const planFor = (pods: KubeObject[], more: Partial<PlanInput> = {}) =>
  plan({
    pools: [builtIn("general-purpose"), builtIn("system")],
    nodes: [],
    assigned: [],
    daemonSets: [],
    volumes: noVolumes,
    ...more,
    pods,
  });

const labelOf = (result: ReturnType<typeof plan>, index: number, key: string) => result.made[index]?.offering.labels[key];

test("a small pod gets the cheapest machine of the general purpose pool", () => {
  const result = planFor([pod()]);
  assert.equal(result.made.length, 1);
  const [node] = result.made;
  assert.equal(node!.pool.name, "general-purpose");
  assert.equal(labelOf(result, 0, "kubernetes.io/arch"), "amd64");
  assert.match(labelOf(result, 0, "eks.amazonaws.com/instance-category")!, /^[cmr]$/);
  assert.ok(Number(labelOf(result, 0, "eks.amazonaws.com/instance-generation")) > 4);
  assert.equal(labelOf(result, 0, "eks.amazonaws.com/instance-cpu"), "2");
  assert.equal(labelOf(result, 0, "karpenter.sh/capacity-type"), "on-demand");
  const cheapest = Math.min(...node!.offerings.map(({ price }) => price));
  assert.equal(node!.offering.price, cheapest);
});

test("pods are packed, and the machine grows with them", () => {
  const result = planFor(Array.from({ length: 6 }, () => pod({ cpu: "1", memory: "1Gi" })));
  assert.equal(result.made.length, 1);
  assert.equal(result.made[0]!.pods.length, 6);
  assert.ok(Number(labelOf(result, 0, "eks.amazonaws.com/instance-cpu")) >= 8);
});

const selections: readonly [string, object, string, RegExp][] = [
  ["node selector", { nodeSelector: { "topology.kubernetes.io/zone": "us-west-2b" } }, "topology.kubernetes.io/zone", /2b$/],
  [
    "required affinity",
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "eks.amazonaws.com/instance-family", operator: "In", values: ["r7i"] }] }],
          },
        },
      },
    },
    "eks.amazonaws.com/instance-family",
    /^r7i$/,
  ],
  [
    "toleration and architecture",
    {
      nodeSelector: { "kubernetes.io/arch": "arm64" },
      tolerations: [{ key: "CriticalAddonsOnly", operator: "Exists" }],
    },
    "kubernetes.io/arch",
    /^arm64$/,
  ],
];
for (const [what, spec, label, value] of selections) {
  test(`a pod's ${what} decides the machine`, () => {
    const result = planFor([pod(undefined, spec)]);
    assert.match(labelOf(result, 0, label) ?? "none", value);
  });
}

test("what no pool offers is refused with the pools' reasons", () => {
  for (const spec of [{ nodeSelector: { "kubernetes.io/arch": "arm64" } }, { nodeSelector: { team: "red" } }]) {
    const wanted = pod(undefined, spec);
    const result = planFor([wanted]);
    assert.deepEqual(result.made, []);
    assert.match(
      result.refused.get(wanted.metadata.uid)!,
      /incompatible with nodepool "general-purpose".*incompatible with nodepool "system"/,
    );
  }
  const huge = pod({ cpu: "4000" });
  assert.ok(planFor([huge]).refused.has(huge.metadata.uid));
  assert.equal(planFor([pod()], { pools: [] }).refused.size, 1);
});

test("spreading over zones makes a node in each, over hosts one per pod", () => {
  const constraint = (topologyKey: string) => ({
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app: "web" } } },
    ],
  });
  const byZone = planFor(Array.from({ length: 3 }, () => pod(undefined, constraint("topology.kubernetes.io/zone"))));
  assert.deepEqual(new Set(byZone.made.map(({ offering }) => offering.zone)), new Set(zones.map(({ name }) => name)));
  const byHost = planFor(Array.from({ length: 3 }, () => pod(undefined, constraint("kubernetes.io/hostname"))));
  assert.equal(byHost.made.length, 3);
});

test("anti-affinity keeps pods on nodes of their own, affinity brings them together", () => {
  const term = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "web" } } };
  const required = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
  const apart = planFor([
    pod(undefined, { affinity: { podAntiAffinity: required } }),
    pod(undefined, { affinity: { podAntiAffinity: required } }),
  ]);
  assert.equal(apart.made.length, 2);
  const together = planFor([
    pod(undefined, { affinity: { podAffinity: required } }),
    pod(undefined, { affinity: { podAffinity: required } }),
  ]);
  assert.equal(together.made.length, 1);
});

test("room on nodes that are there is used first", () => {
  const [offering] = builtIn("general-purpose").offerings;
  const node = imaginedNode("there", offering!.labels, [], { cpu: "4", memory: "16Gi", pods: "10" });
  const first = pod();
  const result = planFor([first, pod({ cpu: "3500m" })], { nodes: [node] });
  assert.equal(result.placed.size, 1);
  assert.equal(result.made.length, 1);
});

test("weights order pools, and limits close them", () => {
  const requirements = [{ key: "eks.amazonaws.com/instance-family", operator: "In", values: ["c6g"] }];
  const heavy = customPool("heavy", requirements, { spec: { weight: 50, limits: { cpu: "4" } } });
  const result = planFor([pod({ cpu: "3" }), pod({ cpu: "3" }), pod({ cpu: "3" })], { pools: [builtIn("general-purpose"), heavy] });
  assert.deepEqual(result.made.map(({ pool }) => pool.name).sort(), ["general-purpose", "heavy"].sort());
  assert.equal(result.made.find(({ pool }) => pool.name === "heavy")!.pods.length, 1);
  const closed = customPool("closed", requirements, { spec: { limits: { nodes: "0" } } });
  const alone = pod();
  assert.match(planFor([alone], { pools: [closed] }).refused.get(alone.metadata.uid)!, /exceed limits for nodepool: "closed"/);
});

test("daemon sets take their room on every new node", () => {
  const daemon = {
    metadata: { name: "agent", uid: "d", namespace: "kube-system" },
    spec: { template: { metadata: {}, spec: { containers: [{ name: "c", resources: { requests: { cpu: "1500m" } } }] } } },
  } as unknown as KubeObject;
  const result = planFor([pod({ cpu: "1" })], { daemonSets: [daemon] });
  assert.equal(labelOf(result, 0, "eks.amazonaws.com/instance-cpu"), "4");
});

test("labels and open requirements of a pool reach its nodes", () => {
  const requirements = [
    { key: "team", operator: "In", values: ["red", "blue"] },
    { key: "eks.amazonaws.com/instance-category", operator: "In", values: ["m"] },
  ];
  const pool = customPool("teams", requirements, { labels: { tier: "gold" } });
  const result = planFor([pod(undefined, { nodeSelector: { team: "blue", tier: "gold" } })], { pools: [pool] });
  assert.deepEqual([result.made[0]!.labels.team, result.made[0]!.labels.tier], ["blue", "gold"]);
  const green = pod(undefined, { nodeSelector: { team: "green" } });
  assert.ok(planFor([green], { pools: [pool] }).refused.has(green.metadata.uid));
});

test("spot is cheaper where a pool allows it, and minValues keep a choice", () => {
  const capacity = { key: "karpenter.sh/capacity-type", operator: "In", values: ["spot", "on-demand"] };
  assert.equal(labelOf(planFor([pod()], { pools: [customPool("any", [capacity])] }), 0, "karpenter.sh/capacity-type"), "spot");
  const families = (minValues: number) => ({ key: "eks.amazonaws.com/instance-family", operator: "In", values: ["m5", "m6i"], minValues });
  assert.equal(planFor([pod()], { pools: [customPool("two", [families(2)])] }).made.length, 1);
  assert.equal(planFor([pod()], { pools: [customPool("three", [families(3)])] }).made.length, 0);
});

test("a volume in one zone decides the zone", () => {
  const claimed = pod(undefined, { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] });
  const claim = {
    metadata: { name: "data", namespace: "default" },
    spec: { volumeName: "pv", storageClassName: "auto" },
    status: { phase: "Bound" },
  };
  const terms = [{ matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values: ["us-west-2c"] }] }];
  const volume = { metadata: { name: "pv" }, spec: { nodeAffinity: { required: { nodeSelectorTerms: terms } } } };
  const volumes = {
    ...noVolumes,
    claim: () => claim as unknown as KubeObject,
    volume: () => volume as unknown as KubeObject,
    storageClass: () => undefined,
  };
  assert.equal(planFor([claimed], { volumes }).made[0]!.offering.zone, "us-west-2c");
});

test("many pods are planned in a moment", () => {
  const started = performance.now();
  const result = planFor(Array.from({ length: 500 }, () => pod({ cpu: "250m", memory: "512Mi" })));
  assert.equal(result.refused.size, 0);
  assert.ok(result.made.length >= 5, `${result.made.length} nodes`);
  assert.ok(performance.now() - started < 10_000);
});
