import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AddressPool, COOLDOWN } from "./address-pool.ts";

test("an address cools down for 30 s after its pod, then is given again", () => {
  const pool = new AddressPool();
  pool.sync(["10.0.0.7"]);
  assert.equal(pool.assign("a"), "10.0.0.7");
  assert.equal(pool.assign("a"), "10.0.0.7");
  assert.equal(pool.assign("b"), undefined);
  pool.release("a", 1000);
  assert.equal(pool.nextWarm, 1000 + COOLDOWN);
  pool.warmUp(COOLDOWN);
  assert.equal(pool.assign("b"), undefined);
  pool.warmUp(1000 + COOLDOWN);
  assert.equal(pool.assign("b"), "10.0.0.7");
});

test("the fullest prefix serves, so that others stay free", () => {
  const pool = new AddressPool();
  pool.sync(["10.0.0.0/28", "10.0.0.16/28"]);
  for (let i = 0; i < 16; i++) pool.assign(`p${i}`);
  assert.deepEqual(pool.counts, { used: 16, warm: 16, cooling: 0, groups: 2, freeGroups: 1 });
  assert.deepEqual(pool.takeFree(5), ["10.0.0.16/28"]);
  assert.equal(pool.assign("late"), undefined);
});

test("what pods hold already is theirs; what is of no group is not taken in", () => {
  const pool = new AddressPool();
  pool.sync(["10.0.0.16/28"]);
  assert.equal(pool.adopt("a", "10.0.0.20"), true);
  assert.equal(pool.adopt("b", "10.0.0.40"), false);
  const given = Array.from({ length: 15 }, (_, i) => pool.assign(`p${i}`));
  assert.ok(!given.includes("10.0.0.20"));
  assert.equal(pool.assign("late"), undefined);
});

test("a group that is gone takes its warm and cooling addresses along; pods keep theirs", () => {
  const pool = new AddressPool();
  pool.sync(["10.0.0.7", "10.0.0.8", "10.0.0.9"]);
  pool.assign("a");
  pool.assign("b");
  pool.release("b", 0);
  pool.sync([]);
  assert.deepEqual(pool.counts, { used: 1, warm: 0, cooling: 0, groups: 0, freeGroups: 0 });
  pool.release("a", 0);
  assert.equal(pool.nextWarm, undefined);
});

test("no address is held twice, and every one of a group is used, warm or cooling", () => {
  const uid = fc.constantFrom("a", "b", "c", "d", "e");
  const step = fc.oneof(
    fc.record({ do: fc.constant("assign" as const), uid }),
    fc.record({ do: fc.constant("release" as const), uid }),
    fc.record({ do: fc.constant("revoke" as const), uid }),
    fc.record({ do: fc.constant("pass" as const), uid: fc.constant("") }),
    fc.record({ do: fc.constant("grow" as const), uid: fc.constant("") }),
    fc.record({ do: fc.constant("shrink" as const), uid: fc.constant("") }),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), (prefixes, steps) => {
      const pool = new AddressPool();
      let [now, made] = [0, 0];
      for (const { do: what, uid: pod } of steps) {
        if (what === "assign") pool.assign(pod);
        else if (what === "release") pool.release(pod, now);
        else if (what === "revoke") pool.revoke(pod);
        else if (what === "shrink") pool.takeFree(1);
        else if (what === "grow") pool.add(prefixes ? `10.0.${made++}.16/28` : `10.0.${made++}.1`);
        else {
          now += 10_000;
          pool.warmUp(now);
        }
        const { used, warm, cooling, groups } = pool.counts;
        assert.equal(used + warm + cooling, groups * (prefixes ? 16 : 1));
        const given = pool.pods.map((each) => pool.of(each));
        assert.equal(new Set(given).size, given.length);
      }
    }),
  );
});
