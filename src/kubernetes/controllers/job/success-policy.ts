// When enough indexes of a job have succeeded (KEP-3998).
import type { KubeObject } from "../../api/object.ts";
import { parseIndexes } from "./indexes.ts";

/** Number of the first rule of `successPolicy` that the succeeded indexes satisfy; undefined if none does. */
export function satisfiedRule(job: KubeObject, succeeded: ReadonlySet<number>): number | undefined {
  const rules: { succeededIndexes?: string; succeededCount?: number }[] = job.spec.successPolicy?.rules ?? [];
  const found = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    const among = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, job.spec.completions ?? 0);
    const counted = among ? [...among].filter((index) => succeeded.has(index)).length : succeeded.size;
    return counted >= (succeededCount ?? among?.size ?? Number.POSITIVE_INFINITY);
  });
  return found < 0 ? undefined : found;
}
