// PodTopologySpread's points: how many of a pod's kind are where a node is, the more important the more places there are.
import type { ClusterState } from "./cluster-state.ts";
import type { NodeInfo } from "./node-info.ts";
import { type PodInfo, spreadTerm } from "./pod-info.ts";

const hostname = "kubernetes.io/hostname";
/** The scheduler's own constraints for pods that have none (`defaultingType: System`). */
const defaults = [
  { topologyKey: hostname, maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5 },
];

/** How many pods of the kind are in a place, and how far one place may be ahead. */
interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  on(node: NodeInfo): number;
}

/**
 * Points of nodes, of which fewer are better; negative for a node that lacks a topology the pod asks for. Undefined if nothing spreads the pod.
 * `peers` selects whom a pod without an owner is spread with.
 */
export function spreadPoints(
  info: PodInfo,
  nodes: readonly NodeInfo[],
  state: ClusterState,
  peers: object | undefined,
): ((node: NodeInfo) => number) | undefined {
  const asked = info.pod.spec.topologySpreadConstraints as any[] | undefined;
  const constraints = asked?.length ? softConstraints(info, asked, state) : defaultConstraints(info, state, peers);
  if (!constraints.length) return undefined;
  const lacks = (node: NodeInfo) => !!asked?.length && constraints.some(({ topologyKey }) => node.label(topologyKey) === undefined);
  const counting = nodes.filter((node) => !lacks(node));
  const weighed = constraints.map((constraint) => {
    const { topologyKey } = constraint;
    const places = new Set(counting.map((node) => node.label(topologyKey)).filter((value) => value !== undefined));
    return { ...constraint, weight: Math.log((topologyKey === hostname ? counting.length : places.size) + 2) };
  });
  return (node) => {
    if (lacks(node)) return -1;
    const here = weighed.filter(({ topologyKey }) => node.label(topologyKey) !== undefined);
    return Math.round(here.reduce((sum, { on, weight, maxSkew }) => sum + on(node) * weight + maxSkew - 1, 0));
  };
}

function softConstraints(info: PodInfo, asked: readonly any[], state: ClusterState): Constraint[] {
  return asked
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "ScheduleAnyway")
    .map((constraint) => byTerm(info, constraint, state));
}

function byTerm(info: PodInfo, constraint: any, state: ClusterState): Constraint {
  const term = spreadTerm(info.pod, constraint);
  const { topologyKey, maxSkew } = constraint;
  if (topologyKey === hostname) {
    const counts = state.counts(term);
    return { topologyKey, maxSkew, on: (node) => counts.get(node.name) ?? 0 };
  }
  const domains = state.domains(term);
  return { topologyKey, maxSkew, on: (node) => domains.get(node.label(topologyKey) ?? "") ?? 0 };
}

/** Pods of one owner are counted on their nodes already; those of Services are counted by their selector. */
function defaultConstraints(info: PodInfo, state: ClusterState, peers: object | undefined): Constraint[] {
  const { owner } = info;
  if (!owner) return peers ? defaults.map((each) => byTerm(info, { ...each, labelSelector: peers }, state)) : [];
  return defaults.map(({ topologyKey, maxSkew }) => {
    if (topologyKey === hostname) return { topologyKey, maxSkew, on: (node) => node.owners.get(owner) ?? 0 };
    const places = state.placesOf(owner, topologyKey);
    return { topologyKey, maxSkew, on: (node) => places.get(node.label(topologyKey) ?? "") ?? 0 };
  });
}
