// Failures of single indexes (`backoffLimitPerIndex`): each pod carries how often its index failed before it (KEP-3850).
import type { KubeObject } from "../../api/object.ts";
import { indexOf, parseIndexes } from "./indexes.ts";
import { actionFor } from "./verdict.ts";

export const failureCountAnnotation = "batch.kubernetes.io/job-index-failure-count";

/** What failed pods mean for their indexes. */
export interface IndexFailures {
  /** Indexes that are given up. */
  readonly failed: ReadonlySet<number>;
  /** How often an index has failed so far. */
  countOf(index: number): number;
  /** Failed pods of an index. */
  podsOf(index: number): readonly KubeObject[];
}

/** Reads failures off a job's failed pods; undefined for jobs that do not count by index. */
export function indexFailures(job: KubeObject, failedPods: readonly KubeObject[]): IndexFailures | undefined {
  const { backoffLimitPerIndex: limit, completions = 0 } = job.spec;
  if (limit === undefined || limit === null) return undefined;
  const pods = new Map<number, KubeObject[]>();
  for (const pod of failedPods) {
    const index = indexOf(pod);
    if (index !== undefined && index < completions) pods.set(index, [...(pods.get(index) ?? []), pod]);
  }
  const podsOf = (index: number) => pods.get(index) ?? [];
  const countOf = (index: number) => Math.max(0, ...podsOf(index).map((pod) => failuresBefore(pod) + 1));
  const failed = parseIndexes(job.status?.failedIndexes, completions);
  for (const index of pods.keys())
    if (countOf(index) > limit || podsOf(index).some((pod) => actionFor(job, pod) === "FailIndex")) failed.add(index);
  return { failed, countOf, podsOf };
}

function failuresBefore(pod: KubeObject): number {
  const count = Number(pod.metadata.annotations?.[failureCountAnnotation] ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}
