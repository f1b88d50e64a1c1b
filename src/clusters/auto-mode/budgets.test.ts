// How many nodes budgets let go, and durations as pools write them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { allowance, type Budget, type Reason } from "./budgets.ts";
import { durationMs } from "./duration.ts";

const NOON = Date.parse("2026-03-02T12:00:00Z");

const cases: readonly [what: string, budgets: Budget[] | undefined, nodes: number, going: number, allowed: number, reason?: Reason][] = [
  ["without budgets a tenth goes, rounded up", undefined, 11, 0, 2],
  ["a single node may go under a percentage", [{ nodes: "10%" }], 1, 0, 1],
  ["nodes that are going count", [{ nodes: "2" }], 10, 1, 1],
  ["never less than nothing", [{ nodes: "2" }], 10, 5, 0],
  ["the least budget counts", [{ nodes: "50%" }, { nodes: "3" }], 20, 0, 3],
  ["zero closes", [{ nodes: "0" }], 20, 0, 0],
  ["a budget for another reason does not count", [{ nodes: "0", reasons: ["Drifted"] }], 20, 0, 20, "Empty"],
  ["a budget for this reason does", [{ nodes: "0", reasons: ["Drifted"] }], 20, 0, 0, "Drifted"],
  ["a schedule is active for its duration", [{ nodes: "0", schedule: "0 11 * * *", duration: "2h" }], 20, 0, 0],
  ["and not afterwards", [{ nodes: "0", schedule: "0 9 * * *", duration: "2h" }], 20, 0, 20],
  ["nor before", [{ nodes: "0", schedule: "0 13 * * *", duration: "2h" }], 20, 0, 20],
  ["weekdays are UTC's", [{ nodes: "0", schedule: "0 0 * * mon", duration: "24h" }], 20, 0, 0],
  ["a schedule that cannot be read allows nothing", [{ nodes: "5", schedule: "a b c d e", duration: "1h" }], 20, 0, 0],
];
for (const [what, budgets, nodes, going, allowed, reason = "Empty"] of cases) {
  test(what, () => assert.equal(allowance(budgets, reason, nodes, going, NOON), allowed));
}

test("durations", () => {
  const table: readonly [string | undefined, number | undefined][] = [
    ["30s", 30_000],
    ["24h0m0s", 86_400_000],
    ["1h30m", 5_400_000],
    ["Never", Number.POSITIVE_INFINITY],
    [undefined, undefined],
    ["soon", undefined],
    ["10", undefined],
  ];
  for (const [text, milliseconds] of table) assert.equal(durationMs(text), milliseconds, text);
});
