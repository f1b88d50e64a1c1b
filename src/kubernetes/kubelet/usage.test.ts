import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KubeObject } from "../api/object.ts";
import { simulatedUsage } from "./usage.ts";

const now = Date.parse("2026-03-01T10:00:07Z");
const Mi = 2 ** 20;
const running = { running: { startedAt: "2026-03-01T09:00:00Z" } };

function pod(containers: Record<string, object>, annotations: Record<string, string> = {}, state: object = running): KubeObject {
  const names = Object.keys(containers);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default", uid: "u", annotations },
    spec: { containers: names.map((name) => ({ name, resources: containers[name] })) },
    status: { phase: "Running", containerStatuses: names.map((name) => ({ name, state })) },
  } as unknown as KubeObject;
}

const none = {};
const asked = { requests: { cpu: "1", memory: "100Mi" } };

test("annotations say exactly what is used", () => {
  const cases: [KubeObject, Record<string, [number, number]>][] = [
    [pod({ a: none }, { "simulate.atoll.dev/cpu": "300m", "simulate.atoll.dev/memory": "64Mi" }), { a: [300e6, 64 * Mi] }],
    [
      pod({ a: none, b: none }, { "simulate.atoll.dev/cpu": "1", "simulate.atoll.dev/memory": "64Mi" }),
      { a: [500e6, 32 * Mi], b: [500e6, 32 * Mi] },
    ],
    [
      pod({ a: none, b: none }, { "simulate.atoll.dev/a": "cpu=2, memory=1Gi", "simulate.atoll.dev/b": "cpu=0,memory=0" }),
      { a: [2e9, 1024 * Mi], b: [0, 0] },
    ],
  ];
  for (const [each, expected] of cases) {
    const { containers } = simulatedUsage.pod(each, now)!;
    assert.deepEqual(Object.fromEntries([...containers].map(([name, { cpu, memory }]) => [name, [cpu, memory]])), expected);
  }
});

test("without annotations a part of the request is used, never all of it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (time) => {
      const { cpu, memory } = simulatedUsage.pod(pod({ a: asked }), time)!.containers.get("a")!;
      assert.ok(cpu >= 180e6 && cpu <= 220e6, String(cpu));
      assert.ok(memory >= 49 * Mi && memory <= 51 * Mi, String(memory));
    }),
  );
});

test("nonsense in annotations counts as none", () => {
  const { cpu } = simulatedUsage.pod(pod({ a: asked }, { "simulate.atoll.dev/cpu": "much" }), now)!.containers.get("a")!;
  assert.ok(cpu > 100e6);
});

test("samples change every fifteen seconds and not in between", () => {
  const at = (time: number) => simulatedUsage.pod(pod({ a: asked }), time)!;
  assert.deepEqual(at(now), at(now + 5000));
  assert.notDeepEqual(at(now).containers, at(now + 15_000).containers);
  assert.equal(at(now).at, Date.parse("2026-03-01T10:00:00Z"));
});

test("what does not run uses nothing", () => {
  assert.equal(simulatedUsage.pod(pod({ a: none }, {}, { waiting: {} }), now), undefined);
  const done = pod({ a: none });
  done.status.phase = "Succeeded";
  assert.equal(simulatedUsage.pod(done, now), undefined);
});

test("a node uses what its pods use and a little more", () => {
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "n" } } as KubeObject;
  const idle = simulatedUsage.node(node, [], now)!;
  const busy = simulatedUsage.node(node, [pod({ a: none }, { "simulate.atoll.dev/a": "cpu=2,memory=1Gi" })], now)!;
  assert.equal(busy.usage.cpu - idle.usage.cpu, 2e9);
  assert.equal(busy.usage.memory - idle.usage.memory, 1024 * Mi);
  assert.ok(idle.usage.cpu > 0);
});
