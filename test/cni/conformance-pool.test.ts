// Section A: the pool's arithmetic.
import assert from "node:assert/strict";
import { isTooLow, settingsOfCard, surplus, targetState } from "../../src/cni/pool/targets.ts";
import type { Environment } from "../../src/cni/settings.ts";
import { conformance } from "./conformance.ts";
import { attached, keyOf, metaOf, rig, settingsOf, started, storeOf, use } from "./rig.ts";

const PD = { ENABLE_PREFIX_DELEGATION: "true" };

function low(counts: readonly number[], used: number, u: number, env: Environment, maxPods = 500): boolean {
  const store = storeOf(counts, { prefixes: env.ENABLE_PREFIX_DELEGATION === "true" });
  use(store, used);
  return isTooLow(store.stats(0), settingsOf(env), { slotsPerEni: u, maxEnis: 4, maxPods });
}

function target(counts: readonly number[], env: Environment) {
  return targetState(storeOf(counts, { prefixes: env.ENABLE_PREFIX_DELEGATION === "true" }).stats(0), settingsOf(env));
}

/** Steady state while pods only grow (§3.6, closed forms). */
function closedForm(p: number, k: number, u: number, { eni = 1, w = 0, m = 0 }: { eni?: number; w?: number; m?: number }): number {
  if (w > 0) return Math.min(k * u, Math.max(p + w, m));
  return u * (eni > 0 ? Math.min(k, eni + Math.ceil(p / u)) : Math.min(k, Math.floor(p / u) + 1));
}

const SMALL = { maxEnis: 3, ipv4PerEni: 4 };
const LARGE = { maxEnis: 15, ipv4PerEni: 50 };

async function loop(instance: { maxEnis: number; ipv4PerEni: number }, env: Environment, pods: number) {
  const { ipamd, rest, assign } = await started({ instance, env });
  for (let i = 0; i < pods; i++) {
    await assign(`p${i}`);
    await rest();
  }
  ipamd.close();
  const units = [...ipamd.store.enis.values()].map((eni) => eni.cidrs.size);
  return { units: units.reduce((sum, each) => sum + each, 0), enis: units.filter((each) => each > 0).length };
}

conformance("A", {
  "A1 an empty store is low with WARM_ENI 1": () => assert.equal(low([], 0, 14, { WARM_ENI_TARGET: "1" }), true),
  "A2 an empty store is low with WARM_ENI 0": () => assert.equal(low([], 0, 14, { WARM_ENI_TARGET: "0" }), true),
  "A3 an empty store is low with WARM_IP 3": () => assert.equal(low([], 0, 14, { WARM_ENI_TARGET: "0", WARM_IP_TARGET: "3" }), true),
  "A4 the address target overrides the interface target": () =>
    assert.equal(low([3], 0, 3, { WARM_ENI_TARGET: "1", WARM_IP_TARGET: "1" }), false),
  "A5 one of three used is low with WARM_ENI 1": () => assert.equal(low([3], 1, 3, { WARM_ENI_TARGET: "1" }), true),
  "A6 one of three used is not low with WARM_ENI 0": () => assert.equal(low([3], 1, 3, { WARM_ENI_TARGET: "0" }), false),
  "A7 all used is low with either": () => {
    assert.equal(low([3], 3, 3, { WARM_ENI_TARGET: "1" }), true);
    assert.equal(low([3], 3, 3, { WARM_ENI_TARGET: "0" }), true);
  },
  "A8 enough for max-pods is never low": () => assert.equal(low([3], 3, 3, { WARM_IP_TARGET: "5" }, 3), false),
  "A9 prefix mode, empty": () => {
    assert.equal(low([], 0, 256, { ...PD, WARM_PREFIX_TARGET: "1" }), true);
    assert.equal(low([], 0, 256, { ...PD, WARM_PREFIX_TARGET: "0" }), true);
  },
  "A10 a free prefix is enough": () => assert.equal(low([1], 0, 256, { ...PD, WARM_PREFIX_TARGET: "1" }), false),
  "A11 a prefix in use": () => {
    for (const used of [1, 3]) {
      assert.equal(low([1], used, 256, { ...PD, WARM_PREFIX_TARGET: "1" }), true);
      assert.equal(low([1], used, 256, { ...PD, WARM_PREFIX_TARGET: "0" }), false);
    }
  },
  "A12 a prefix in use is enough for max-pods": () => assert.equal(low([1], 3, 256, { ...PD, WARM_PREFIX_TARGET: "1" }, 4), false),
  "A13 distance from WARM_IP_TARGET": () => {
    assert.deepEqual(
      [[], [2], [5]].map((counts) => target(counts, { WARM_IP_TARGET: "5" })),
      [
        { short: 5, over: 0 },
        { short: 3, over: 0 },
        { short: 0, over: 0 },
      ],
    );
    assert.equal(target([2], {}), undefined);
  },
  "A14 distance in prefixes": () =>
    assert.deepEqual(
      [[], [2], [1]].map((counts) => target(counts, { ...PD, WARM_IP_TARGET: "5" })),
      [
        { short: 1, over: 0 },
        { short: 0, over: 1 },
        { short: 0, over: 0 },
      ],
    ),
  "A15 one shrink returns what is over, a second nothing": async () => {
    const made = rig({ env: { WARM_IP_TARGET: "1" }, instance: { ipv4PerEni: 3 } });
    const { ipamd, ec2, clock } = made;
    const second = attached(ec2, 1);
    for (const id of ["eni-0", second]) ec2.give(id, { addresses: 2 });
    const held = ec2.get("eni-0").addresses.map((address, i) => ({ key: keyOf(`p${i}`), meta: metaOf(`p${i}`), address }));
    await ipamd.start(held);
    const over = () => surplus(ipamd.store.stats(clock.now()), settingsOf({ WARM_IP_TARGET: "1" }));
    assert.equal(over(), 1);
    await ipamd.manage();
    assert.equal(over(), 0);
    await clock.step(120_000);
    assert.equal(ec2.calls.filter((call) => call.startsWith("Unassign")).length, 1);
    ipamd.close();
  },
  "A16 excluded interfaces do not count": () => {
    const env = { WARM_ENI_TARGET: "2" };
    const answers = [0, 1, 2].map((more) => {
      const store = storeOf([10, ...Array.from({ length: more }, () => 10)]);
      store.enis.get("eni-0")!.isExcluded = true;
      return isTooLow(store.stats(0), settingsOf(env), { slotsPerEni: 10, maxEnis: 4, maxPods: 500 });
    });
    assert.deepEqual(answers, [true, true, false]);
  },
  "A17 the table of steady states, by formula and by running the loop": async () => {
    const sip: [typeof SMALL, { eni?: number; w?: number; m?: number }, [number, number][]][] = [
      [
        SMALL,
        { eni: 1 },
        [
          [0, 3],
          [5, 9],
          [9, 9],
        ],
      ],
      [
        SMALL,
        { w: 1, m: 1 },
        [
          [0, 1],
          [5, 6],
          [9, 9],
        ],
      ],
      [
        SMALL,
        { w: 2, m: 5 },
        [
          [0, 5],
          [5, 7],
          [9, 9],
        ],
      ],
      [
        LARGE,
        { eni: 1 },
        [
          [0, 49],
          [3, 98],
          [95, 147],
        ],
      ],
      [
        LARGE,
        { w: 5, m: 10 },
        [
          [0, 10],
          [7, 12],
          [15, 20],
          [45, 50],
        ],
      ],
    ];
    for (const [instance, { eni, w = 0, m = 0 }, rows] of sip) {
      const env = { WARM_ENI_TARGET: String(eni ?? 1), WARM_IP_TARGET: String(w), MINIMUM_IP_TARGET: String(m) };
      for (const [pods, total] of rows) {
        assert.equal(closedForm(pods, instance.maxEnis, instance.ipv4PerEni - 1, { ...(eni !== undefined && { eni }), w, m }), total);
        assert.equal((await loop(instance, env, pods)).units, total, `${pods} pods`);
      }
    }
    const pd: [typeof SMALL, Environment, [number, number][]][] = [
      [
        SMALL,
        { WARM_PREFIX_TARGET: "1" },
        [
          [0, 1],
          [5, 2],
          [16, 2],
          [17, 3],
          [58, 5],
        ],
      ],
      [
        SMALL,
        { WARM_PREFIX_TARGET: "1", WARM_IP_TARGET: "1", MINIMUM_IP_TARGET: "1" },
        [
          [0, 1],
          [5, 1],
          [17, 2],
          [58, 4],
        ],
      ],
      [
        SMALL,
        { WARM_PREFIX_TARGET: "1", WARM_IP_TARGET: "7", MINIMUM_IP_TARGET: "20" },
        [
          [0, 2],
          [58, 5],
        ],
      ],
      [LARGE, { WARM_PREFIX_TARGET: "1", WARM_IP_TARGET: "7", MINIMUM_IP_TARGET: "20" }, [[95, 7]]],
    ];
    for (const [instance, env, rows] of pd)
      for (const [pods, prefixes] of rows) assert.equal((await loop(instance, { ...PD, ...env }, pods)).units, prefixes, `${pods} pods`);
  },
  "A18 the minimum is kept when pods leave": async () => {
    const { ipamd, clock, assign, unassign, rest } = await started({ env: { WARM_IP_TARGET: "2", MINIMUM_IP_TARGET: "10" } });
    for (const pod of ["a", "b", "c"]) await assign(pod);
    await rest();
    for (const pod of ["a", "b", "c"]) unassign(pod);
    await clock.step(31_000);
    await rest();
    assert.equal(ipamd.store.size, 10);
    ipamd.close();
  },
  "A19 other cards keep one address warm": () => {
    const settings = settingsOfCard(settingsOf({}), 1);
    assert.deepEqual(targetState(storeOf([]).stats(0), settings), { short: 1, over: 0 });
    assert.equal(settingsOfCard(settings, 0), settings);
  },
  "A20 after a burst of churn addresses cool down although they count as available": async () => {
    const { ipamd, clock, assign, unassign, rest } = await started({ instance: { maxEnis: 3, ipv4PerEni: 10 }, maxPods: 29 });
    for (let i = 0; i < 27; i++) {
      await assign(`old${i}`);
      await rest();
    }
    for (let i = 0; i < 27; i++) unassign(`old${i}`);
    await clock.step(10_000);
    const { total, assigned, cooldown } = ipamd.store.stats(clock.now());
    assert.deepEqual({ total, assigned, cooldown }, { total: 27, assigned: 0, cooldown: 27 });
    await assert.rejects(assign("new0"), { message: "AssignPodIPAddress: no available IP/Prefix addresses" });
    await clock.step(20_000);
    for (let i = 0; i < 9; i++) assert.ok(await assign(`new${i}`));
    ipamd.close();
  },
  "A21 a minimum without a warm target never grows beyond it": async () => {
    const { ipamd, clock, assign, rest } = await started({ env: { MINIMUM_IP_TARGET: "2" } });
    await assign("a");
    await assign("b");
    await rest();
    await clock.step(600_000);
    await assert.rejects(assign("c"), { message: "AssignPodIPAddress: no available IP/Prefix addresses" });
    assert.equal(ipamd.store.size, 2);
    ipamd.close();
  },
});
