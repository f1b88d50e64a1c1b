// Finds the nodes a pod fits on, looking at no more nodes than needed in large clusters.

import { namedNodes } from "../runtime/node-affinity.ts";
import { type Check, type FilterContext, type Refusal, Unschedulable } from "./filters/filter.ts";
import { filters } from "./filters/index.ts";
import type { NodeInfo } from "./node-info.ts";
import type { PodInfo } from "./pod-info.ts";

/** Pods that preemption has reserved a node for, by node. */
export type Nominations = ReadonlyMap<string, ReadonlyMap<string, PodInfo>>;

export interface Fit {
  readonly feasible: NodeInfo[];
  readonly refusals: Map<string, Refusal>;
  readonly upfront?: string;
  readonly skipped: number;
  /** How many nodes were looked at, to start after them next time. */
  readonly looked: number;
  readonly check: Check;
}

/** Nodes to find before scoring: all up to 100, then an adaptive share of 50 % falling to 5 % (percentageOfNodesToScore). */
export function enoughNodes(total: number): number {
  if (total < 100) return total;
  const percent = Math.max(5, 50 - Math.floor(total / 125));
  return Math.max(100, Math.floor((total * percent) / 100));
}

/** Judges nodes starting at `start` until enough fit. The node a pod is nominated to is taken without looking further, if it fits. */
export function findFit(info: PodInfo, context: FilterContext, nominations: Nominations, start: number): Fit {
  const { state } = context;
  const refusals = new Map<string, Refusal>();
  const checks: Check[] = [];
  for (const filter of filters) {
    const check = filter.prepare(info, context);
    if (check instanceof Unschedulable)
      return { feasible: [], refusals, upfront: check.message, skipped: 0, looked: 0, check: () => undefined };
    if (check) checks.push(check);
  }
  const check: Check = (node) => {
    for (const each of checks) {
      const refusal = each(node);
      if (refusal) return refusal;
    }
    return undefined;
  };
  const judge: Check = (node) => check(withNominated(node, info, nominations));
  const nominated = state.nodes.get(info.pod.status?.nominatedNodeName);
  if (nominated && !judge(nominated)) return { feasible: [nominated], refusals, skipped: 0, looked: 0, check: judge };
  const named = namedNodes(info.pod);
  const candidates = named ? [...named].map((name) => state.nodes.get(name)).filter((node) => node !== undefined) : state.list;
  const enough = named ? candidates.length : enoughNodes(candidates.length);
  const feasible: NodeInfo[] = [];
  let looked = 0;
  for (; looked < candidates.length && feasible.length < enough; looked++) {
    const node = candidates[(start + looked) % candidates.length]!;
    const refusal = judge(node);
    if (refusal) refusals.set(node.name, refusal);
    else feasible.push(node);
  }
  return { feasible, refusals, skipped: named ? state.list.length - candidates.length : 0, looked, check: judge };
}

/** The node as it will be when the pods of equal or higher priority nominated to it have arrived. */
function withNominated(node: NodeInfo, { pod, priority }: PodInfo, nominations: Nominations): NodeInfo {
  const nominated = nominations.get(node.name);
  if (!nominated) return node;
  const rivals = [...nominated.values()].filter((other) => other.priority >= priority && other.pod.metadata.uid !== pod.metadata.uid);
  return rivals.length ? node.without(node.removed, rivals) : node;
}
