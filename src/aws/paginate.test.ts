import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Pager } from "./paginate.ts";

const pager = new Pager("secret");
const badToken = () => new RangeError("bad token");
const identity = (item: string) => item;
const page = (items: readonly string[], limit: number, token?: string, scope: unknown = "s") =>
  pager.page(items, identity, { limit, token, scope, badToken });

test("pages cover every list exactly once, whatever its length and the limit", () => {
  const lists = fc.uniqueArray(fc.string({ minLength: 1 })).map((items) => items.sort((a, b) => (a < b ? -1 : 1)));
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 7 }), (items, limit) => {
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const next = page(items, limit, token);
        assert.ok(next.items.length <= limit);
        seen.push(...next.items);
        token = next.nextToken;
      } while (token !== undefined);
      assert.deepEqual(seen, items);
    }),
    { numRuns: 100, seed: 1 },
  );
});

test("items that come and go between pages neither repeat nor hide others", () => {
  const { nextToken } = page(["a", "b", "c", "d"], 2);
  assert.deepEqual(page(["a", "c", "d"], 2, nextToken).items, ["c", "d"]);
  assert.deepEqual(page(["a", "b", "bb", "c"], 2, nextToken).items, ["bb", "c"]);
  assert.deepEqual(page(["a"], 2, nextToken), { items: [] });
});

test("tokens are bound to their scope and cannot be made up", () => {
  const { nextToken = "" } = page(["a", "b", "c"], 1, undefined, { operation: "ListX", filter: "f", none: undefined });
  assert.deepEqual(page(["a", "b", "c"], 1, nextToken, { filter: "f", operation: "ListX" }).items, ["b"]);
  const others = [{ operation: "ListY", filter: "f" }, { operation: "ListX" }, { operation: "ListX", filter: "g" }];
  for (const scope of others) assert.throws(() => page(["a"], 1, nextToken, scope), RangeError);
  const forged = Buffer.from(`${"x".repeat(16)}b`).toString("base64url");
  for (const bad of ["", "a", forged, `${nextToken}A`, "!".repeat(30), "A".repeat(5000)]) {
    assert.throws(() => page(["a"], 1, bad, { operation: "ListX", filter: "f" }), RangeError, bad.slice(0, 40));
  }
  assert.throws(() => new Pager("other").page(["a"], identity, { limit: 1, token: nextToken, scope: "s", badToken }), RangeError);
});
