// What state a pod is in, as the workload controllers judge it.
import type { KubeObject } from "../api/object.ts";
import { findCondition } from "./conditions.ts";
import { parseTime } from "./time.ts";

/** Ready condition is True. */
export function isPodReady(pod: KubeObject): boolean {
  return findCondition(pod.status?.conditions, "Ready")?.status === "True";
}

/** Neither finished nor being deleted. */
export function isPodActive(pod: KubeObject): boolean {
  return !isPodFinished(pod) && !pod.metadata.deletionTimestamp;
}

/** Phase Succeeded or Failed. */
export function isPodFinished(pod: KubeObject): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: KubeObject, minReadySeconds: number, now: number): boolean {
  const ready = findCondition(pod.status?.conditions, "Ready");
  if (ready?.status !== "True") return false;
  return minReadySeconds === 0 || (!!ready.lastTransitionTime && parseTime(ready.lastTransitionTime) + minReadySeconds * 1000 <= now);
}

/** Milliseconds until a ready pod becomes available, if it will by waiting alone. */
export function availableIn(pod: KubeObject, minReadySeconds: number, now: number): number | undefined {
  const ready = findCondition(pod.status?.conditions, "Ready");
  if (ready?.status !== "True" || minReadySeconds === 0) return undefined;
  const left = parseTime(ready.lastTransitionTime) + minReadySeconds * 1000 - now;
  return left > 0 ? left : undefined;
}

/** The smallest of several optional delays. */
export function soonest(...delays: (number | undefined)[]): number | undefined {
  const present = delays.filter((delay) => delay !== undefined);
  return present.length ? Math.min(...present) : undefined;
}

/** Largest restart count of a pod's containers. */
export function maxRestarts(pod: KubeObject): number {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return statuses.reduce((most: number, status: { restartCount?: number }) => Math.max(most, status.restartCount ?? 0), 0);
}
