// From pods that fit nowhere to NodeClaims: reads the cluster, plans, and makes what is planned.

import { imaginedNode } from "../../clusters/auto-mode/bin.ts";
import { NODE_CLAIMS } from "../../clusters/auto-mode/built-in.ts";
import { type Plan, plan } from "../../clusters/auto-mode/plan.ts";
import { limitedAmounts, type PlanPool, POOL_LABEL, planPool, type Taint } from "../../clusters/auto-mode/pool.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { findCondition } from "../../kubernetes/runtime/conditions.ts";
import { type Amounts, add } from "../../kubernetes/runtime/pod-resources.ts";
import { isPodFinished } from "../../kubernetes/runtime/pods.ts";
import { readObjects } from "../../kubernetes/scheduler/filters/filter.ts";
import { mustLeave } from "../nodegroup/node-objects.ts";
import { DISRUPTED, newClaim, UNREGISTERED } from "./claims.ts";
import type { AutoCluster } from "./context.ts";
import { choices, offeringsOf } from "./launch.ts";
import type { Held } from "./lifecycle.ts";
import type { NodeClass } from "./node-class.ts";
import { holds } from "./status.ts";

const SCHEDULER = "default-scheduler";

/** What planning looks at, read once per pass. */
export interface Scene {
  readonly pools: readonly KubeObject[];
  readonly classes: ReadonlyMap<string, NodeClass>;
  readonly held: readonly Held[];
}

/** Pods that the scheduler has found no node for. */
const isUnschedulable = (pod: KubeObject): boolean => {
  if (pod.spec?.nodeName || pod.metadata.deletionTimestamp || isPodFinished(pod) || pod.spec?.schedulingGates?.length) return false;
  if ((pod.spec?.schedulerName ?? SCHEDULER) !== SCHEDULER) return false;
  if (pod.status?.nominatedNodeName) return false;
  const condition = findCondition(pod.status?.conditions, "PodScheduled");
  return condition?.status === "False" && condition.reason === "Unschedulable";
};

/** What a pool's claims have. */
export function usageOf(held: readonly Held[], pool: string): Amounts {
  const usage: Amounts = {};
  for (const { claim } of held) {
    if (claim.metadata.labels?.[POOL_LABEL] === pool) add(usage, limitedAmounts(claim.status?.capacity));
  }
  return usage;
}

/** Dynamic pools that nodes can be made for. */
function planPools(auto: AutoCluster, { pools, classes, held }: Scene): PlanPool[] {
  return pools.flatMap((pool) => {
    if (pool.metadata.deletionTimestamp || pool.spec.replicas !== undefined || !holds(pool, "Ready")) return [];
    const nodeClass = classes.get(pool.spec.template.spec.nodeClassRef.name);
    if (!nodeClass || nodeClass.problem !== undefined) return [];
    return [planPool(pool, offeringsOf(auto, nodeClass), usageOf(held, pool.metadata.name))];
  });
}

/** Taints that go away by themselves while a node starts. */
const PASSING = new Set([
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
  "node.cloudprovider.kubernetes.io/uninitialized",
  UNREGISTERED.key,
]);

/** A claim's node as it will be: real where it is there, imagined before; undefined if the claim can have none. */
function expected(auto: AutoCluster, { claim, node, nodeClass }: Held): KubeObject | undefined {
  const { taints = [], startupTaints = [] } = claim.spec as { taints?: Taint[]; startupTaints?: Taint[] };
  const { name, labels = {} } = claim.metadata;
  if (!holds(claim, "Launched")) {
    const best = nodeClass && choices(auto, claim, nodeClass)[0];
    return best && imaginedNode(name, { ...labels, ...best.labels }, taints, best.allocatable);
  }
  if (!node) return imaginedNode(name, labels, taints, claim.status?.allocatable ?? {});
  if (holds(claim, "Initialized")) return node;
  const passing = (taint: Taint) => PASSING.has(taint.key) || startupTaints.some(({ key }) => key === taint.key);
  const kept = ((node.spec?.taints ?? []) as Taint[]).filter((taint) => !passing(taint));
  return {
    ...node,
    spec: { ...node.spec, taints: kept },
    status: { ...node.status, allocatable: claim.status?.allocatable ?? node.status?.allocatable },
  };
}

const NOTHING: Plan = { made: [], placed: new Map(), refused: new Map() };

/**
 * Plans for pods that wait and pods on nodes that are going. With `without` it is a what-if: the nodes of these claims count as gone, and
 * only their pods are planned for.
 */
export function planNow(auto: AutoCluster, scene: Scene, without: ReadonlySet<string> = new Set()): Plan {
  const { kube } = auto;
  const going = (held: Held) => without.has(held.claim.metadata.name) || held.claim.metadata.deletionTimestamp !== undefined;
  const goingNodes = new Set(scene.held.filter(going).flatMap(({ node }) => (node ? [node.metadata.name] : [])));
  const managed = new Set(scene.held.flatMap(({ node }) => (node ? [node.metadata.name] : [])));
  const foreign = kube.list("nodes").filter((node) => !managed.has(node.metadata.name) && !node.metadata.deletionTimestamp);
  const own = scene.held
    .filter((held) => !going(held) && !isMarked(held.node))
    .map((held) => expected(auto, held))
    .filter((node) => node !== undefined);
  const pods = kube.list("pods");
  const assigned = pods
    .filter((pod) => pod.spec?.nodeName && !isPodFinished(pod) && !goingNodes.has(pod.spec.nodeName))
    .map((pod) => ({ pod, node: pod.spec.nodeName as string }));
  const moving = pods.filter((pod) => goingNodes.has(pod.spec?.nodeName) && mustLeave(pod) && !pod.metadata.deletionTimestamp).map(unbound);
  const homeless = [...(without.size > 0 ? [] : pods.filter(isUnschedulable)), ...moving];
  if (homeless.length === 0) return NOTHING;
  return plan({
    pools: planPools(auto, scene),
    pods: homeless,
    nodes: [...foreign, ...own],
    assigned,
    daemonSets: kube.list("daemonsets.apps"),
    volumes: readObjects(
      (type, namespace, name) => kube.get(type, namespace, name),
      (type) => kube.list(type),
      Number(auto.cluster.version.split(".")[1]),
    ),
  });
}

const isMarked = (node: KubeObject | undefined) => ((node?.spec?.taints ?? []) as Taint[]).some(({ key }) => key === DISRUPTED.key);

/** A pod as its owner would make it again: on no node. */
function unbound(pod: KubeObject): KubeObject {
  const { nodeName: _, ...spec } = pod.spec;
  return { ...pod, spec };
}

/** Makes the nodes that pods wait for, and tells pods for which there can be none. */
export async function provision(auto: AutoCluster, scene: Scene): Promise<void> {
  const { made, placed, refused } = planNow(auto, scene);
  const { kube, events, memory } = auto;
  for (const planned of made) {
    const claim = await makeClaim(auto, scene, planned);
    for (const pod of planned.pods) {
      if (!pod.spec.nodeName) events.event(pod, "Normal", "Nominated", `Pod should schedule on: nodeclaim/${claim.metadata.name}`);
      memory.told.delete(pod.metadata.uid);
    }
  }
  for (const pod of refused.size > 0 ? kube.list("pods") : []) {
    const message = refused.get(pod.metadata.uid);
    if (message === undefined || memory.told.get(pod.metadata.uid) === message) continue;
    memory.told.set(pod.metadata.uid, message);
    events.event(pod, "Warning", "FailedScheduling", `Failed to schedule pod, ${message}`);
  }
  for (const uid of placed.keys()) memory.told.delete(uid);
}

/** Makes the claim of a planned node. */
export async function makeClaim({ kube }: AutoCluster, { pools, classes }: Scene, planned: Plan["made"][number]): Promise<KubeObject> {
  const pool = pools.find(({ metadata }) => metadata.name === planned.pool.name)!;
  const nodeClass = classes.get(pool.spec.template.spec.nodeClassRef.name)!;
  return kube.create(NODE_CLAIMS, "", newClaim(pool, nodeClass, planned));
}
