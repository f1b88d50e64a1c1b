// Whether a job is finished, and how.
import type { KubeObject } from "../../api/object.ts";
import { findCondition } from "../../runtime/conditions.ts";
import { parseTime } from "../../runtime/time.ts";
import { indexOf } from "./indexes.ts";
import { satisfiedRule } from "./success-policy.ts";

/** How a job ends. */
export interface Verdict {
  readonly type: "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
}

/** Complete or Failed is set. */
export function isJobFinished(job: KubeObject): boolean {
  return ["Complete", "Failed"].some((type) => findCondition(job.status?.conditions, type)?.status === "True");
}

/** What a job has come to. The sets are of indexes, for indexed jobs. */
export interface Tally {
  readonly succeeded: number;
  readonly failed: number;
  readonly active: number;
  readonly succeededIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
}

/** Decides from the counts. `failedPods` are for the pod failure policy. */
export function judge(job: KubeObject, counts: Tally, failedPods: readonly KubeObject[], now: number): Verdict | undefined {
  const { completions, parallelism = 1, backoffLimit = 6, activeDeadlineSeconds, maxFailedIndexes } = job.spec;
  const rule = satisfiedRule(job, counts.succeededIndexes);
  if (rule !== undefined) return { type: "Complete", reason: "SuccessPolicy", message: `Matched rules at index ${rule}` };
  const byPolicy = failedByPolicy(job, failedPods);
  if (byPolicy) return byPolicy;
  if (maxFailedIndexes !== undefined && counts.failedIndexes.size > maxFailedIndexes) {
    const message = "Job has exceeded the specified maximal number of failed indexes";
    return { type: "Failed", reason: "MaxFailedIndexesExceeded", message };
  }
  if (counts.failed > backoffLimit) {
    return { type: "Failed", reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit" };
  }
  const started = parseTime(job.status?.startTime);
  if (activeDeadlineSeconds !== undefined && started && !job.spec.suspend && now - started >= activeDeadlineSeconds * 1000) {
    return { type: "Failed", reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" };
  }
  if (counts.failedIndexes.size > 0 && counts.active === 0 && counts.succeeded + counts.failedIndexes.size >= (completions ?? 0))
    return { type: "Failed", reason: "FailedIndexes", message: "Job has failed indexes" };
  const reached =
    completions === undefined || completions === null ? counts.succeeded > 0 && counts.active === 0 : counts.succeeded >= completions;
  if (!reached || (parallelism === 0 && completions === undefined)) return undefined;
  return { type: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" };
}

/** A pod failure policy rule `FailJob` that matches ends the job. */
function failedByPolicy(job: KubeObject, pods: readonly KubeObject[]): Verdict | undefined {
  for (const pod of pods) {
    const match = matchingRule(job, pod);
    if (match?.rule.action === "FailJob") return { type: "Failed", reason: "PodFailurePolicy", message: match.message };
  }
  return undefined;
}

/** What the pod failure policy says of a failed pod, if it says anything. */
export function actionFor(job: KubeObject, pod: KubeObject): "Count" | "FailIndex" | "FailJob" | "Ignore" | undefined {
  return matchingRule(job, pod)?.rule.action;
}

function matchingRule(job: KubeObject, pod: KubeObject): { rule: any; message: string } | undefined {
  const rules = (job.spec.podFailurePolicy?.rules ?? []) as any[];
  for (const [index, rule] of rules.entries()) {
    const { onExitCodes, onPodConditions } = rule;
    const where = `matching ${rule.action} rule at index ${index}`;
    if (onExitCodes) {
      const status = (pod.status?.containerStatuses ?? []).find((each: any) => {
        const code = each.state?.terminated?.exitCode;
        if (code === undefined || code === 0 || (onExitCodes.containerName && onExitCodes.containerName !== each.name)) return false;
        return onExitCodes.values.includes(code) === (onExitCodes.operator === "In");
      });
      if (status) {
        const { namespace, name } = pod.metadata;
        const message = `Container ${status.name} for pod ${namespace}/${name} failed with exit code ${status.state.terminated.exitCode} ${where}`;
        return { rule, message };
      }
    }
    const condition = (onPodConditions ?? []).find(
      (wanted: any) => findCondition(pod.status?.conditions, wanted.type)?.status === (wanted.status ?? "True"),
    );
    if (condition) return { rule, message: `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${condition.type} ${where}` };
  }
  return undefined;
}

/** Milliseconds until a retry after failures: 10 s doubling to 10 min, from the last failure (job controller back-off). */
export function retryIn(failures: readonly KubeObject[], now: number): number {
  if (!failures.length) return 0;
  const last = Math.max(...failures.map(finishedAt));
  const delay = Math.min(10_000 * 2 ** (failures.length - 1), 600_000);
  return Math.max(0, last + delay - now);
}

function finishedAt(pod: KubeObject): number {
  const ends = (pod.status?.containerStatuses ?? []).map((status: any) => parseTime(status.state?.terminated?.finishedAt)) as number[];
  return Math.max(0, ...ends) || parseTime(pod.metadata.creationTimestamp);
}

/** Up to `count` free completion indexes, lowest first. */
export function freeIndexes(completions: number, done: ReadonlySet<number>, active: readonly KubeObject[], count: number): number[] {
  const taken = new Set(active.map(indexOf));
  const result: number[] = [];
  for (let index = 0; index < completions && result.length < count; index++) if (!done.has(index) && !taken.has(index)) result.push(index);
  return result;
}
