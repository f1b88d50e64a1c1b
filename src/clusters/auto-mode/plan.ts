// What nodes to make for pods that fit nowhere: packs them onto imagined nodes, judged by the scheduler's own predicates.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { nodeMatches } from "../../kubernetes/runtime/node-affinity.ts";
import { type Amounts, add } from "../../kubernetes/runtime/pod-resources.ts";
import { ClusterState } from "../../kubernetes/scheduler/cluster-state.ts";
import type { FilterContext } from "../../kubernetes/scheduler/filters/filter.ts";
import { type Fit, findFit } from "../../kubernetes/scheduler/fit.ts";
import { type PodInfo, podInfo } from "../../kubernetes/scheduler/pod-info.ts";
import { Bin, imaginedNode, openBin } from "./bin.ts";
import type { Offering } from "./instances/offerings.ts";
import type { PlanPool } from "./pool.ts";

/** What there is to plan with. Nodes are real ones, and imagined ones of claims on their way. */
export interface PlanInput {
  readonly pools: readonly PlanPool[];
  readonly pods: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
  /** Pods on nodes, or about to be. */
  readonly assigned: readonly { readonly pod: KubeObject; readonly node: string }[];
  /** DaemonSet objects: their pods need room on every new node. */
  readonly daemonSets: readonly KubeObject[];
  readonly volumes: Omit<FilterContext, "state">;
}

/** A node to make. */
export interface PlannedNode {
  readonly pool: PlanPool;
  /** The cheapest that fits, and all that fit, cheapest first. */
  readonly offering: Offering;
  readonly offerings: readonly Offering[];
  readonly labels: Readonly<Record<string, string>>;
  readonly pods: readonly KubeObject[];
  /** Requests of pods and daemons in thousandths. */
  readonly requests: Readonly<Amounts>;
}

/** The plan: new nodes, pods that fit on what is there (by uid), and why others fit nowhere. */
export interface Plan {
  readonly made: readonly PlannedNode[];
  readonly placed: ReadonlyMap<string, string>;
  readonly refused: ReadonlyMap<string, string>;
}

/** Plans for pending pods, the largest first. Pools are tried by weight, then by name. */
export function plan(input: PlanInput): Plan {
  const state = new ClusterState();
  for (const node of input.nodes) state.setNode(node);
  for (const { pod, node } of input.assigned) state.assign(pod, node);
  const pools = [...input.pools].sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
  const usage = new Map(pools.map((pool) => [pool.name, { ...pool.usage }]));
  const context: FilterContext = { state, ...input.volumes };
  const bins: Bin[] = [];
  const placed = new Map<string, string>();
  const refused = new Map<string, string>();

  for (const info of input.pods.map(podInfo).sort(largestFirst)) {
    const { pod } = info;
    const fit = fitWithZones(info, context, pools, state);
    if (fit.upfront) {
      refused.set(pod.metadata.uid, fit.upfront);
      continue;
    }
    const there = fit.feasible.find((node) => !bins.some((bin) => bin.name === node.name));
    if (there) {
      state.assign(pod, there.name);
      placed.set(pod.metadata.uid, there.name);
      continue;
    }
    const bin = bins.find((each) => each.take(info, fit.check, state));
    if (bin) continue;
    const opened = openBin({ info, check: fit.check, pools, usage, daemonSets: input.daemonSets, state, name: `new-${bins.length}` });
    if (!(opened instanceof Bin)) {
      refused.set(pod.metadata.uid, opened);
      continue;
    }
    bins.push(opened);
    add(usage.get(opened.pool.name)!, opened.reserved());
  }
  const made = bins.map((bin): PlannedNode => {
    const { pool, best, labels } = bin;
    return { pool, offering: best, offerings: bin.offerings(), labels, pods: bin.pods(), requests: bin.requests() };
  });
  return { made, placed, refused };
}

function largestFirst(a: PodInfo, b: PodInfo): number {
  const by = (name: string) => (b.requests[name] ?? 0) - (a.requests[name] ?? 0);
  return by("cpu") || by("memory") || (a.pod.metadata.creationTimestamp ?? "").localeCompare(b.pod.metadata.creationTimestamp ?? "");
}

/**
 * Judges the nodes there are. Zones that have no node yet count as empty domains of spread constraints, because a node could be made
 * there; nodes that offer nothing stand for them.
 */
function fitWithZones(info: PodInfo, context: FilterContext, pools: readonly PlanPool[], state: ClusterState): Fit {
  const stand = info.pod.spec.topologySpreadConstraints?.length ? emptyZones(info.pod, pools) : [];
  for (const node of stand) state.setNode(node);
  try {
    return findFit(info, context, new Map(), 0);
  } finally {
    for (const node of stand) state.removeNode(node.metadata.name);
  }
}

function emptyZones(pod: KubeObject, pools: readonly PlanPool[]): KubeObject[] {
  const zones = new Map<string, KubeObject>();
  for (const pool of pools) {
    for (const offering of pool.offerings) {
      if (zones.has(offering.zone)) continue;
      const node = imaginedNode(`empty-${offering.zone}`, { ...offering.labels, ...pool.labels }, [], {});
      if (nodeMatches(pod, node)) zones.set(offering.zone, node);
    }
  }
  return [...zones.values()];
}
