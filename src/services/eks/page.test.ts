// Pages cut anywhere give back the whole list, also while items go.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { page } from "./page.ts";

const all = (items: readonly string[], maxResults: number, between: (items: readonly string[]) => readonly string[] = (same) => same) => {
  const seen: string[] = [];
  let now = items;
  let nextToken: string | undefined;
  do {
    const cut = page(now, { maxResults, nextToken }, ["op"], (item) => item);
    seen.push(...cut.page);
    nextToken = cut.nextToken;
    now = between(now);
  } while (nextToken);
  return seen;
};

test("any page size gives every item once, in order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 100 }), (items, size) => {
      assert.deepEqual(all(items, size), items);
    }),
    { numRuns: 100 },
  );
});

test("items that go between pages do not hide or repeat others", () => {
  const items = ["a", "b", "c", "d", "e"];
  assert.deepEqual(
    all(items, 2, (now) => now.filter((item) => item !== "a")),
    items,
  );
});

test("tokens of other operations and nonsense are refused", () => {
  const { nextToken } = page(["a", "b"], { maxResults: 1 }, ["one"], (item) => item);
  for (const token of [nextToken, "e30", "!", Buffer.from('["x",1,2]').toString("base64url")]) {
    assert.throws(() => page(["a", "b"], { nextToken: token }, ["two"], (item) => item), { code: "InvalidParameterException" });
  }
});
