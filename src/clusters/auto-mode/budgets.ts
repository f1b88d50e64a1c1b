// Disruption budgets: how many nodes of a pool may be taken at once, for a reason, at a time (Karpenter documentation, "NodePool Disruption Budgets").
import { nextTime, parseSchedule } from "../../kubernetes/controllers/cronjob/schedule.ts";
import { durationMs } from "./duration.ts";

export type Reason = "Empty" | "Underutilized" | "Drifted";

/** A budget as NodePools write it. */
export interface Budget {
  readonly nodes?: string;
  readonly schedule?: string;
  readonly duration?: string;
  readonly reasons?: readonly Reason[];
}

/**
 * Nodes that may be disrupted now: the least of the active budgets' allowances, less those already going. Percentages are rounded up.
 * `now` is epoch milliseconds; schedules are in UTC. A schedule that cannot be read allows nothing.
 */
export function allowance(budgets: readonly Budget[] | undefined, reason: Reason, nodes: number, going: number, now: number): number {
  const active = (budgets ?? [{ nodes: "10%" }]).filter(
    (budget) => (budget.reasons === undefined || budget.reasons.includes(reason)) && isActive(budget, now),
  );
  const allowed = active.map(({ nodes: text = "10%", schedule }) => {
    if (schedule !== undefined && !parseSchedule(schedule)) return 0;
    return text.endsWith("%") ? Math.ceil((nodes * Number.parseInt(text, 10)) / 100) : Number(text);
  });
  return Math.max(0, Math.min(nodes, ...allowed) - going);
}

/** A budget with a schedule is active from each of its times for its duration. */
function isActive({ schedule, duration }: Budget, now: number): boolean {
  if (schedule === undefined) return true;
  const parsed = parseSchedule(schedule);
  if (!parsed) return true;
  const begun = nextTime(parsed, now - (durationMs(duration) ?? 0));
  return begun !== undefined && begun <= now;
}
