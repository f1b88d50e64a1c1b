// Jobs and cron jobs: completions, parallelism, retries, indexes, deadlines, suspension, history, schedules.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { nextTime, parseSchedule } from "../../../src/kubernetes/controllers/cronjob/schedule.ts";
import { formatIndexes, parseIndexes } from "../../../src/kubernetes/controllers/job/indexes.ts";
import { findCondition } from "../../../src/kubernetes/runtime/conditions.ts";
import { FakeCluster, podTemplate } from "../../support/fake-cluster.ts";

const type = "jobs.batch";

const spec = (change: object = {}) => ({
  parallelism: 1,
  completions: 1,
  backoffLimit: 6,
  selector: { matchLabels: { job: "j" } },
  template: podTemplate({ job: "j" }, "busybox", { restartPolicy: "Never" }),
  ...change,
});

async function setup(t: TestContext, change?: object) {
  const c = new FakeCluster();
  t.after(() => c.close());
  if (change)
    await c.create(type, { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j", namespace: "default" }, spec: spec(change) });
  await c.settle();
  const job = () => c.client.get(type, "default", "j")!;
  const live = () => c.pods().filter((pod) => pod.status.phase === "Pending");
  const end = async (phase: string, count = Number.POSITIVE_INFINITY) => {
    for (const pod of live().slice(0, count)) await c.setPod(pod, phase);
    await c.settle();
    await c.settle();
  };
  const condition = (kind: string) => findCondition(job().status.conditions, kind);
  return { c, job, live, end, condition };
}

test("a job runs its pods at most parallelism at a time and completes once", async (t) => {
  const { c, job, live, end, condition } = await setup(t, { completions: 3, parallelism: 2 });
  assert.equal(live().length, 2);
  assert.equal(job().status.active, 2);
  assert.ok(live().every((pod) => pod.metadata.finalizers?.includes("batch.kubernetes.io/job-tracking")));
  await end("Succeeded");
  assert.equal(job().status.succeeded, 2);
  assert.equal(live().length, 1);
  await end("Succeeded");
  assert.equal(job().status.succeeded, 3);
  assert.equal(job().status.active, undefined);
  assert.equal(condition("Complete")!.reason, "CompletionsReached");
  assert.equal(condition("SuccessCriteriaMet")!.status, "True");
  assert.ok(job().status.completionTime);
  assert.ok(
    c.pods().every((pod) => !pod.metadata.finalizers),
    "nothing holds finished pods back",
  );
  assert.ok(c.events("j").includes("Completed: Job completed"));
});

test("failures are retried with back-off until backoffLimit, then the job has failed", async (t) => {
  const { c, job, live, end, condition } = await setup(t, { backoffLimit: 1 });
  await end("Failed");
  assert.equal(live().length, 0, "a retry waits");
  await c.settle(11_000);
  assert.equal(live().length, 1);
  assert.equal(job().status.failed, 1);
  await end("Failed");
  assert.equal(condition("Failed")!.reason, "BackoffLimitExceeded");
  assert.equal(condition("Failed")!.message, "Job has reached the specified backoff limit");
  assert.equal(job().status.failed, 2);
});

test("a pod deleted after it ended is counted still", async (t) => {
  const { c, job, live } = await setup(t, { completions: 2, parallelism: 2 });
  const [pod] = live();
  await c.setPod(pod!, "Succeeded");
  await c.client.delete("pods", "default", pod!.metadata.name);
  await c.settle();
  assert.equal(job().status.succeeded, 1);
  assert.equal(c.client.get("pods", "default", pod!.metadata.name), undefined);
});

test("an indexed job gives every index one success", async (t) => {
  const { c, job, live, end } = await setup(t, { completions: 4, parallelism: 2, completionMode: "Indexed" });
  assert.deepEqual(
    live()
      .map((pod) => pod.metadata.annotations!["batch.kubernetes.io/job-completion-index"])
      .sort(),
    ["0", "1"],
  );
  assert.equal(live()[0]!.spec.hostname, "j-0");
  assert.ok(live()[0]!.metadata.name.startsWith("j-0-"));
  assert.equal(live()[0]!.spec.containers[0].env[0].name, "JOB_COMPLETION_INDEX");
  await end("Succeeded");
  await end("Succeeded");
  assert.equal(job().status.completedIndexes, "0-3");
  assert.equal(job().status.succeeded, 4);
  assert.equal(c.pods().length, 4);
});

test("a suspended job has no pods, and starts when it is resumed", async (t) => {
  const { c, job, live, condition } = await setup(t, { suspend: true });
  assert.equal(live().length, 0);
  assert.equal(condition("Suspended")!.status, "True");
  assert.equal(job().status.startTime, undefined);
  await c.edit(type, "default", "j", { spec: { suspend: false } });
  assert.equal(live().length, 1);
  assert.equal(condition("Suspended")!.reason, "JobResumed");
  await c.edit(type, "default", "j", { spec: { suspend: true } });
  assert.equal(live().length, 0);
});

test("activeDeadlineSeconds ends a job that runs too long", async (t) => {
  const { c, condition, live } = await setup(t, { activeDeadlineSeconds: 30 });
  await c.settle(31_000);
  await c.settle();
  assert.equal(condition("Failed")!.reason, "DeadlineExceeded");
  assert.equal(live().length, 0);
});

test("a pod failure policy ends the job or ignores the failure", async (t) => {
  const rules = [{ action: "FailJob", onExitCodes: { operator: "In", values: [42] } }];
  const { c, live, condition } = await setup(t, { podFailurePolicy: { rules } });
  const [pod] = live();
  const body = { status: { phase: "Failed", containerStatuses: [{ name: "main", state: { terminated: { exitCode: 42 } } }] } };
  await c.client.patch("pods", "default", pod!.metadata.name, "merge", body, { subresource: "status" });
  await c.settle();
  await c.settle();
  assert.equal(condition("Failed")!.reason, "PodFailurePolicy");
  assert.match(
    condition("Failed")!.message!,
    /^Container main for pod default\/j-\w+ failed with exit code 42 matching FailJob rule at index 0$/,
  );
});

test("a finished job goes after ttlSecondsAfterFinished", async (t) => {
  const { c, end } = await setup(t, { ttlSecondsAfterFinished: 60 });
  await end("Succeeded");
  await c.settle(50_000);
  assert.ok(c.client.get(type, "default", "j"));
  await c.settle(11_000);
  assert.equal(c.client.get(type, "default", "j"), undefined);
  assert.equal(c.pods().length, 0);
});

test("a restart counts nothing twice", async (t) => {
  const { c, job, end } = await setup(t, { completions: 3, parallelism: 3 });
  await end("Succeeded", 2);
  c.restart();
  await c.settle();
  c.restart();
  await c.settle();
  assert.equal(job().status.succeeded, 2);
});

for (const [indexes, text] of [
  [[], ""],
  [[3], "3"],
  [[0, 1], "0,1"],
  [[0, 2, 3, 4, 7, 8], "0,2-4,7,8"],
] as const) {
  test(`indexes ${text || "none"} are written and read`, () => {
    assert.equal(formatIndexes(new Set(indexes)), text);
    assert.deepEqual([...parseIndexes(text, 100)], indexes);
  });
}

for (const [schedule, zone, from, expected] of [
  ["*/5 * * * *", "UTC", "2026-01-01T00:01:00Z", "2026-01-01T00:05:00Z"],
  ["0 0 1 * *", "UTC", "2026-01-31T12:00:00Z", "2026-02-01T00:00:00Z"],
  ["@hourly", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"],
  ["30 4 * * mon-fri", "UTC", "2026-01-02T05:00:00Z", "2026-01-05T04:30:00Z"],
  ["0 0 13 * fri", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"],
  ["0 0 29 feb ?", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"],
  ["0 9 * * *", "America/New_York", "2026-01-01T00:00:00Z", "2026-01-01T14:00:00Z"],
  ["0 9 * * *", "America/New_York", "2026-07-01T00:00:00Z", "2026-07-01T13:00:00Z"],
  ["30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", "2026-03-09T06:30:00Z"],
  ["15 10-12/2 * * *", "Asia/Kolkata", "2026-01-01T05:00:00Z", "2026-01-01T06:45:00Z"],
] as const) {
  test(`${schedule} in ${zone} after ${from}`, () => {
    assert.equal(new Date(nextTime(parseSchedule(schedule)!, Date.parse(from), zone)!).toISOString(), expected.replace("Z", ".000Z"));
  });
}

for (const bad of ["", "* * * *", "60 * * * *", "* * 0 * *", "a * * * *", "*/0 * * * *", "5-1 * * * *", "* * * * * *"]) {
  test(`"${bad}" is no schedule`, () => assert.equal(parseSchedule(bad), undefined));
}

async function cron(t: TestContext, change: object = {}) {
  const { c } = await setup(t);
  await c.create("cronjobs.batch", {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "tick", namespace: "default" },
    spec: { schedule: "*/10 * * * *", concurrencyPolicy: "Allow", jobTemplate: { spec: spec() }, ...change },
  });
  await c.settle();
  const jobs = () => c.client.list(type).filter((job) => !job.metadata.deletionTimestamp);
  const finish = async () => {
    for (const pod of c.pods()) if (pod.status.phase === "Pending") await c.setPod(pod, "Succeeded");
    await c.settle();
    await c.settle();
  };
  return { c, jobs, finish, status: () => c.client.get("cronjobs.batch", "default", "tick")!.status };
}

test("a cron job makes a job on every tick, named for its minute, and keeps the last three", async (t) => {
  const { c, jobs, finish, status } = await cron(t);
  assert.equal(jobs().length, 0);
  for (let i = 0; i < 5; i++) {
    await c.settle(600_000);
    await finish();
  }
  assert.equal(jobs().length, 3);
  assert.equal(jobs()[0]!.metadata.name, `tick-${Date.parse("2026-01-01T00:30:00Z") / 60_000}`);
  assert.equal(status().lastScheduleTime, "2026-01-01T00:50:00Z");
  assert.ok(status().lastSuccessfulTime);
  assert.ok(c.events("tick").includes(`SuccessfulCreate: Created job ${jobs()[0]!.metadata.name}`));
});

test("Forbid skips, Replace replaces, suspend makes nothing", async (t) => {
  const forbid = await cron(t, { concurrencyPolicy: "Forbid" });
  await forbid.c.settle(600_000);
  await forbid.c.settle(600_000);
  assert.equal(forbid.jobs().length, 1);
  assert.ok(forbid.c.events("tick").some((event) => event.startsWith("JobAlreadyActive")));
  const replace = await cron(t, { concurrencyPolicy: "Replace" });
  await replace.c.settle(600_000);
  const [first] = replace.jobs();
  await replace.c.settle(600_000);
  assert.deepEqual([replace.jobs().length, replace.jobs()[0]!.metadata.uid === first!.metadata.uid], [1, false]);
  const suspended = await cron(t, { suspend: true });
  await suspended.c.settle(1_200_000);
  assert.equal(suspended.jobs().length, 0);
});

test("a missed start within the deadline is made once after a restart, an older one is not", async (t) => {
  const { c, jobs } = await cron(t, { startingDeadlineSeconds: 300 });
  c.controllers.close();
  await c.clock.step(14 * 60_000);
  c.restart();
  await c.settle();
  assert.equal(jobs().length, 1);
  c.controllers.close();
  await c.clock.step(13 * 60_000);
  c.restart();
  await c.settle();
  assert.equal(jobs().length, 1, "seven minutes late is too late");
});
