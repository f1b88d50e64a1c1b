// The arithmetic of rollouts: surge, unavailability, and proportional scaling of several replica sets.
import type { KubeObject } from "../../api/object.ts";
import { scaled } from "../../runtime/percent.ts";
import { byAge, desiredAnnotation, maxAnnotation } from "./revisions.ts";

export function isRollingUpdate(deployment: KubeObject): boolean {
  return (deployment.spec.strategy?.type ?? "RollingUpdate") === "RollingUpdate";
}

/** Pods a rollout may make above, and leave missing below, the wanted number. Both zero would never end, so then one may be missing. */
export function limits(deployment: KubeObject): { surge: number; unavailable: number } {
  const wanted = deployment.spec.replicas ?? 1;
  if (!isRollingUpdate(deployment)) return { surge: 0, unavailable: 0 };
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, wanted, "up", "25%");
  let unavailable = scaled(maxUnavailable, wanted, "down", "25%");
  if (surge === 0 && unavailable === 0) unavailable = 1;
  return { surge, unavailable: Math.min(unavailable, wanted) };
}

export function total(sets: readonly KubeObject[], count: (set: KubeObject) => number): number {
  return sets.reduce((sum, set) => sum + count(set), 0);
}

export const wantedOf = (set: KubeObject): number => set.spec.replicas ?? 1;
export const actualOf = (set: KubeObject): number => set.status?.replicas ?? 0;
export const availableOf = (set: KubeObject): number => set.status?.availableReplicas ?? 0;
export const readyOf = (set: KubeObject): number => set.status?.readyReplicas ?? 0;

/** How large the new set should be now. */
export function newSetSize(deployment: KubeObject, sets: readonly KubeObject[], newSet: KubeObject): number {
  const wanted = deployment.spec.replicas ?? 1;
  if (!isRollingUpdate(deployment)) return wanted;
  const most = wanted + limits(deployment).surge;
  const present = total(sets, wantedOf);
  if (present >= most) return wantedOf(newSet);
  return wantedOf(newSet) + Math.min(most - present, wanted - wantedOf(newSet));
}

/** Sizes for `sets` after the deployment was scaled while several sets had pods: each gets its share of what is added or removed. */
export function proportionalSizes(deployment: KubeObject, sets: readonly KubeObject[]): Map<string, number> {
  const active = byAge(sets.filter((set) => wantedOf(set) > 0));
  const present = total(active, wantedOf);
  const wanted = deployment.spec.replicas ?? 1;
  const allowed = wanted > 0 ? wanted + limits(deployment).surge : 0;
  let left = allowed - present;
  // Largest first; among equals the newest grows first and the oldest shrinks first.
  const order = [...(left > 0 ? active.toReversed() : active)].sort((a, b) => wantedOf(b) - wantedOf(a));
  const sizes = new Map<string, number>();
  for (const set of order) {
    const share = left === 0 ? 0 : bounded(proportion(deployment, set, allowed - present), left);
    sizes.set(set.metadata.uid, wantedOf(set) + share);
    left -= share;
  }
  const [first] = order;
  if (first && left !== 0) sizes.set(first.metadata.uid, Math.max(0, sizes.get(first.metadata.uid)! + left));
  return sizes;
}

function proportion(deployment: KubeObject, set: KubeObject, toAdd: number): number {
  if (wantedOf(set) === 0 || toAdd === 0) return 0;
  const wanted = deployment.spec.replicas ?? 1;
  if (wanted === 0) return -wantedOf(set);
  const before = Number(set.metadata.annotations?.[maxAnnotation] ?? 0) || Number(deployment.status?.replicas ?? 0) || wanted;
  const size = (wantedOf(set) * (wanted + limits(deployment).surge)) / before;
  return Math.round(size) - wantedOf(set);
}

function bounded(share: number, left: number): number {
  return left > 0 ? Math.min(Math.max(share, 0), left) : Math.max(Math.min(share, 0), left);
}

/** Was the deployment's size changed since its active sets were last scaled. */
export function wasScaled(deployment: KubeObject, sets: readonly KubeObject[]): boolean {
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[desiredAnnotation];
    return wantedOf(set) > 0 && desired !== undefined && Number(desired) !== (deployment.spec.replicas ?? 1);
  });
}
