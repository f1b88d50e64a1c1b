import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalQuantity, formatQuantity, parseQuantity } from "./quantity.ts";

test("quantities take Kubernetes' canonical form", () => {
  const cases: [string | number, string][] = [
    ["1024Mi", "1Gi"],
    ["1000m", "1"],
    ["0.5", "500m"],
    [".5", "500m"],
    ["1.5Gi", "1536Mi"],
    ["100m", "100m"],
    ["1e3", "1e3"],
    ["12E2", "1200"],
    ["1000", "1k"],
    ["1000000", "1M"],
    ["0", "0"],
    ["0Mi", "0"],
    ["-1500m", "-1500m"],
    ["1025", "1025"],
    ["2Ki", "2Ki"],
    ["0.5Ki", "512"],
    ["100n", "100n"],
    ["0.0000000001", "1n"],
    ["128974848", "128974848"],
    ["123Mi", "123Mi"],
    [2, "2"],
    ["5G", "5G"],
    ["", "0"],
    ["rubbish", "rubbish"],
  ];
  for (const [input, expected] of cases) assert.equal(canonicalQuantity(input), expected, String(input));
});

test("what is no quantity does not parse", () => {
  for (const text of ["", "1 Gi", "Gi", "1gi", "1.2.3", "--1", "0x10", "1e", "1Kib", "1e1000"])
    assert.equal(parseQuantity(text), undefined, text);
});

test("the canonical form means the same and is stable", () => {
  const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "e-3");
  fc.assert(
    fc.property(fc.integer({ min: -100000, max: 100000 }), suffix, (number, unit) => {
      const parsed = parseQuantity(`${number}${unit}`)!;
      const text = formatQuantity(parsed);
      assert.equal(parseQuantity(text)!.nanos, parsed.nanos);
      assert.equal(canonicalQuantity(text), text);
    }),
    { numRuns: 300 },
  );
});
