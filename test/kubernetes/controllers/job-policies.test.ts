// Jobs that count failures by index, that succeed early, that wait for a pod's end before they replace it.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { satisfiedRule } from "../../../src/kubernetes/controllers/job/success-policy.ts";
import { findCondition } from "../../../src/kubernetes/runtime/conditions.ts";
import { FakeCluster, podTemplate } from "../../support/fake-cluster.ts";

const type = "jobs.batch";
const indexAnnotation = "batch.kubernetes.io/job-completion-index";
const countAnnotation = "batch.kubernetes.io/job-index-failure-count";

async function setup(t: TestContext, change: object) {
  const c = new FakeCluster();
  t.after(() => c.close());
  const spec = {
    parallelism: 2,
    completions: 2,
    completionMode: "Indexed",
    backoffLimit: 2_147_483_647,
    selector: { matchLabels: { job: "j" } },
    template: podTemplate({ job: "j" }, "busybox", { restartPolicy: "Never" }),
    ...change,
  };
  await c.create(type, { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j", namespace: "default" }, spec });
  await c.settle();
  const job = () => c.client.get(type, "default", "j")!;
  const live = () => c.pods().filter((pod) => pod.status.phase === "Pending" && !pod.metadata.deletionTimestamp);
  const indexOf = (pod: any) => Number(pod.metadata.annotations[indexAnnotation]);
  const end = async (phase: string, index: number) => {
    for (const pod of live().filter((each) => indexOf(each) === index)) await c.setPod(pod, phase);
    await c.settle();
    await c.settle();
  };
  const condition = (kind: string) => findCondition(job().status.conditions, kind);
  return { c, job, live, end, condition, indexes: () => live().map(indexOf).sort() };
}

test("an index that failed too often is given up, the others go on, and the job fails at the end", async (t) => {
  const { c, job, live, end, condition, indexes } = await setup(t, { backoffLimitPerIndex: 1 });
  assert.deepEqual(indexes(), [0, 1]);
  await end("Failed", 0);
  assert.equal(job().status.failedIndexes, "");
  await c.settle(11_000);
  assert.deepEqual(indexes(), [0, 1]);
  assert.deepEqual(
    live()
      .map((pod) => pod.metadata.annotations?.[countAnnotation])
      .sort(),
    ["0", "1"],
  );
  await end("Failed", 0);
  assert.equal(job().status.failedIndexes, "0");
  await c.settle(60_000);
  assert.deepEqual(indexes(), [1], "nobody tries index 0 again");
  assert.equal(condition("Failed"), undefined);
  await end("Succeeded", 1);
  assert.equal(condition("Failed")!.reason, "FailedIndexes");
  assert.equal(condition("Failed")!.message, "Job has failed indexes");
  assert.equal(job().status.completedIndexes, "1");
});

test("too many failed indexes end the job", async (t) => {
  const { end, condition, live } = await setup(t, { backoffLimitPerIndex: 0, maxFailedIndexes: 0 });
  await end("Failed", 1);
  assert.equal(condition("Failed")!.reason, "MaxFailedIndexesExceeded");
  assert.equal(live().length, 0);
});

test("a rule FailIndex gives an index up at once", async (t) => {
  const podFailurePolicy = { rules: [{ action: "FailIndex", onPodConditions: [{ type: "Hopeless", status: "True" }] }] };
  const { c, job, live } = await setup(t, { backoffLimitPerIndex: 5, podFailurePolicy });
  const pod = live()[0]!;
  const conditions = [{ type: "Hopeless", status: "True" }];
  await c.client.updateStatus("pods", { ...pod, status: { ...pod.status, phase: "Failed", conditions } });
  await c.settle();
  assert.equal(job().status.failedIndexes, pod.metadata.annotations![indexAnnotation]);
});

test("a success policy completes the job before every index is done", async (t) => {
  const { job, end, condition, live } = await setup(t, { successPolicy: { rules: [{ succeededIndexes: "1" }] } });
  await end("Succeeded", 1);
  assert.equal(condition("SuccessCriteriaMet")!.reason, "SuccessPolicy");
  assert.equal(condition("Complete")!.message, "Matched rules at index 0");
  assert.equal(job().status.completedIndexes, "1");
  assert.equal(live().length, 0);
});

const rules: [rules: object[], succeeded: number[], expected: number | undefined][] = [
  [[{ succeededIndexes: "0-2" }], [0, 1], undefined],
  [[{ succeededIndexes: "0-2" }], [0, 1, 2], 0],
  [[{ succeededIndexes: "0-2", succeededCount: 2 }], [2, 0], 0],
  [[{ succeededIndexes: "0-2", succeededCount: 2 }], [0, 5], undefined],
  [[{ succeededCount: 3 }], [1, 2], undefined],
  [[{ succeededIndexes: "9" }, { succeededCount: 1 }], [4], 1],
  [[], [1], undefined],
];
for (const [list, succeeded, expected] of rules) {
  test(`success rules ${JSON.stringify(list)} of ${JSON.stringify(succeeded)}`, () => {
    const job = { spec: { completions: 10, successPolicy: { rules: list } } };
    assert.equal(satisfiedRule(job as never, new Set(succeeded)), expected);
  });
}

for (const [policy, replaced] of [
  ["TerminatingOrFailed", 2],
  ["Failed", 1],
] as const) {
  test(`podReplacementPolicy ${policy}`, async (t) => {
    const { c, job, live } = await setup(t, { podReplacementPolicy: policy });
    const pod = live()[0]!;
    await c.client.update("pods", { ...pod, spec: { ...pod.spec, nodeName: "n" } });
    await c.client.delete("pods", "default", pod.metadata.name, { gracePeriodSeconds: 30 });
    await c.settle();
    assert.equal(live().length, replaced);
    assert.equal(job().status.terminating, 1);
  });
}
