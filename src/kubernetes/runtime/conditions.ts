// Status conditions: set, find, and keep the time of the last change.
import { timestamp } from "./time.ts";

/** A condition as most kinds carry it. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
  lastProbeTime?: string | null;
  observedGeneration?: number;
}

/** The condition of a type, if present. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** True if the condition is present with status "True". */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/** A list with `condition` set; the transition time moves only with the status. */
export function withCondition(conditions: readonly Condition[] | undefined, condition: Condition, now: number): Condition[] {
  const present = findCondition(conditions, condition.type);
  const lastTransitionTime = present && present.status === condition.status ? present.lastTransitionTime : timestamp(now);
  const next = { ...condition, ...(lastTransitionTime ? { lastTransitionTime } : {}) };
  if (!present) return [...(conditions ?? []), next];
  return conditions!.map((other) => (other.type === condition.type ? next : other));
}

/** A list without a type. */
export function withoutCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
