// The work queue: one run per key at a time, a run after every change, later tries after failures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import { Loop } from "./loop.ts";

test("a key is run once for many adds, and once more for adds during the run", async () => {
  const runs: string[] = [];
  let release = () => {};
  const loop = new Loop("test", new FakeClock(), silentLog, async (key) => {
    runs.push(key);
    if (runs.length === 1) await new Promise<void>((resolve) => (release = resolve));
    return undefined;
  });
  for (let i = 0; i < 5; i++) loop.add("a");
  await new Promise((resolve) => setImmediate(resolve));
  loop.add("a");
  loop.add("a");
  release();
  await loop.idle();
  assert.deepEqual(runs, ["a", "a"]);
});

test("keys do not wait for each other", async () => {
  const order: string[] = [];
  const loop = new Loop("test", new FakeClock(), silentLog, async (key) => {
    for (let i = key === "slow" ? 5 : 0; i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
    order.push(key);
    return undefined;
  });
  loop.add("slow");
  loop.add("quick");
  await loop.idle();
  assert.deepEqual(order, ["quick", "slow"]);
});

test("failures back off, doubling up to half a minute, and a success forgets them", async () => {
  const clock = new FakeClock();
  const tries: [number, number][] = [];
  const start = clock.now();
  let broken = true;
  const loop = new Loop("test", clock, silentLog, async (_key, failures) => {
    tries.push([clock.now() - start, failures]);
    if (broken) throw new Error("no");
    return undefined;
  });
  loop.add("a");
  await loop.idle();
  for (let i = 0; i < 40; i++) await clock.step(100);
  assert.deepEqual(
    tries.map(([at]) => at),
    [0, 100, 300, 700, 1500, 3100],
  );
  broken = false;
  await clock.step(60_000);
  await loop.idle();
  assert.equal(tries.at(-1)?.[1], 6);
  loop.add("a");
  await loop.idle();
  assert.equal(tries.at(-1)?.[1], 0);
});

test("after close nothing runs any more", async () => {
  const clock = new FakeClock();
  let runs = 0;
  const loop = new Loop("test", clock, silentLog, async () => {
    runs++;
    return { after: 10 };
  });
  loop.add("a");
  await loop.idle();
  await loop.close();
  loop.add("a");
  await clock.step(100);
  assert.equal(runs, 1);
  assert.equal(clock.pending, 0);
});
