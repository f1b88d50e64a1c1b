// Runs jobs to completion: parallel pods, retries with back-off, indexes, deadlines, suspension.
import type { KubeObject } from "../../api/object.ts";
import { type Condition, findCondition, withCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { claim, controllerOf, ownerKeys } from "../../runtime/owners.ts";
import { isPodFinished, isPodReady, soonest } from "../../runtime/pods.ts";
import { compileSelector } from "../../runtime/selectors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { parseTime, timestamp } from "../../runtime/time.ts";
import { createPod, deletePod, inGrowingBatches, podFromTemplate } from "../pod-control.ts";
import { type Account, account, hasFinalizer, totals, trackingFinalizer } from "./accounting.ts";
import { failureCountAnnotation, type IndexFailures, indexFailures } from "./index-failures.ts";
import { formatIndexes, indexAnnotation } from "./indexes.ts";
import { actionFor, freeIndexes, isJobFinished, judge, retryIn, type Verdict } from "./verdict.ts";

const type = "jobs.batch";
const burst = 500;

/** The job controller. */
export function jobController(deps: ControllerDeps): Controller {
  const { stores } = deps;
  return {
    name: "job",
    watches: [
      { type, keys: ({ object }) => [keyOf(object)] },
      {
        type: "pods",
        keys: ({ object, old }) => {
          const keys = [...ownerKeys(object, "Job"), ...(old ? ownerKeys(old, "Job") : [])];
          return keys.length || controllerOf(object) ? keys : [];
        },
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const job = stores.of(type).get(namespace, name);
      if (!job) {
        await releaseStrays(deps, namespace, name);
        return undefined;
      }
      if (job.spec.managedBy && job.spec.managedBy !== "kubernetes.io/job-controller") return undefined;
      const matches = compileSelector(job.spec.selector);
      const pods = await claim({ client: deps.client, stores, type: "pods", owner: job, matches });
      if (job.metadata.deletionTimestamp || isJobFinished(job)) {
        await release(deps, pods.filter(hasFinalizer));
        return undefined;
      }
      return sync(deps, job, pods);
    },
  };
}

async function sync(deps: ControllerDeps, job: KubeObject, pods: readonly KubeObject[]): Promise<number | undefined> {
  const { clock } = deps;
  const now = clock.now();
  const ignored = pods.filter((pod) => pod.status?.phase === "Failed" && actionFor(job, pod) === "Ignore");
  const counted = account(
    job,
    pods.filter((pod) => !ignored.includes(pod)),
  );
  const sums = totals(counted.status);
  const failed = pods.filter((pod) => pod.status?.phase === "Failed" && !ignored.includes(pod));
  const failures = indexFailures(job, failed);
  const { active: running, succeededIndexes } = counted;
  // An index that succeeded after all has not failed.
  const failedIndexes = new Set([...(failures?.failed ?? [])].filter((index) => !succeededIndexes.has(index)));
  if (failures) counted.status.failedIndexes = formatIndexes(failedIndexes);
  const verdict = judge(job, { ...sums, active: running.length, succeededIndexes, failedIndexes }, failed, now);
  if (verdict) return finish(deps, job, pods, counted, verdict);
  const leaving = pods.filter((pod) => pod.metadata.deletionTimestamp && !isPodFinished(pod));
  const { again, active } = await manage(deps, job, { counted, sums, failed, failures, failedIndexes, leaving }, now);
  const startTime = job.spec.suspend ? undefined : (job.status?.startTime ?? timestamp(now));
  const conditions = suspension(deps, job, now);
  const ready = active.filter(isPodReady).length;
  await writeStatus(deps, job, { ...counted.status, startTime, conditions, active: active.length, ready, terminating: leaving.length });
  await release(deps, [...counted.release, ...ignored.filter(hasFinalizer)]);
  const deadline =
    job.spec.activeDeadlineSeconds !== undefined && startTime
      ? parseTime(startTime) + job.spec.activeDeadlineSeconds * 1000 - now
      : undefined;
  return soonest(again, deadline);
}

/** Where a job stands. */
interface Standing {
  readonly counted: Account;
  readonly sums: { readonly succeeded: number };
  readonly failed: readonly KubeObject[];
  readonly failures: IndexFailures | undefined;
  readonly failedIndexes: ReadonlySet<number>;
  /** Pods that are asked to go and have not ended. */
  readonly leaving: readonly KubeObject[];
}

/** Makes missing pods and removes surplus ones. Returns when to try again if it has to wait. */
async function manage(
  deps: ControllerDeps,
  job: KubeObject,
  { counted, sums, failed, failures, failedIndexes, leaving }: Standing,
  now: number,
): Promise<{ again: number | undefined; active: readonly KubeObject[] }> {
  const { active, succeededIndexes } = counted;
  if (job.spec.suspend) {
    await Promise.all(active.map((pod) => deletePod(deps, job, pod)));
    return { again: undefined, active: [] };
  }
  const { completions, parallelism = 1 } = job.spec;
  const open =
    completions === undefined || completions === null
      ? sums.succeeded > 0
        ? active.length
        : parallelism
      : completions - sums.succeeded - failedIndexes.size;
  const wanted = Math.max(0, Math.min(parallelism, open));
  if (active.length > wanted) {
    const order = [...active].sort(
      (a, b) =>
        Number(isPodReady(a)) - Number(isPodReady(b)) || parseTime(b.metadata.creationTimestamp) - parseTime(a.metadata.creationTimestamp),
    );
    const surplus = order.slice(0, active.length - wanted);
    await Promise.all(surplus.map((pod) => deletePod(deps, job, pod)));
    return { again: undefined, active: active.filter((pod) => !surplus.includes(pod)) };
  }
  // With podReplacementPolicy Failed a pod is replaced when it has ended, not when it is asked to.
  const replaced = job.spec.podReplacementPolicy === "Failed" ? leaving : [];
  const missing = Math.min(wanted - active.length - replaced.length, burst);
  if (missing <= 0) return { again: undefined, active };
  const indexed = job.spec.completionMode === "Indexed";
  // Indexes that have to wait do not hold up those behind them.
  const candidates = failures ? (completions ?? 0) : missing;
  const over = new Set([...succeededIndexes, ...failedIndexes]);
  const free = indexed ? freeIndexes(completions ?? 0, over, [...active, ...replaced], candidates) : undefined;
  const waits = failures && free ? new Map(free.map((index) => [index, retryIn(failures.podsOf(index), now)])) : undefined;
  const wait = waits ? Math.min(...waits.values()) : retryIn(failed, now);
  if (wait > 0) return { again: Number.isFinite(wait) ? wait : undefined, active };
  const indexes = free?.filter((index) => !waits?.get(index)).slice(0, missing);
  const later = soonest(...[...(waits?.values() ?? [])].filter((each) => each > 0));
  const made: KubeObject[] = [];
  const { error } = await inGrowingBatches(indexes?.length ?? missing, async (at) => {
    const pod = await createPod(deps, job, jobPod(job, indexes?.[at], failures));
    if (pod) made.push(pod);
  });
  if (error !== undefined && made.length === 0) throw error;
  return { again: error === undefined ? later : 1000, active: [...active, ...made] };
}

/** A pod of a job with the finalizer, and for an indexed one its index in annotation, label, host name and environment. */
function jobPod(job: KubeObject, index: number | undefined, failures: IndexFailures | undefined) {
  const template = structuredClone(job.spec.template);
  template.metadata = { ...template.metadata, finalizers: [...(template.metadata?.finalizers ?? []), trackingFinalizer] };
  if (index === undefined) return podFromTemplate(job, template);
  const text = String(index);
  const count = failures && { [failureCountAnnotation]: String(failures.countOf(index)) };
  template.metadata.annotations = { ...template.metadata.annotations, [indexAnnotation]: text, ...count };
  template.metadata.labels = { ...template.metadata.labels, [indexAnnotation]: text };
  template.spec.hostname = `${job.metadata.name}-${text}`;
  const valueFrom = { fieldRef: { apiVersion: "v1", fieldPath: `metadata.labels['${indexAnnotation}']` } };
  for (const container of [...template.spec.containers, ...(template.spec.initContainers ?? [])]) {
    if (!container.env?.some((each: any) => each.name === "JOB_COMPLETION_INDEX"))
      container.env = [...(container.env ?? []), { name: "JOB_COMPLETION_INDEX", valueFrom }];
  }
  return podFromTemplate(job, template, { metadata: { generateName: `${job.metadata.name}-${text}-` } });
}

/** Ends a job: remaining pods go, counts are settled, and the final conditions are set together. */
async function finish(
  deps: ControllerDeps,
  job: KubeObject,
  pods: readonly KubeObject[],
  counted: Account,
  { type: kind, reason, message }: Verdict,
): Promise<number | undefined> {
  const { clock, events } = deps;
  const now = clock.now();
  await Promise.all(counted.active.map((pod) => deletePod(deps, job, pod)));
  const early = kind === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
  let conditions: Condition[] = job.status?.conditions ?? [];
  const probe = { lastProbeTime: timestamp(now) };
  conditions = withCondition(conditions, { type: early, status: "True", reason, message, ...probe }, now);
  const gone = pods
    .filter((pod) => pod.metadata.deletionTimestamp || counted.active.includes(pod))
    .some((pod) => !isPodFinished(pod) && deps.stores.pods.get(pod.metadata.namespace!, pod.metadata.name));
  const pending = Object.keys(counted.status.uncountedTerminatedPods).length > 0;
  const startTime = job.status?.startTime ?? timestamp(now);
  const base = { ...counted.status, startTime, active: 0, ready: 0 };
  // The final condition waits until every pod has ended and is counted.
  if (gone || pending) {
    const terminating = gone ? counted.active.length : 0;
    await writeStatus(deps, job, { ...base, conditions, terminating });
    await release(deps, counted.release);
    return 100;
  }
  conditions = withCondition(conditions, { type: kind, status: "True", reason, message, ...probe }, now);
  const completionTime = kind === "Complete" ? { completionTime: timestamp(now) } : {};
  await writeStatus(deps, job, { ...base, conditions, ...completionTime, terminating: 0 });
  if (kind === "Complete") events.event(job, "Normal", "Completed", "Job completed");
  else events.event(job, "Warning", reason, message);
  await release(deps, pods.filter(hasFinalizer));
  return undefined;
}

function suspension({ events }: ControllerDeps, job: KubeObject, now: number): Condition[] | undefined {
  const conditions = job.status?.conditions as Condition[] | undefined;
  const present = findCondition(conditions, "Suspended");
  const probe = { lastProbeTime: timestamp(now) };
  if (job.spec.suspend && present?.status !== "True") {
    events.event(job, "Normal", "Suspended", "Job suspended");
    return withCondition(
      conditions,
      { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended", ...probe },
      now,
    );
  }
  if (!job.spec.suspend && present?.status === "True") {
    events.event(job, "Normal", "Resumed", "Job resumed");
    return withCondition(conditions, { type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed", ...probe }, now);
  }
  return conditions;
}

async function writeStatus({ client, stores }: ControllerDeps, job: KubeObject, wanted: any): Promise<void> {
  const status: any = {};
  for (const [name, value] of Object.entries(wanted)) {
    const always = name === "terminating" || name === "ready" || name === "uncountedTerminatedPods";
    if (value !== undefined && value !== null && (value !== 0 || always) && !(Array.isArray(value) && value.length === 0))
      status[name] = value;
  }
  if (sameSpec(job.status ?? {}, status)) return;
  stores.of(type).observe(await client.updateStatus(type, { ...job, status }));
}

/** Takes the finalizer off pods the status knows about. */
async function release({ client, stores }: ControllerDeps, pods: readonly KubeObject[]): Promise<void> {
  await Promise.all(
    pods.map(async ({ metadata }) => {
      const finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== trackingFinalizer);
      const body = {
        metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, finalizers: finalizers.length ? finalizers : null },
      };
      const written = await ignoreNotFound(client.patch("pods", metadata.namespace!, metadata.name, "merge", body));
      if (written && !written.metadata.deletionTimestamp) stores.pods.observe(written);
    }),
  );
}

/** Pods of a job that is gone must not be held by its finalizer. */
async function releaseStrays(deps: ControllerDeps, namespace: string, name: string): Promise<void> {
  const strays = deps.stores.pods
    .list(namespace)
    .filter((pod) => hasFinalizer(pod) && controllerOf(pod)?.kind === "Job" && controllerOf(pod)?.name === name);
  await release(deps, strays);
}
