// What volumes, claims and images have to say about where pods go; the words of several versions.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../../src/kubernetes/api/object.ts";
import { ClusterState } from "../../../src/kubernetes/scheduler/cluster-state.ts";
import { readObjects } from "../../../src/kubernetes/scheduler/filters/filter.ts";
import { findFit } from "../../../src/kubernetes/scheduler/fit.ts";
import { imagePoints } from "../../../src/kubernetes/scheduler/images.ts";
import { podInfo } from "../../../src/kubernetes/scheduler/pod-info.ts";
import { preempt } from "../../../src/kubernetes/scheduler/preemption.ts";
import { bestNodes } from "../../../src/kubernetes/scheduler/scores.ts";

const zoneKey = "topology.kubernetes.io/zone";
const make = (kind: string, name: string, more: object = {}, metadata: object = {}) =>
  ({ kind, metadata: { name, uid: `${kind}-${name}`, namespace: "default", ...metadata }, ...more }) as unknown as KubeObject;
const node = (name: string, zone = "a", status: object = {}) =>
  make(
    "Node",
    name,
    { spec: {}, status: { allocatable: { cpu: "4", memory: "8Gi", pods: "110" }, ...status } },
    { labels: { [zoneKey]: zone, "kubernetes.io/hostname": name } },
  );
const mounting = (name: string, ...claims: string[]) =>
  make("Pod", name, {
    spec: {
      containers: [{ name: "c", image: "i" }],
      volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
    },
  });
const claim = (name: string, spec: object = {}, phase = "Bound", metadata: object = {}) =>
  make(
    "persistentvolumeclaims",
    name,
    { spec: { accessModes: ["ReadWriteOnce"], volumeName: phase === "Bound" ? `pv-${name}` : undefined, ...spec }, status: { phase } },
    metadata,
  );
const volume = (name: string, spec: object = {}, labels: Record<string, string> = {}) =>
  make(
    "persistentvolumes",
    `pv-${name}`,
    {
      spec: {
        csi: { driver: "ebs.csi.aws.com", volumeHandle: `vol-${name}` },
        capacity: { storage: "8Gi" },
        accessModes: ["ReadWriteOnce"],
        ...spec,
      },
      status: { phase: "Available" },
    },
    { namespace: "", labels },
  );
const inZone = (zone: string) => ({
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: zoneKey, operator: "In", values: [zone] }] }] } },
});
const storageClass = (more: object = {}) =>
  make(
    "storageclasses.storage.k8s.io",
    "gp3",
    { provisioner: "ebs.csi.aws.com", volumeBindingMode: "WaitForFirstConsumer", ...more },
    { namespace: "" },
  );
const limit = (name: string, count?: number) =>
  make(
    "csinodes.storage.k8s.io",
    name,
    { spec: { drivers: [{ name: "ebs.csi.aws.com", ...(count !== undefined && { allocatable: { count } }) }] } },
    { namespace: "" },
  );
const attachment = (name: string, on: string, persistentVolumeName: string) =>
  make(
    "volumeattachments.storage.k8s.io",
    name,
    { spec: { attacher: "ebs.csi.aws.com", nodeName: on, source: { persistentVolumeName } } },
    { namespace: "" },
  );

interface Scene {
  nodes: KubeObject[];
  pods?: [pod: KubeObject, node: string][];
  objects?: KubeObject[];
  minor?: number;
}

function fitOf(pod: KubeObject, { nodes, pods = [], objects = [], minor = 36 }: Scene) {
  const state = new ClusterState();
  for (const each of nodes) state.setNode(each);
  for (const [each, on] of pods) state.assign(each, on);
  const list = (type: string) => objects.filter(({ kind }) => kind === type);
  const read = readObjects(
    (type, namespace, name) => list(type).find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
    list,
    minor,
  );
  const info = podInfo(pod);
  const fit = findFit(info, { state, ...read }, new Map(), 0);
  return { state, info, fit };
}

/** Names of the nodes that fit, or what keeps a pod away. */
function verdict(pod: KubeObject, scene: Scene): string {
  const { fit } = fitOf(pod, scene);
  if (fit.upfront !== undefined) return fit.upfront;
  const { feasible, refusals } = fit;
  return feasible.length
    ? feasible.map(({ name }) => name).join()
    : [...new Set([...refusals.values()].flatMap(({ reasons }) => reasons))].join("; ");
}

const rwop = { accessModes: ["ReadWriteOncePod"] };
const two = [node("n1", "a"), node("n2", "b")];
const full = (...names: string[]) => names.flatMap((name) => [claim(name), volume(name)]);
const wffc = { storageClassName: "gp3" };
const topology = (zone: string) => ({ allowedTopologies: [{ matchLabelExpressions: [{ key: zoneKey, values: [zone] }] }] });
const ephemeral = make("Pod", "p", { spec: { containers: [], volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: {} } }] } });
const owned = (uid: string) => ({ ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid, controller: true }] });

const cases: [what: string, pod: KubeObject, scene: Scene, expected: string][] = [
  ["a bound volume in one zone", mounting("p", "x"), { nodes: two, objects: [claim("x"), volume("x", inZone("b"))] }, "n2"],
  [
    "a bound volume in no zone there is",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x"), volume("x", inZone("c"))] },
    "node(s) didn't match PersistentVolume's node affinity",
  ],
  [
    "the same in 1.33",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x"), volume("x", inZone("c"))], minor: 33 },
    "node(s) had volume node affinity conflict",
  ],
  [
    "a claim that is lost",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x", { volumeName: "pv-x" }, "Lost")] },
    'persistentvolumeclaim "x" bound to non-existent persistentvolume "pv-x"',
  ],
  [
    "a volume that is gone",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x")] },
    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
  ],
  [
    "a claim being deleted",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x", {}, "Bound", { deletionTimestamp: "2026-01-01T00:00:00Z" })] },
    'persistentvolumeclaim "x" is being deleted',
  ],
  [
    "an immediate claim that is not bound",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x", wffc, "Pending"), storageClass({ volumeBindingMode: "Immediate" })] },
    "pod has unbound immediate PersistentVolumeClaims",
  ],
  ["a claim that waits", mounting("p", "x"), { nodes: two, objects: [claim("x", wffc, "Pending"), storageClass()] }, "n1,n2"],
  ["a class for one zone", mounting("p", "x"), { nodes: two, objects: [claim("x", wffc, "Pending"), storageClass(topology("b"))] }, "n2"],
  [
    "a class for a zone without nodes",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x", wffc, "Pending"), storageClass(topology("c"))] },
    "node(s) didn't find available persistent volumes to bind",
  ],
  [
    "local volumes, none free",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x", wffc, "Pending"), storageClass({ provisioner: "kubernetes.io/no-provisioner" })] },
    "node(s) didn't find available persistent volumes to bind",
  ],
  [
    "a local volume on one node",
    mounting("p", "x"),
    {
      nodes: two,
      objects: [
        claim("x", { ...wffc, resources: { requests: { storage: "1Gi" } } }, "Pending"),
        storageClass({ provisioner: "kubernetes.io/no-provisioner" }),
        volume("l", { storageClassName: "gp3", ...inZone("b") }),
      ],
    },
    "n2",
  ],
  [
    "a node chosen for the claim before",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x", wffc, "Pending", { annotations: { "volume.kubernetes.io/selected-node": "n2" } }), storageClass()] },
    "n2",
  ],
  [
    "a node chosen before that is gone",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x", wffc, "Pending", { annotations: { "volume.kubernetes.io/selected-node": "n9" } }), storageClass()] },
    "n1,n2",
  ],
  [
    "an ephemeral volume without its claim",
    ephemeral,
    { nodes: two },
    'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch"',
  ],
  [
    "an ephemeral volume with somebody else's claim",
    ephemeral,
    { nodes: two, objects: [claim("p-scratch", wffc, "Pending", owned("another")), storageClass()] },
    "PVC default/p-scratch was not created for pod default/p (pod is not owner)",
  ],
  [
    "an ephemeral volume with its claim",
    ephemeral,
    { nodes: two, objects: [claim("p-scratch", wffc, "Pending", owned("Pod-p")), storageClass()] },
    "n1,n2",
  ],
  ["zone labels of a volume", mounting("p", "x"), { nodes: two, objects: [claim("x"), volume("x", {}, { [zoneKey]: "b__c" })] }, "n2"],
  [
    "old zone labels of a volume",
    mounting("p", "x"),
    { nodes: two, objects: [claim("x"), volume("x", {}, { "failure-domain.beta.kubernetes.io/zone": "c" })] },
    "node(s) had no available volume zone",
  ],
  ["a claim for one pod, unused", mounting("p", "x"), { nodes: two, objects: [claim("x", rwop), volume("x")] }, "n1,n2"],
  [
    "a claim for one pod, in use",
    mounting("p", "x"),
    { nodes: two, pods: [[mounting("q", "x"), "n1"]], objects: [claim("x", rwop), volume("x")] },
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
  ],
  [
    "the same in 1.32",
    mounting("p", "x"),
    { nodes: two, pods: [[mounting("q", "x"), "n1"]], objects: [claim("x", rwop), volume("x")], minor: 32 },
    "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
  ],
  [
    "a claim of the same name elsewhere",
    mounting("p", "x"),
    {
      nodes: two,
      pods: [[make("Pod", "q", { spec: mounting("q", "x").spec }, { namespace: "other" }), "n1"]],
      objects: [claim("x", rwop), volume("x")],
    },
    "n1,n2",
  ],
  [
    "a node at its limit",
    mounting("p", "y"),
    { nodes: two, pods: [[mounting("q", "x"), "n1"]], objects: [...full("x", "y"), limit("n1", 1), limit("n2", 1)] },
    "n2",
  ],
  [
    "a volume that is there already does not count twice",
    mounting("p", "x"),
    { nodes: [node("n1")], pods: [[mounting("q", "x"), "n1"]], objects: [...full("x"), limit("n1", 1)] },
    "n1",
  ],
  [
    "more volumes than any node takes",
    mounting("p", "x", "y"),
    { nodes: two, objects: [...full("x", "y"), limit("n1", 1), limit("n2", 1)] },
    "node(s) exceed max volume count",
  ],
  [
    "claims that wait count",
    mounting("p", "x", "y"),
    { nodes: [node("n1")], objects: [claim("x", wffc, "Pending"), claim("y", wffc, "Pending"), storageClass(), limit("n1", 1)] },
    "node(s) exceed max volume count",
  ],
  [
    "a volume still attached counts",
    mounting("p", "y"),
    { nodes: [node("n1")], objects: [...full("x", "y"), attachment("va", "n1", "pv-x"), limit("n1", 1)] },
    "node(s) exceed max volume count",
  ],
  ["no limit is none", mounting("p", "x", "y"), { nodes: [node("n1")], objects: [...full("x", "y"), limit("n1")] }, "n1"],
  ["no CSINode is no limit", mounting("p", "x", "y"), { nodes: [node("n1")], objects: full("x", "y") }, "n1"],
];

for (const [what, pod, scene, expected] of cases) test(`volumes: ${what}`, () => assert.equal(verdict(pod, scene), expected));

test("a more important pod takes a claim for one pod by preemption, wherever its user is", () => {
  const user = make("Pod", "q", { spec: { ...mounting("q", "x").spec, priority: 1 } });
  const pod = make("Pod", "p", { spec: { ...mounting("p", "x").spec, priority: 9 } });
  const { fit, info, state } = fitOf(pod, { nodes: two, pods: [[user, "n2"]], objects: [claim("x", rwop), volume("x")] });
  const found = preempt(info, fit, state.nodes, []);
  assert.ok(typeof found === "object");
  assert.deepEqual([found.node.name, found.victims.map(({ pod: victim }) => victim.metadata.name)], ["n2", ["q"]]);
});

test("preemption says why even empty nodes would not do", () => {
  const big = (name: string, cpu: string, priority: number) =>
    make("Pod", name, { spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }], priority } });
  const { fit, info, state } = fitOf(big("p", "3", 5), {
    nodes: [node("n1"), node("n2")],
    pods: [
      [big("low", "1", 1), "n1"],
      [big("high", "2", 9), "n1"],
      [big("other", "2", 9), "n2"],
    ],
  });
  assert.equal(
    preempt(info, fit, state.nodes, []),
    "preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod.",
  );
});

const claiming = (...entries: object[]) => make("Pod", "p", { spec: { containers: [], resourceClaims: entries } });
const resourceClaim = (name: string, status: object = {}) => make("resourceclaims.resource.k8s.io", name, { spec: {}, status });
const allocated = (nodeName: string) => ({
  allocation: { nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] }] } },
});

test("pods with resource claims wait until somebody has allocated them, and go where that is", () => {
  const gpu = { name: "gpu", resourceClaimName: "gpu" };
  assert.equal(
    verdict(claiming({ name: "gpu", resourceClaimTemplateName: "t" }), { nodes: two }),
    'pod "default/p": ResourceClaim not created yet',
  );
  assert.equal(verdict(claiming(gpu), { nodes: two }), 'resourceclaim.resource.k8s.io "gpu" not found');
  assert.equal(verdict(claiming(gpu), { nodes: two, objects: [resourceClaim("gpu")] }), "cannot allocate all claims");
  assert.equal(verdict(claiming(gpu), { nodes: two, objects: [resourceClaim("gpu", allocated("n2"))] }), "n2");
});

test("a nominated node is taken if it fits, whatever else would", () => {
  const pod = { ...mounting("p"), status: { nominatedNodeName: "n2" } };
  assert.equal(verdict(pod, { nodes: two }), "n2");
  const cordoned = { ...node("n2"), spec: { unschedulable: true } } as KubeObject;
  assert.equal(verdict(pod, { nodes: [node("n1"), cordoned] }), "n1");
});

test("taints are named by old versions only", () => {
  const tainted = { ...node("n1"), spec: { taints: [{ key: "team", value: "secret", effect: "NoSchedule" }] } } as KubeObject;
  assert.equal(verdict(mounting("p"), { nodes: [tainted], minor: 31 }), "node(s) had untolerated taint {team: secret}");
  assert.equal(verdict(mounting("p"), { nodes: [tainted], minor: 34 }), "node(s) had untolerated taint(s)");
});

const MB = 1024 * 1024;
const images = (...names: [name: string, megabytes: number][]) => ({
  images: names.map(([name, size]) => ({ names: [name], sizeBytes: size * MB })),
});

test("images that are there attract pods, by size and how common they are", () => {
  const pod = make("Pod", "p", { spec: { containers: [{ name: "c", image: "registry/app" }] } });
  const holder = node("n2", "a", images(["registry/app:latest", 600]));
  const { state, info } = fitOf(pod, { nodes: [node("n1"), holder, node("n3")] });
  assert.deepEqual(
    bestNodes(info, state.list, state).map(({ name }) => name),
    ["n2"],
  );
  const points = (size: number, holders: number, nodes: number) =>
    imagePoints(pod, new Map([["registry/app:latest", holders]]), nodes)?.(node("x", "a", images(["registry/app:latest", size])));
  assert.deepEqual([points(10, 1, 1), points(523, 1, 1), points(2000, 1, 1), points(1000, 1, 2)], [0, 51, 100, 48]);
  assert.equal(imagePoints(pod, new Map(), 3), undefined);
  state.removeNode("n2");
  assert.equal(state.imageNodes.size, 0);
});

test("pods are spread by themselves with those of their replica set or their service, and those of jobs are not", () => {
  const owner = (kind: string) => ({ ownerReferences: [{ apiVersion: "apps/v1", kind, name: "o", uid: "o", controller: true }] });
  const of = (name: string, kind?: string) =>
    make("Pod", name, { spec: { containers: [] } }, { labels: { app: "web" }, ...(kind && owner(kind)) });
  const nodes = [node("n1", "a"), node("n2", "a"), node("n3", "b")];
  const best = (kind: string | undefined, peers?: object) => {
    const { state, info } = fitOf(of("p", kind), { nodes, pods: [[of("q", kind), "n1"]] });
    // The pods ask for nothing, so that spreading alone decides.
    return bestNodes(info, state.list, state, peers).map(({ name }) => name);
  };
  assert.deepEqual(best("ReplicaSet"), ["n3"]);
  assert.deepEqual(best("StatefulSet"), ["n3"]);
  assert.deepEqual(best(undefined, { matchLabels: { app: "web" } }), ["n3"]);
  assert.deepEqual(best("Job"), ["n1", "n2", "n3"]);
});
