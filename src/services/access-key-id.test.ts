import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../base/random.ts";
import { accessKeyId, accountOf } from "./access-key-id.ts";

test("an access key id gives its account back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), fc.integer(), (number, seed) => {
      const account = String(number).padStart(12, "0");
      const id = accessKeyId("ASIA", account, seededRandom(seed));
      assert.match(id, /^ASIA[A-Z2-7]{16}$/);
      assert.equal(accountOf(id), account);
    }),
  );
});

test("what is not an access key id has no account", () => {
  for (const text of ["", "AKIA", "AKIAIOSFODNN7EXAMPL", "AROAIOSFODNN7EXAMPLE", "AKIA1111111111111111"])
    assert.equal(accountOf(text), undefined);
});
