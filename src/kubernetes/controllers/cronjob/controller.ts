// Makes jobs on a schedule.
import type { KubeObject, NewObject } from "../../api/object.ts";
import { findCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { errorText, ignoreNotFound, isAlreadyExists, isNamespaceTerminating } from "../../runtime/errors.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { controllerReference, ownerKeys } from "../../runtime/owners.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { parseTime, timestamp } from "../../runtime/time.ts";
import { isJobFinished } from "../job/verdict.ts";
import { isTimeZone, nextTime, parseSchedule, type Schedule } from "./schedule.ts";

const type = "cronjobs.batch";
const jobs = "jobs.batch";
const scheduledAt = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/** A cron job that missed more starts than this without a deadline tells so. */
const tooManyMissed = 100;

/** The cron job controller. */
export function cronJobController(deps: ControllerDeps): Controller {
  const { stores, clock, events } = deps;
  return {
    name: "cronjob",
    watches: [
      { type, keys: ({ object }) => [keyOf(object)] },
      { type: jobs, keys: ({ object }) => ownerKeys(object, "CronJob") },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const cron = stores.of(type).get(namespace, name);
      if (!cron || cron.metadata.deletionTimestamp) return undefined;
      const owned = stores.controlledBy(jobs, cron.metadata.uid);
      const noted = await noteFinished(deps, cron, owned);
      await trimHistory(deps, cron, owned);
      if (cron.spec.suspend) return undefined;
      const schedule = parseSchedule(cron.spec.schedule);
      const zone = cron.spec.timeZone ?? "UTC";
      if (!schedule) {
        events.event(cron, "Warning", "UnparseableSchedule", `unparseable schedule: "${cron.spec.schedule}"`);
        return undefined;
      }
      if (!isTimeZone(zone)) {
        events.event(cron, "Warning", "UnknownTimeZone", `invalid timeZone: "${zone}"`);
        return undefined;
      }
      await startDue(deps, noted, schedule, zone, owned);
      const next = nextTime(schedule, clock.now(), zone);
      return next === undefined ? undefined : next - clock.now();
    },
  };
}

/** Updates the list of active jobs. */
async function noteFinished(
  { client, stores, events }: ControllerDeps,
  cron: KubeObject,
  owned: readonly KubeObject[],
): Promise<KubeObject> {
  const byUid = new Map(owned.map((job) => [job.metadata.uid, job]));
  let lastSuccessfulTime = cron.status?.lastSuccessfulTime as string | undefined;
  const active: any[] = [];
  for (const reference of cron.status?.active ?? []) {
    const job = byUid.get(reference.uid);
    if (!job) {
      events.event(cron, "Normal", "MissingJob", `Active job went missing: ${reference.name}`);
      continue;
    }
    if (!isJobFinished(job)) {
      active.push(reference);
      continue;
    }
    const complete = findCondition(job.status.conditions, "Complete")?.status === "True";
    events.event(
      cron,
      "Normal",
      "SawCompletedJob",
      `Saw completed job: ${job.metadata.name}, condition: ${complete ? "Complete" : "Failed"}`,
    );
  }
  for (const job of owned) {
    if (findCondition(job.status?.conditions, "Complete")?.status !== "True") continue;
    const ended = job.status.completionTime;
    if (ended && parseTime(ended) > parseTime(lastSuccessfulTime)) lastSuccessfulTime = ended;
  }
  const status = { ...cron.status, active, ...(lastSuccessfulTime ? { lastSuccessfulTime } : {}) };
  if (sameSpec(status, cron.status ?? {})) return cron;
  const written = await client.updateStatus(type, { ...cron, status });
  stores.of(type).observe(written);
  return written;
}

async function startDue(
  deps: ControllerDeps,
  cron: KubeObject,
  schedule: Schedule,
  zone: string,
  owned: readonly KubeObject[],
): Promise<void> {
  const { client, stores, clock, events } = deps;
  const now = clock.now();
  const due = dueTime(deps, cron, schedule, zone, now);
  if (due === undefined) return;
  const { startingDeadlineSeconds, concurrencyPolicy = "Allow" } = cron.spec;
  if (startingDeadlineSeconds !== undefined && due + startingDeadlineSeconds * 1000 < now) {
    events.event(
      cron,
      "Warning",
      "MissSchedule",
      `Missed scheduled time to start a job: ${new Date(due).toUTCString().replace("GMT", "+0000")}`,
    );
    return;
  }
  const job = jobFor(cron, due);
  const active = (cron.status?.active ?? []) as any[];
  if (owned.some((other) => other.metadata.name === job.metadata.name) || active.some((reference) => reference.name === job.metadata.name))
    return;
  let remaining = active;
  if (concurrencyPolicy === "Forbid" && active.length) {
    events.event(
      cron,
      "Normal",
      "JobAlreadyActive",
      "Not starting job because prior execution is running and concurrency policy is Forbid",
    );
    return;
  }
  if (concurrencyPolicy === "Replace") {
    for (const { name, namespace } of active) {
      await ignoreNotFound(client.delete(jobs, namespace, name, { propagationPolicy: "Background" }));
      events.event(cron, "Normal", "SuccessfulDelete", `Deleted job ${name}`);
    }
    remaining = [];
  }
  try {
    const created = await client.create(jobs, cron.metadata.namespace!, job);
    stores.of(jobs).observe(created);
    events.event(cron, "Normal", "SuccessfulCreate", `Created job ${created.metadata.name}`);
    const { namespace, name, uid, resourceVersion } = created.metadata;
    const reference = { kind: "Job", apiVersion: "batch/v1", namespace, name, uid, resourceVersion };
    const status = { ...cron.status, active: [...remaining, reference], lastScheduleTime: timestamp(due) };
    stores.of(type).observe(await client.updateStatus(type, { ...cron, status }));
  } catch (error) {
    if (isAlreadyExists(error) || isNamespaceTerminating(error)) return;
    events.event(cron, "Warning", "FailedCreate", `Error creating job: ${errorText(error)}`);
    throw error;
  }
}

/** The latest start that is due and was not made yet. */
function dueTime({ events }: ControllerDeps, cron: KubeObject, schedule: Schedule, zone: string, now: number): number | undefined {
  let earliest = parseTime(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp);
  const { startingDeadlineSeconds } = cron.spec;
  if (startingDeadlineSeconds !== undefined) earliest = Math.max(earliest, now - startingDeadlineSeconds * 1000);
  let due: number | undefined;
  let missed = 0;
  for (let time = nextTime(schedule, earliest, zone); time !== undefined && time <= now; ) {
    due = time;
    missed++;
    if (missed > tooManyMissed) {
      // Far behind: jump close to now instead of walking through years of starts.
      const recent = nextTime(schedule, Math.max(time, now - 3_600_000), zone);
      if (recent === undefined || recent > now) break;
      time = recent > time ? recent : nextTime(schedule, time, zone);
      if (missed > tooManyMissed * 100) break;
      continue;
    }
    time = nextTime(schedule, time, zone);
  }
  if (missed > tooManyMissed) {
    const text = `too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew`;
    events.event(cron, "Warning", "TooManyMissedTimes", text);
  }
  return due;
}

/** The job of one start; its name says which minute it is for, so that no start is made twice. */
function jobFor(cron: KubeObject, due: number): NewObject {
  const { metadata = {}, spec } = cron.spec.jobTemplate;
  const name = `${cron.metadata.name}-${Math.floor(due / 60_000)}`;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: cron.metadata.namespace!,
      ...(metadata.labels ? { labels: { ...metadata.labels } } : {}),
      annotations: { ...metadata.annotations, [scheduledAt]: timestamp(due) },
      ownerReferences: [controllerReference(cron)],
    },
    spec: structuredClone(spec),
  };
}

async function trimHistory({ client, events }: ControllerDeps, cron: KubeObject, owned: readonly KubeObject[]): Promise<void> {
  const limits: [string, number | undefined][] = [
    ["Complete", cron.spec.successfulJobsHistoryLimit ?? 3],
    ["Failed", cron.spec.failedJobsHistoryLimit ?? 1],
  ];
  for (const [kind, limit] of limits) {
    const ended = owned.filter((job) => findCondition(job.status?.conditions, kind)?.status === "True" && !job.metadata.deletionTimestamp);
    const oldest = ended.sort(
      (a, b) => parseTime(a.status.startTime) - parseTime(b.status.startTime) || a.metadata.name.localeCompare(b.metadata.name),
    );
    for (const { metadata } of oldest.slice(0, Math.max(0, ended.length - limit!))) {
      await ignoreNotFound(client.delete(jobs, metadata.namespace!, metadata.name, { propagationPolicy: "Background", uid: metadata.uid }));
      events.event(cron, "Normal", "SuccessfulDelete", `Deleted job ${metadata.name}`);
    }
  }
}
