import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { limitScaling, remember, type ScalingBehavior, type ScalingHistory, type ScalingWish } from "./behavior.ts";

const now = 10_000_000;
const none: ScalingHistory = { recommendations: [], changes: [] };
const wish = (current: number, desired: number, min = 1, max = 100): ScalingWish => ({ current, desired, min, max });
const ago = (seconds: number) => now - seconds * 1000;
const wished = (...list: [seconds: number, replicas: number][]): ScalingHistory => ({
  ...none,
  recommendations: list.map(([seconds, replicas]) => ({ at: ago(seconds), replicas })),
});
const changed = (...list: [seconds: number, by: number][]): ScalingHistory => ({
  ...none,
  changes: list.map(([seconds, by]) => ({ at: ago(seconds), by })),
});
const up = (policies: object[], more: object = {}): ScalingBehavior =>
  ({ scaleUp: { policies, ...more }, scaleDown: { stabilizationWindowSeconds: 0, policies: [percent(100, 15)] } }) as ScalingBehavior;
const down = (policies: object[], more: object = {}): ScalingBehavior =>
  ({ scaleUp: { policies: [percent(100, 15)] }, scaleDown: { stabilizationWindowSeconds: 0, policies, ...more } }) as ScalingBehavior;
const pods = (value: number, periodSeconds: number) => ({ type: "Pods", value, periodSeconds });
const percent = (value: number, periodSeconds: number) => ({ type: "Percent", value, periodSeconds });

/** Title, wish, behavior, history, replicas, reason of ScalingLimited, reason of AbleToScale if stabilised. */
const cases: [string, ScalingWish, ScalingBehavior | undefined, ScalingHistory, number, string, string?][] = [
  ["nothing to do", wish(3, 3), undefined, none, 3, "DesiredWithinRange"],
  ["doubles at a time without a behavior", wish(5, 30), undefined, none, 10, "ScaleUpLimit"],
  ["or goes to four", wish(1, 30), undefined, none, 4, "ScaleUpLimit"],
  ["never beyond the maximum", wish(9, 30, 1, 10), undefined, none, 10, "TooManyReplicas"],
  ["never below the minimum", wish(5, 1, 2), undefined, none, 2, "TooFewReplicas"],
  ["comes back from beyond the maximum", wish(12, 12, 1, 10), undefined, none, 10, "TooManyReplicas"],
  [
    "waits for the highest wish of five minutes",
    wish(8, 2),
    undefined,
    wished([299, 6], [301, 8]),
    6,
    "DesiredWithinRange",
    "ScaleDownStabilized",
  ],
  ["and no longer", wish(8, 2), undefined, wished([301, 8]), 2, "DesiredWithinRange"],
  [
    "a window of its own",
    wish(8, 2),
    { scaleDown: { stabilizationWindowSeconds: 60 } },
    wished([59, 7], [61, 8]),
    7,
    "DesiredWithinRange",
    "ScaleDownStabilized",
  ],
  ["no window", wish(8, 2), down([percent(100, 15)]), wished([1, 8]), 2, "DesiredWithinRange"],
  [
    "a window up",
    wish(4, 10),
    up([percent(900, 15)], { stabilizationWindowSeconds: 60 }),
    wished([30, 6]),
    6,
    "DesiredWithinRange",
    "ScaleUpStabilized",
  ],
  [
    "a window up never shrinks",
    wish(4, 10),
    up([percent(900, 15)], { stabilizationWindowSeconds: 60 }),
    wished([30, 2]),
    4,
    "DesiredWithinRange",
    "ScaleUpStabilized",
  ],
  ["pods in a period", wish(10, 30), up([pods(4, 60)]), none, 14, "ScaleUpLimit"],
  ["less what was added in it", wish(13, 30), up([pods(4, 60)]), changed([30, 3], [61, 5]), 14, "ScaleUpLimit"],
  ["nothing more in it", wish(14, 30), up([pods(4, 60)]), changed([30, 4]), 14, "ScaleUpLimit"],
  ["percent rounds up", wish(3, 30), up([percent(50, 60)]), none, 5, "ScaleUpLimit"],
  ["the largest policy", wish(10, 99), up([pods(4, 60), percent(100, 60)]), none, 20, "ScaleUpLimit"],
  ["the smallest policy", wish(10, 99), up([pods(4, 60), percent(100, 60)], { selectPolicy: "Min" }), none, 14, "ScaleUpLimit"],
  ["disabled up", wish(10, 99), up([pods(4, 60)], { selectPolicy: "Disabled" }), none, 10, "ScaleUpLimit"],
  ["down by pods", wish(10, 1), down([pods(3, 60)]), none, 7, "ScaleDownLimit"],
  ["down by percent rounds towards fewer", wish(9, 1), down([percent(10, 60)]), none, 8, "ScaleDownLimit"],
  ["down less what went already", wish(8, 1), down([pods(3, 60)]), changed([10, -2]), 7, "ScaleDownLimit"],
  ["down, the largest change", wish(20, 1), down([pods(3, 60), percent(50, 60)]), none, 10, "ScaleDownLimit"],
  ["down, the smallest change", wish(20, 1), down([pods(3, 60), percent(50, 60)], { selectPolicy: "Min" }), none, 17, "ScaleDownLimit"],
  ["disabled down", wish(20, 1), down([pods(3, 60)], { selectPolicy: "Disabled" }), none, 20, "ScaleDownLimit"],
];
for (const [title, asked, behavior, history, replicas, reason, stabilized] of cases) {
  test(title, () => {
    const verdict = limitScaling(asked, behavior, history, now);
    assert.equal(verdict.replicas, replicas);
    assert.equal(verdict.limit.reason, reason);
    assert.equal(verdict.limit.limited, reason !== "DesiredWithinRange");
    assert.equal(verdict.stabilized?.reason, stabilized);
  });
}

test("a policy holds over any course of wishes", () => {
  const behavior = up([pods(2, 60)]);
  const course = fc.array(fc.record({ desired: fc.integer({ min: 1, max: 60 }), wait: fc.integer({ min: 1, max: 40 }) }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(course, (steps) => {
      let [history, current, time] = [none, 10, now];
      for (const { desired, wait } of steps) {
        time += wait * 1000;
        const asked = wish(current, desired);
        const { replicas } = limitScaling(asked, behavior, history, time);
        assert.ok(replicas >= 1 && replicas <= 100);
        const start = current - history.changes.filter(({ at }) => at > time - 60_000).reduce((sum, { by }) => sum + by, 0);
        assert.ok(replicas <= Math.max(current, start + 2));
        history = remember(history, asked, replicas, time);
        current = replicas;
      }
    }),
    { numRuns: 100 },
  );
});
