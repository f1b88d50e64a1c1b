import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeTags, removeTags, tagList, tagMap, tagProblem } from "./tags.ts";

test("what tags may be", () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, ""]));
  const good = [{}, { "a b+-=._:/@": "" }, { é: "日本" }, many, { ["k".repeat(128)]: "v".repeat(256) }];
  for (const tags of good) assert.equal(tagProblem(tags as Record<string, string>), undefined);
  const bad = [{ "": "x" }, { "aws:x": "" }, { "AWS:x": "" }, { "a*b": "" }, { a: "<" }, { ["k".repeat(129)]: "" }, { a: "v".repeat(257) }];
  for (const tags of bad) assert.ok(tagProblem(tags as Record<string, string>), JSON.stringify(tags));
});

test("fifty tags at most, counting those already there once", () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, ""]));
  assert.equal(tagProblem({ k1: "new" }, many), undefined);
  assert.match(tagProblem({ other: "" }, many) ?? "", /limit of 50/);
});

test("merging overwrites, removing forgives, nothing is changed in place", () => {
  const existing = Object.freeze({ a: "1", b: "2" });
  assert.deepEqual(mergeTags(existing, { b: "3", c: "4" }), { a: "1", b: "3", c: "4" });
  assert.deepEqual(removeTags(existing, ["b", "zzz"]), { a: "1" });
  assert.deepEqual(tagMap(tagList(existing)), existing);
  assert.deepEqual(tagMap(undefined), {});
  assert.equal(Object.getPrototypeOf(tagMap([{ Key: "__proto__", Value: "x" }])), Object.prototype);
});
