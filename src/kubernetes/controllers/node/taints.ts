// The taints a node's conditions call for.
import type { KubeObject } from "../../api/object.ts";
import { findCondition } from "../../runtime/conditions.ts";
import { timestamp } from "../../runtime/time.ts";
import type { Taint } from "../../runtime/tolerations.ts";

export const notReady = "node.kubernetes.io/not-ready";
export const unreachable = "node.kubernetes.io/unreachable";
const unschedulable = "node.kubernetes.io/unschedulable";
const pressures: Record<string, string> = {
  MemoryPressure: "node.kubernetes.io/memory-pressure",
  DiskPressure: "node.kubernetes.io/disk-pressure",
  PIDPressure: "node.kubernetes.io/pid-pressure",
  NetworkUnavailable: "node.kubernetes.io/network-unavailable",
};
const owned = new Set([notReady, unreachable, unschedulable, ...Object.values(pressures)]);

/** A node's taints after those by condition are set and cleared; the same list if nothing changes. */
export function taintsFor(node: KubeObject, now: number): readonly Taint[] {
  const present = (node.spec?.taints ?? []) as Taint[];
  const wanted: Taint[] = [];
  const ready = findCondition(node.status?.conditions, "Ready")?.status;
  if (ready === "False") wanted.push({ key: notReady, effect: "NoSchedule" }, { key: notReady, effect: "NoExecute" });
  if (ready === "Unknown") wanted.push({ key: unreachable, effect: "NoSchedule" }, { key: unreachable, effect: "NoExecute" });
  // A node that has not reported yet keeps the taint admission gave it.
  if (ready === undefined && present.some((taint) => taint.key === notReady)) wanted.push({ key: notReady, effect: "NoSchedule" });
  for (const [type, key] of Object.entries(pressures)) {
    if (findCondition(node.status?.conditions, type)?.status === "True") wanted.push({ key, effect: "NoSchedule" });
  }
  if (node.spec?.unschedulable) wanted.push({ key: unschedulable, effect: "NoSchedule" });
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const kept = present.filter((taint) => !owned.has(taint.key) || wanted.some((other) => same(other, taint)));
  const added = wanted
    .filter((taint) => !present.some((other) => same(other, taint)))
    .map((taint) => ({ ...taint, timeAdded: timestamp(now) }));
  return kept.length === present.length && added.length === 0 ? present : [...kept, ...added];
}
