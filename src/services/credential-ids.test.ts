import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../base/random.ts";
import { accessKeyId, accountOf, secretAccessKey, uniqueId } from "./credential-ids.ts";

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

test("ids are of AWS's form and do not repeat", () => {
  const random = seededRandom(7);
  const ids = new Set(Array.from({ length: 500 }, () => uniqueId("AROA", random)));
  assert.equal(ids.size, 500);
  for (const id of ids) assert.match(id, /^AROA[A-Z2-7]{17}$/);
  assert.match(secretAccessKey(random), /^[A-Za-z0-9+/]{40}$/);
});
