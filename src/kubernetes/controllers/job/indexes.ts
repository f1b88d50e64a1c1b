// Completion indexes of indexed jobs: sets of numbers and their text (`0,2-4`).
import type { KubeObject } from "../../api/object.ts";

export const indexAnnotation = "batch.kubernetes.io/job-completion-index";

/** The completion index of a pod, if it has one. */
export function indexOf(pod: KubeObject): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Reads `0,2-4`; ignores what is not below `completions`. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const result = new Set<number>();
  for (const part of (text ?? "").split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) continue;
    for (let index = Number(match[1]); index <= Number(match[2] ?? match[1]) && index < completions; index++) result.add(index);
  }
  return result;
}

/** Writes a set as `0,2-4`; runs of two are written apart, as the job controller does. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    if (end === start) parts.push(`${sorted[start]}`);
    else if (end === start + 1) parts.push(`${sorted[start]}`, `${sorted[end]}`);
    else parts.push(`${sorted[start]}-${sorted[end]}`);
    start = end + 1;
  }
  return parts.join(",");
}
