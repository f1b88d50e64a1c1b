// Counts finished pods exactly once: a finalizer keeps each until the job's status has it (KEP-2307, job tracking with finalizers).
import type { KubeObject } from "../../api/object.ts";
import { isPodFinished } from "../../runtime/pods.ts";
import { formatIndexes, indexOf, parseIndexes } from "./indexes.ts";

export const trackingFinalizer = "batch.kubernetes.io/job-tracking";

/** What the pods of a job amount to. */
export interface Account {
  /** Counters and uncounted uids after this round. */
  readonly status: any;
  /** Pods whose finalizer may go once the status is stored. */
  readonly release: readonly KubeObject[];
  readonly active: readonly KubeObject[];
  readonly succeededIndexes: ReadonlySet<number>;
}

export function hasFinalizer(pod: KubeObject): boolean {
  return !!pod.metadata.finalizers?.includes(trackingFinalizer);
}

/** Did a pod end badly: failed, or asked to go before it ended and gone without a verdict. */
function hasFailed(pod: KubeObject): boolean {
  return pod.status?.phase === "Failed" || (!!pod.metadata.deletionTimestamp && !isPodFinished(pod) && !pod.spec.nodeName);
}

/** One round: counts what was announced before and whose finalizer is gone, announces what has finished since. */
export function account(job: KubeObject, pods: readonly KubeObject[]): Account {
  const { status = {} } = job;
  const indexed = job.spec.completionMode === "Indexed";
  const completions = job.spec.completions ?? 0;
  const announced = {
    succeeded: new Set<string>(status.uncountedTerminatedPods?.succeeded),
    failed: new Set<string>(status.uncountedTerminatedPods?.failed),
  };
  const held = new Map(pods.filter(hasFinalizer).map((pod) => [pod.metadata.uid, pod]));
  const done = parseIndexes(status.completedIndexes, completions);
  let succeeded = status.succeeded ?? 0;
  let failed = status.failed ?? 0;
  for (const uid of [...announced.succeeded]) {
    if (held.has(uid)) continue;
    announced.succeeded.delete(uid);
    if (!indexed) succeeded++;
  }
  for (const uid of [...announced.failed]) {
    if (held.has(uid)) continue;
    announced.failed.delete(uid);
    failed++;
  }
  for (const pod of held.values()) {
    const { uid } = pod.metadata;
    if (pod.status?.phase === "Succeeded") {
      const index = indexOf(pod);
      if (!indexed) announced.succeeded.add(uid);
      else if (index !== undefined && index < completions) done.add(index);
    } else if (hasFailed(pod)) announced.failed.add(uid);
  }
  if (indexed) succeeded = done.size;
  const uncounted = {
    ...(announced.succeeded.size ? { succeeded: [...announced.succeeded].sort() } : {}),
    ...(announced.failed.size ? { failed: [...announced.failed].sort() } : {}),
  };
  const release = [...held.values()].filter((pod) => pod.status?.phase === "Succeeded" || hasFailed(pod));
  const active = pods.filter((pod) => !isPodFinished(pod) && !pod.metadata.deletionTimestamp);
  const { completedIndexes: _, ...rest } = status;
  return {
    release,
    active,
    succeededIndexes: done,
    status: {
      ...rest,
      succeeded,
      failed,
      ...(indexed && done.size ? { completedIndexes: formatIndexes(done) } : {}),
      uncountedTerminatedPods: uncounted,
    },
  };
}

/** Successes and failures including those announced but not counted yet. */
export function totals(status: any): { succeeded: number; failed: number } {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  return { succeeded: (status.succeeded ?? 0) + succeeded.length, failed: (status.failed ?? 0) + failed.length };
}
