// The texts of FailedScheduling events and PodScheduled conditions, word for word kube-scheduler's.
import type { Refusal } from "./filters/filter.ts";

/** Why a pod fits nowhere: what each node said, or one message for all. */
export interface Diagnosis {
  readonly nodes: number;
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** Said before nodes were looked at. */
  readonly upfront?: string;
  /** Nodes not looked at because the pod names others. */
  readonly skipped?: number;
  /** What preemption found. */
  readonly preemption?: string;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {k: v}. preemption: …`. */
export function fitError({ nodes, refusals, upfront, skipped = 0, preemption }: Diagnosis): string {
  if (nodes === 0) return "no nodes available to schedule pods";
  let text = `0/${nodes} nodes are available:`;
  if (upfront) text += ` ${upfront}.`;
  else {
    const counts = new Map<string, number>();
    for (const { reasons } of refusals.values()) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    if (skipped) counts.set("node(s) didn't satisfy plugin(s) [NodeAffinity]", skipped);
    if (counts.size) text += ` ${histogram(counts)}.`;
  }
  return preemption ? `${text} ${preemption}` : text;
}

/** What preemption says when it cannot help. */
export function preemptionError(nodes: number, counts: ReadonlyMap<string, number>): string {
  return `preemption: 0/${nodes} nodes are available: ${histogram(counts)}.`;
}

function histogram(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(", ");
}
