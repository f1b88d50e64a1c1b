import assert from "node:assert/strict";
import { test } from "node:test";
import { windowsCapacity } from "./capacity.ts";
import { arePrefixesOn, windowsSettings } from "./settings.ts";

/** Data, then warm addresses, minimum and warm prefixes as they count for single addresses, and for prefixes. */
const CASES: [data: Record<string, string> | undefined, single: number[], prefixes: number[]][] = [
  [undefined, [3, 3, 0], [1, 3, 0]],
  [{}, [3, 3, 0], [1, 3, 0]],
  [{ "warm-ip-target": "0", "minimum-ip-target": "0" }, [1, 0, 0], [1, 3, 0]],
  [{ "warm-ip-target": "1", "minimum-ip-target": "3", "warm-prefix-target": "0" }, [1, 3, 0], [1, 3, 0]],
  [{ "warm-ip-target": "5" }, [5, 0, 0], [5, 3, 0]],
  [{ "minimum-ip-target": "6" }, [1, 6, 0], [1, 6, 0]],
  [{ "warm-prefix-target": "2" }, [3, 3, 0], [0, 0, 2]],
  [{ "warm-prefix-target": "2", "warm-ip-target": "20" }, [20, 0, 0], [20, 3, 2]],
  [{ "warm-ip-target": "1", "windows-warm-ip-target": "4" }, [4, 0, 0], [4, 3, 0]],
  [{ "windows-minimum-ip-target": "9", "minimum-ip-target": "2" }, [1, 9, 0], [1, 9, 0]],
  [{ "warm-ip-target": "-1", "minimum-ip-target": "a few" }, [3, 3, 0], [1, 3, 0]],
];

for (const [data, single, prefixes] of CASES)
  test(`targets of ${JSON.stringify(data)}`, () => {
    const read = (kind: boolean) => {
      const { warmIpTarget, minimumIpTarget, warmPrefixTarget } = windowsSettings(data, kind);
      return [warmIpTarget, minimumIpTarget, warmPrefixTarget];
    };
    assert.deepEqual(read(false), single);
    assert.deepEqual(read(true), prefixes);
  });

test("prefixes are on by what Go takes for true", () => {
  for (const [text, on] of [
    ["true", true],
    ["1", true],
    ["T", true],
    ["yes", false],
    ["false", false],
    ["", false],
  ] as const)
    assert.equal(arePrefixesOn({ "enable-windows-prefix-delegation": text }), on, text);
  assert.equal(arePrefixesOn(undefined), false);
});

test("capacity: one interface, sixteen addresses a prefix, prefixes on Nitro only", () => {
  assert.deepEqual(windowsCapacity("m5.large", false), { slots: 9, prefixes: false, addresses: 9 });
  assert.deepEqual(windowsCapacity("m5.large", true), { slots: 9, prefixes: true, addresses: 144 });
  assert.deepEqual(windowsCapacity("m4.large", true), { slots: 9, prefixes: false, addresses: 9 });
  assert.equal(windowsCapacity("x9.tiny", true), undefined);
});
