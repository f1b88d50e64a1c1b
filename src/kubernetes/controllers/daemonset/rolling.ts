// Which daemon pods a rolling update replaces now.
import type { KubeObject } from "../../api/object.ts";
import { scaled } from "../../runtime/percent.ts";
import { isPodAvailable } from "../../runtime/pods.ts";

/** Limits of a daemon set's rolling update, resolved for `wanted` nodes. */
export function updateLimits(set: KubeObject, wanted: number): { surge: number; unavailable: number } {
  const { maxUnavailable, maxSurge } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, wanted, "up");
  const unavailable = scaled(maxUnavailable, wanted, "up", surge === 0 ? 1 : 0);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Pods per node, of nodes that should run one. */
export type PodsByNode = ReadonlyMap<string, readonly KubeObject[]>;

/** Old pods to delete and nodes to give a second, new pod. `isNew` tells pods of the present template. */
export function updateStep(
  set: KubeObject,
  byNode: PodsByNode,
  isNew: (pod: KubeObject) => boolean,
  now: number,
): { remove: KubeObject[]; create: string[] } {
  const minReady = set.spec.minReadySeconds ?? 0;
  const available = (pod: KubeObject) => isPodAvailable(pod, minReady, now);
  const { surge, unavailable } = updateLimits(set, byNode.size);
  const remove: KubeObject[] = [];
  const create: string[] = [];
  const candidates: { node: string; pod: KubeObject }[] = [];
  let missing = 0;
  let surging = 0;
  for (const [node, pods] of byNode) {
    const live = pods.filter((pod) => !pod.metadata.deletionTimestamp);
    const young = live.find(isNew);
    const old = live.find((pod) => !isNew(pod));
    if (surge === 0) {
      if (young && !old) {
        if (!available(young)) missing++;
      } else if (!old) missing++;
      else if (!available(old)) {
        // Not available anyway: replacing it costs nothing.
        remove.push(old);
        missing++;
      } else candidates.push({ node, pod: old });
      continue;
    }
    if (!old) continue;
    if (young) {
      if (available(young)) remove.push(old);
      else surging++;
    } else if (!available(old)) create.push(node);
    else candidates.push({ node, pod: old });
  }
  if (surge === 0) {
    for (const { pod } of candidates.slice(0, Math.max(0, unavailable - missing))) remove.push(pod);
  } else {
    for (const { node } of candidates.slice(0, Math.max(0, surge - surging - create.length))) create.push(node);
  }
  return { remove, create };
}
