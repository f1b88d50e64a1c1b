// Finds pods of lower priority whose eviction makes room (DefaultPreemption).
import type { KubeObject } from "../api/object.ts";
import { compileSelector } from "../runtime/selectors.ts";
import { parseTime } from "../runtime/time.ts";
import { final, type Refusal } from "./filters/filter.ts";
import type { Fit } from "./fit.ts";
import { preemptionError } from "./messages.ts";
import type { NodeInfo } from "./node-info.ts";
import type { PodInfo } from "./pod-info.ts";

const noVictims = "No preemption victims found for incoming pod";
const notHelpful = "Preemption is not helpful for scheduling";
/** How answers begin that leave an earlier nomination in force. */
export const notEligible = "preemption: not eligible";
/** Nodes looked at for victims: a tenth of them, at least 100. */
const share = 0.1;
const atLeast = 100;

/** A node and the pods that would have to leave it. */
export interface Candidate {
  readonly node: NodeInfo;
  readonly victims: readonly PodInfo[];
  readonly violations: number;
}

/** The best candidate, or why there is none. */
export function preempt(
  info: PodInfo,
  fit: Fit,
  nodes: ReadonlyMap<string, NodeInfo>,
  budgets: readonly KubeObject[],
): Candidate | string | undefined {
  const { pod } = info;
  if (pod.spec.preemptionPolicy === "Never") return `${notEligible} due to preemptionPolicy=Never.`;
  const nominated = pod.status?.nominatedNodeName ? nodes.get(pod.status.nominatedNodeName) : undefined;
  if (nominated && !fit.refusals.get(nominated.name)?.final) {
    const leaving = [...nominated.pods.values()].some((other) => other.priority < info.priority && other.pod.metadata.deletionTimestamp);
    if (leaving) return `${notEligible} due to a terminating pod on the nominated node.`;
  }
  const counts = new Map<string, number>();
  const count = (reason: string, by = 1) => counts.set(reason, (counts.get(reason) ?? 0) + by);
  const helpful: NodeInfo[] = [];
  for (const [name, refusal] of fit.refusals) {
    const node = nodes.get(name);
    if (refusal.final || !node) count(notHelpful);
    else helpful.push(node);
  }
  if (fit.skipped) count(notHelpful, fit.skipped);
  const candidates: Candidate[] = [];
  const enough = Math.max(atLeast, Math.floor(nodes.size * share));
  for (const node of helpful) {
    if (candidates.length >= enough) break;
    const found = victimsOn(info, node, fit, budgets);
    if ("node" in found) candidates.push(found);
    else for (const reason of found.reasons) count(reason);
  }
  if (!candidates.length) return preemptionError(nodes.size, counts);
  return candidates.sort(compareCandidates)[0];
}

/** Takes away every pod of lower priority, then lets as many stay as fit, the most important first. A refusal says why even that would not do. */
function victimsOn(info: PodInfo, node: NodeInfo, fit: Fit, budgets: readonly KubeObject[]): Candidate | Refusal {
  const lower = [...node.pods.values()].filter((other) => other.priority < info.priority);
  if (!lower.length) return final(noVictims);
  const still = fit.check(node.without(lower));
  if (still) return still;
  const order = lower.sort(byImportance);
  const { violating, safe } = splitByBudgets(order, budgets);
  let gone = lower;
  let violations = 0;
  for (const [group, counts] of [
    [violating, true],
    [safe, false],
  ] as const) {
    for (const other of group) {
      const fewer = gone.filter((each) => each !== other);
      if (!fit.check(node.without(fewer))) gone = fewer;
      else if (counts) violations++;
    }
  }
  return { node, victims: gone, violations };
}

function byImportance(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || started(a) - started(b);
}

function started({ pod }: PodInfo): number {
  return parseTime(pod.status?.startTime ?? pod.metadata.creationTimestamp);
}

/** Pods whose eviction would break a disruption budget, and the others. */
function splitByBudgets(pods: readonly PodInfo[], budgets: readonly KubeObject[]): { violating: PodInfo[]; safe: PodInfo[] } {
  const allowed = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]));
  const violating: PodInfo[] = [];
  const safe: PodInfo[] = [];
  for (const info of pods) {
    const { namespace, labels, name } = info.pod.metadata;
    const mine = budgets.filter(
      (budget) =>
        budget.metadata.namespace === namespace && compileSelector(budget.spec.selector)(labels) && !budget.status?.disruptedPods?.[name],
    );
    for (const budget of mine) allowed.set(budget, allowed.get(budget)! - 1);
    (mine.some((budget) => allowed.get(budget)! < 0) ? violating : safe).push(info);
  }
  return { violating, safe };
}

/** Fewest budget violations, then the least important and fewest victims, then the youngest. */
function compareCandidates(a: Candidate, b: Candidate): number {
  const highest = ({ victims }: Candidate) => Math.max(...victims.map(({ priority }) => priority), Number.MIN_SAFE_INTEGER);
  const sum = ({ victims }: Candidate) => victims.reduce((total, { priority }) => total + priority + 2 ** 31, 0);
  const earliest = (candidate: Candidate) =>
    Math.min(...candidate.victims.filter(({ priority }) => priority === highest(candidate)).map(started));
  return (
    a.violations - b.violations ||
    highest(a) - highest(b) ||
    sum(a) - sum(b) ||
    a.victims.length - b.victims.length ||
    earliest(b) - earliest(a)
  );
}
