import assert from "node:assert/strict";
import { test } from "node:test";
import { summarizePod } from "./pod.ts";

const running = { running: {} };
const waiting = (reason: string) => ({ waiting: { reason } });
const terminated = (exitCode: number, reason?: string, signal?: number) => ({
  terminated: { exitCode, ...(reason ? { reason } : {}), ...(signal ? { signal } : {}) },
});

interface Case {
  what: string;
  phase?: string;
  reason?: string;
  containers?: [state: object, ready?: boolean, restarts?: number][];
  inits?: [state: object, sidecar?: boolean, started?: boolean, ready?: boolean, restarts?: number][];
  conditions?: object[];
  deleted?: boolean;
  status: string;
  ready: string;
  restarts?: number;
}

const ready = { type: "Ready", status: "True" };

const cases: Case[] = [
  { what: "pending without statuses", phase: "Pending", status: "Pending", ready: "0/0" },
  { what: "creating", phase: "Pending", containers: [[waiting("ContainerCreating")]], status: "ContainerCreating", ready: "0/1" },
  { what: "running", phase: "Running", containers: [[running, true]], status: "Running", ready: "1/1" },
  { what: "not ready", phase: "Running", containers: [[running, false]], status: "Running", ready: "0/1" },
  {
    what: "the first container with a reason speaks",
    phase: "Running",
    containers: [[waiting("ImagePullBackOff")], [waiting("CrashLoopBackOff"), false, 3]],
    status: "ImagePullBackOff",
    ready: "0/2",
    restarts: 3,
  },
  {
    what: "crash loop",
    phase: "Running",
    containers: [
      [running, true],
      [waiting("CrashLoopBackOff"), false, 5],
    ],
    status: "CrashLoopBackOff",
    ready: "1/2",
    restarts: 5,
  },
  { what: "completed", phase: "Succeeded", containers: [[terminated(0, "Completed")]], status: "Completed", ready: "0/1" },
  { what: "error", phase: "Failed", containers: [[terminated(1, "Error")]], status: "Error", ready: "0/1" },
  { what: "exit code without a reason", phase: "Failed", containers: [[terminated(3)]], status: "ExitCode:3", ready: "0/1" },
  { what: "signal without a reason", phase: "Failed", containers: [[terminated(137, undefined, 9)]], status: "Signal:9", ready: "0/1" },
  { what: "evicted", phase: "Failed", reason: "Evicted", status: "Evicted", ready: "0/0" },
  {
    what: "one done, one running, ready",
    phase: "Running",
    conditions: [ready],
    containers: [[terminated(0, "Completed")], [running, true]],
    status: "Running",
    ready: "1/2",
  },
  {
    what: "one done, one running, not ready",
    phase: "Running",
    containers: [[terminated(0, "Completed")], [running, true]],
    status: "NotReady",
    ready: "1/2",
  },
  {
    what: "init in progress",
    phase: "Pending",
    inits: [[terminated(0)], [running]],
    containers: [[waiting("PodInitializing")]],
    status: "Init:1/2",
    ready: "0/1",
  },
  {
    what: "init waits for the one before",
    phase: "Pending",
    inits: [[waiting("PodInitializing")]],
    containers: [[waiting("PodInitializing")]],
    status: "Init:0/1",
    ready: "0/1",
  },
  {
    what: "init fails",
    phase: "Pending",
    inits: [[terminated(1, "Error")]],
    containers: [[waiting("PodInitializing")]],
    status: "Init:Error",
    ready: "0/1",
  },
  { what: "init fails without a reason", phase: "Pending", inits: [[terminated(2)]], status: "Init:ExitCode:2", ready: "0/0" },
  { what: "init killed", phase: "Pending", inits: [[terminated(137, undefined, 9)]], status: "Init:Signal:9", ready: "0/0" },
  {
    what: "init backs off",
    phase: "Pending",
    inits: [[waiting("CrashLoopBackOff"), false, false, false, 4]],
    status: "Init:CrashLoopBackOff",
    ready: "0/0",
    restarts: 4,
  },
  {
    what: "inits done",
    phase: "Pending",
    inits: [[terminated(0)]],
    containers: [[waiting("PodInitializing")]],
    status: "PodInitializing",
    ready: "0/1",
  },
  {
    what: "a sidecar counts",
    phase: "Running",
    inits: [[running, true, true, true, 2]],
    containers: [[running, true, 1]],
    status: "Running",
    ready: "2/2",
    restarts: 3,
  },
  {
    what: "a sidecar that has not started holds the pod up",
    phase: "Pending",
    inits: [[running, true, false]],
    containers: [[waiting("PodInitializing")]],
    status: "Init:0/1",
    ready: "0/2",
  },
  {
    what: "gated",
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
    status: "SchedulingGated",
    ready: "0/0",
  },
  { what: "terminating", phase: "Running", deleted: true, containers: [[running, true]], status: "Terminating", ready: "1/1" },
  {
    what: "finished and deleted",
    phase: "Succeeded",
    deleted: true,
    containers: [[terminated(0, "Completed")]],
    status: "Completed",
    ready: "0/1",
  },
  { what: "on a lost node", phase: "Running", reason: "NodeLost", deleted: true, status: "Unknown", ready: "0/0" },
];

for (const entry of cases)
  test(`pod status: ${entry.what}`, () => {
    const { containers = [], inits = [] } = entry;
    const summary = summarizePod({
      metadata: { name: "p", ...(entry.deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
      spec: {
        containers: containers.map((_, index) => ({ name: `c${index}` })),
        initContainers: inits.map(([, sidecar], index) => ({ name: `i${index}`, ...(sidecar ? { restartPolicy: "Always" } : {}) })),
      },
      status: {
        phase: entry.phase,
        reason: entry.reason,
        conditions: entry.conditions,
        containerStatuses: containers.map(([state, isReady = false, restartCount = 0], index) => ({
          name: `c${index}`,
          state,
          ready: isReady,
          restartCount,
        })),
        initContainerStatuses: inits.map(([state, , started = false, isReady = false, restartCount = 0], index) => ({
          name: `i${index}`,
          state,
          started,
          ready: isReady,
          restartCount,
        })),
      },
    });
    assert.equal(summary.status, entry.status);
    assert.equal(`${summary.ready}/${summary.total}`, entry.ready);
    assert.equal(summary.restarts, entry.restarts ?? 0);
  });

test("a pod of nothing prints without failing", () => {
  assert.deepEqual(summarizePod({ metadata: {} }), { ready: 0, total: 0, status: "", restarts: 0 });
});
