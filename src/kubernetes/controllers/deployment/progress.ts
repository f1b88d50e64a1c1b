// Status and conditions of a deployment, with the reasons and messages kubectl prints.
import type { KubeObject } from "../../api/object.ts";
import { type Condition, findCondition, withCondition, withoutCondition } from "../../runtime/conditions.ts";
import { parseTime, timestamp } from "../../runtime/time.ts";
import { actualOf, availableOf, limits, readyOf, total, wantedOf } from "./arithmetic.ts";

const noDeadline = 2147483647;

/** A deployment's status with its Progressing condition set. */
export function progressing(deployment: KubeObject, condition: Omit<Condition, "type">, now: number): any {
  const next = { type: "Progressing", ...condition, lastUpdateTime: timestamp(now) };
  return { ...deployment.status, conditions: withCondition(deployment.status?.conditions, next, now) };
}

/** Counts and the Available and ReplicaFailure conditions. */
export function deploymentStatus(deployment: KubeObject, sets: readonly KubeObject[], newSet: KubeObject | undefined, now: number): any {
  const available = total(sets, availableOf);
  const unavailable = Math.max(0, total(sets, wantedOf) - available);
  const counts: [string, number][] = [
    ["replicas", total(sets, actualOf)],
    ["updatedReplicas", newSet ? actualOf(newSet) : 0],
    ["readyReplicas", total(sets, readyOf)],
    ["availableReplicas", available],
    ["unavailableReplicas", unavailable],
  ];
  const enough = available >= (deployment.spec.replicas ?? 1) - limits(deployment).unavailable;
  const verdict = enough
    ? { status: "True", reason: "MinimumReplicasAvailable", message: "Deployment has minimum availability." }
    : { status: "False", reason: "MinimumReplicasUnavailable", message: "Deployment does not have minimum availability." };
  const conditions = setIfChanged(deployment.status?.conditions, { type: "Available", ...verdict }, now);
  const { collisionCount } = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...Object.fromEntries(counts.filter(([, count]) => count !== 0)),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions,
  };
}

/** Adds the judgement of progress: complete, progressing, or past its deadline; and failures of the sets. */
export function judgeProgress(
  deployment: KubeObject,
  status: any,
  sets: readonly KubeObject[],
  newSet: KubeObject | undefined,
  now: number,
): any {
  const present = findCondition(deployment.status?.conditions, "Progressing");
  let conditions: Condition[] = status.conditions;
  const set = (verdict: Omit<Condition, "type">) => {
    conditions = setIfChanged(conditions, { type: "Progressing", ...verdict }, now);
  };
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const settled = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && present?.reason === "NewReplicaSetAvailable";
  if (hasDeadline(deployment) && !settled) {
    if (isComplete(deployment, status)) {
      set({ status: "True", reason: "NewReplicaSetAvailable", message: `${subject} has successfully progressed.` });
    } else if (hasProgressed(deployment, status)) {
      const condition = {
        type: "Progressing",
        status: "True",
        reason: "ReplicaSetUpdated",
        message: `${subject} is progressing.`,
        lastUpdateTime: timestamp(now),
      };
      const kept = present?.status === "True" ? present.lastTransitionTime : timestamp(now);
      conditions = [...withoutCondition(conditions, "Progressing"), { ...condition, lastTransitionTime: kept! }];
    } else if (isOverdue(deployment, status, now)) {
      set({ status: "False", reason: "ProgressDeadlineExceeded", message: `${subject} has timed out progressing.` });
    }
  } else if (!hasDeadline(deployment)) {
    conditions = withoutCondition(conditions, "Progressing");
  }
  const failure = sets.map((each) => findCondition(each.status?.conditions, "ReplicaFailure")).find((found) => found);
  if (failure)
    conditions = setIfChanged(
      conditions,
      { type: "ReplicaFailure", status: failure.status, reason: failure.reason!, message: failure.message! },
      now,
    );
  else conditions = withoutCondition(conditions, "ReplicaFailure");
  return { ...status, conditions };
}

/** Everything is updated, available and observed. */
export function isComplete(deployment: KubeObject, status: any): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 1)
  );
}

/** Milliseconds until a stalled rollout is overdue, if it can become so. */
export function overdueIn(deployment: KubeObject, status: any, now: number): number | undefined {
  const condition = findCondition(status.conditions, "Progressing");
  if (!hasDeadline(deployment) || !condition || deployment.spec.paused || isComplete(deployment, status)) return undefined;
  if (condition.reason === "NewReplicaSetAvailable" || condition.reason === "ProgressDeadlineExceeded") return undefined;
  const left = parseTime(condition.lastUpdateTime) + deployment.spec.progressDeadlineSeconds * 1000 - now;
  return Math.max(left, 0) + 1000;
}

export function hasDeadline(deployment: KubeObject): boolean {
  const deadline = deployment.spec.progressDeadlineSeconds;
  return deadline !== undefined && deadline !== noDeadline;
}

function hasProgressed(deployment: KubeObject, status: any): boolean {
  const before = deployment.status ?? {};
  const count = (of: any, name: string) => of[name] ?? 0;
  const old = (of: any) => count(of, "replicas") - count(of, "updatedReplicas");
  return (
    count(status, "updatedReplicas") > count(before, "updatedReplicas") ||
    old(status) < old(before) ||
    count(status, "readyReplicas") > count(before, "readyReplicas") ||
    count(status, "availableReplicas") > count(before, "availableReplicas")
  );
}

function isOverdue(deployment: KubeObject, status: any, now: number): boolean {
  const condition = findCondition(status.conditions, "Progressing");
  if (!condition || condition.reason === "NewReplicaSetAvailable") return false;
  if (condition.reason === "ProgressDeadlineExceeded") return true;
  return parseTime(condition.lastUpdateTime) + deployment.spec.progressDeadlineSeconds * 1000 < now;
}

/** Replaces a condition only when status or reason differ, as the deployment controller does. */
function setIfChanged(conditions: readonly Condition[] | undefined, condition: Condition, now: number): Condition[] {
  const present = findCondition(conditions, condition.type);
  if (present && present.status === condition.status && present.reason === condition.reason) return [...conditions!];
  return withCondition(conditions, { ...condition, lastUpdateTime: timestamp(now) }, now);
}
