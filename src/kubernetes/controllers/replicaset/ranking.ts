// Which pods go first when there are too many (ActivePodsWithRanks of the replica set controller).
import type { KubeObject } from "../../api/object.ts";
import { findCondition } from "../../runtime/conditions.ts";
import { isPodReady, maxRestarts } from "../../runtime/pods.ts";
import { parseTime } from "../../runtime/time.ts";

const phaseOrder: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/** Orders pods so that the first are deleted first. `onNode` counts related active pods on a pod's node. `now` in ms. */
export function rankForDeletion(pods: readonly KubeObject[], onNode: (pod: KubeObject) => number, now: number): KubeObject[] {
  return [...pods].sort(
    (a, b) =>
      flag(assigned(a), assigned(b)) ||
      (phaseOrder[a.status?.phase] ?? 1) - (phaseOrder[b.status?.phase] ?? 1) ||
      flag(isPodReady(a), isPodReady(b)) ||
      deletionCost(a) - deletionCost(b) ||
      onNode(b) - onNode(a) ||
      (isPodReady(a) && isPodReady(b) ? readySince(b, now) - readySince(a, now) : 0) ||
      maxRestarts(b) - maxRestarts(a) ||
      logAge(parseTime(a.metadata.creationTimestamp), now) - logAge(parseTime(b.metadata.creationTimestamp), now) ||
      a.metadata.uid.localeCompare(b.metadata.uid),
  );
}

function assigned(pod: KubeObject): boolean {
  return !!pod.spec?.nodeName;
}

/** The false one first. */
function flag(a: boolean, b: boolean): number {
  return Number(a) - Number(b);
}

function deletionCost(pod: KubeObject): number {
  const cost = pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"];
  return cost && /^-?(0|[1-9]\d*)$/.test(cost) ? Number(cost) : 0;
}

/** Age buckets grow logarithmically, so that victims of similar age are picked evenly (LogarithmicScaleDown). */
function logAge(since: number, now: number): number {
  const seconds = Math.floor((now - since) / 1000);
  return seconds < 1 ? -1 : Math.floor(Math.log2(seconds));
}

/** Rank of readiness: the larger, the longer ready. Compared so that the more recently ready pod goes first. */
function readySince(pod: KubeObject, now: number): number {
  return -logAge(parseTime(findCondition(pod.status?.conditions, "Ready")?.lastTransitionTime), now);
}
