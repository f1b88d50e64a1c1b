import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KubeObject } from "../../api/object.ts";
import type { PodValue } from "./metrics.ts";
import { proposeReplicas, type Question } from "./replicas.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();

interface Sample {
  /** Thousandths used; absent: nothing is measured. */
  readonly used?: number;
  readonly phase?: string;
  readonly ready?: "True" | "False";
  /** Seconds since start, and since the pod became (un)ready. */
  readonly age?: number;
  readonly since?: number;
  readonly deleted?: boolean;
  readonly request?: string | undefined;
}

function podOf(name: string, { phase = "Running", ready = "True", age = 3600, since = 3500, deleted, ...rest }: Sample): KubeObject {
  const request = "request" in rest ? rest.request : "1";
  return {
    metadata: { name, ...(deleted && { deletionTimestamp: ago(1) }) },
    spec: { containers: [{ name: "main", resources: { requests: { ...(request && { cpu: request }) } } }] },
    status: { phase, startTime: ago(age), conditions: [{ type: "Ready", status: ready, lastTransitionTime: ago(since) }] },
  } as unknown as KubeObject;
}

function question(samples: readonly Sample[], more: Partial<Question> = {}): Question {
  const values = new Map<string, PodValue>();
  for (const [i, { used }] of samples.entries()) if (used !== undefined) values.set(`p${i}`, { value: used, at: now, window: 15_000 });
  return {
    resource: "cpu",
    container: "",
    target: { utilization: 50 },
    pods: samples.map((each, i) => podOf(`p${i}`, each)),
    values,
    current: samples.length,
    now,
    ...more,
  };
}

const many = (count: number, sample: Sample): Sample[] => Array.from({ length: count }, () => sample);
const starting: Sample = { used: 1000, age: 60, since: 5, ready: "False" };

/** Title, samples, more of the question, replicas. */
const cases: [string, Sample[], Partial<Question>, number][] = [
  ["more used than wanted", many(3, { used: 1000 }), {}, 6],
  ["less used than wanted", many(4, { used: 125 }), {}, 1],
  ["as wanted", many(3, { used: 500 }), {}, 3],
  ["within the tolerance above", many(3, { used: 550 }), {}, 3],
  ["just beyond it", many(3, { used: 560 }), {}, 4],
  ["within the tolerance below", many(3, { used: 450 }), {}, 3],
  ["rounded up", [{ used: 700 }, { used: 800 }], {}, 3],
  ["on average", many(2, { used: 900 }), { target: { average: 300 } }, 6],
  ["on average, memory of young pods counts", many(2, { ...starting, used: 900 }), { target: { average: 300 }, resource: "memory" }, 6],
  [
    "failed and deleted pods do not count",
    [...many(2, { used: 1000 }), { used: 9000, phase: "Failed" }, { used: 9000, deleted: true }],
    { current: 2 },
    4,
  ],
  ["missing pods hold a shrinking back", [...many(3, { used: 100 }), {}], {}, 3],
  ["missing pods hold a growth back", [...many(2, { used: 1000 }), {}, {}], {}, 4],
  ["missing pods turn no growth into shrinking", [{ used: 600 }, {}, {}, {}], {}, 4],
  ["unready pods hold a growth back", [...many(2, { used: 1000 }), starting, starting], {}, 4],
  ["unready pods do not hold a shrinking back", [...many(2, { used: 100 }), starting], { current: 3 }, 1],
  ["pending pods count as unready", [...many(2, { used: 1000 }), { phase: "Pending" }], { current: 3 }, 4],
  ["a pod measured before it was ready is unready", [{ used: 1000 }, { used: 9000, age: 60, since: 10 }], {}, 2],
  ["a pod measured a window after it was ready counts", [{ used: 1000 }, { used: 1000, age: 60, since: 20 }], {}, 4],
  ["an old pod that is not ready any more counts", [{ used: 1000 }, { used: 1000, ready: "False", since: 100 }], {}, 4],
  ["an old pod that was never ready does not", [{ used: 1000 }, { used: 9000, ready: "False", age: 3600, since: 3590 }], {}, 2],
];
for (const [title, samples, more, replicas] of cases)
  test(title, () => assert.equal(proposeReplicas(question(samples, more)).replicas, replicas));

const failures: [string, Question, RegExp][] = [
  ["no pods", question([]), /^no pods returned by selector while calculating replica count$/],
  ["unready pods only", question(many(2, starting)), /^did not receive metrics for targeted pods \(pods might be unready\)$/],
  ["no request", question([{ used: 1 }, { used: 1, request: undefined }]), /^missing request for cpu in container main of Pod p1$/],
  ["requests of nothing", question([{ used: 1, request: "0" }]), /^no metrics returned matched known pods$/],
];
for (const [title, asked, why] of failures) test(`${title}: an error`, () => assert.throws(() => proposeReplicas(asked), { message: why }));

test("what was measured is told", () => {
  const { utilization, average } = proposeReplicas(question([{ used: 333 }, { used: 334 }]));
  assert.deepEqual([utilization, average], [33, 333]);
});

test("more use never asks for fewer replicas", () => {
  const used = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(used, fc.integer({ min: 0, max: 500 }), (list, more) => {
      const at = (extra: number) => proposeReplicas(question(list.map((each) => ({ used: each + extra })))).replicas;
      assert.ok(at(more) >= at(0));
    }),
  );
});
