// How many of the 26 items of the acceptance checklist and of the 12 test vectors of add-ons the tests show (spec eks-control-plane §23, addons §17).
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { judge, shownNumbers } from "../../support/numbered.ts";

const EKS = fileURLToPath(new URL("..", import.meta.url));

for (const [what, glob, total, numbersOf] of [
  ["items", "acceptance/*.test.ts", 26, (title: string) => (/^\d/.test(title) ? [Number.parseInt(title, 10)] : [])],
  [
    "add-on vectors",
    "addon*.test.ts",
    12,
    (title: string) => (/^vectors? ([\d, ]+):/.exec(title)?.[1] ?? "").split(",").filter(Boolean).map(Number),
  ],
] as const) {
  test(`every test that shows ${what} of the specification has a number of its own`, (t) => {
    const numbers = shownNumbers(glob, EKS, numbersOf);
    const { twice, unknown, missing } = judge(numbers, total);
    assert.deepEqual({ twice, unknown }, { twice: [], unknown: [] });
    const shown = total - missing.length;
    t.diagnostic(`${shown} of ${total} ${what} shown${missing.length > 0 ? `; missing: ${missing.join(", ")}` : ""}`);
  });
}
