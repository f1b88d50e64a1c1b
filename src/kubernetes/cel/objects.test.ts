import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonOf, MadeObject, withMadeObjects } from "./objects.ts";

const cases: readonly (readonly [source: string, rewritten: string])[] = [
  ["Object{}", '__made("Object", {})'],
  ["Object.spec{replicas: 1, ?x: y,}", '__made("Object.spec", {"replicas": 1, "?x": y,})'],
  ["Object{a: Object.a{b: [1, {'k': 2}]}}", `__made("Object", {"a": __made("Object.a", {"b": [1, {'k': 2}]})})`],
  ["Object.a.__namespace__ {__in__: 1}", '__made("Object.a.namespace", {"in": 1})'],
  ["[JSONPatch{op: 'add', path: '/a'}]", `[__made("JSONPatch", {"op": 'add', "path": '/a'})]`],
  ["x ? Object{a: b ? c : d} : Object{}", 'x ? __made("Object", {"a": b ? c : d}) : __made("Object", {})'],
  [`"Object{a: 1}" + r'Object\\' + '''Object{'''`, `"Object{a: 1}" + r'Object\\' + '''Object{'''`],
  ["{Object: 1}", "{Object: 1}"],
  ["object.Object", "object.Object"],
  ["Object // Object{\n{a: 1}", "Object // Object{\n{a: 1}"],
];
for (const [source, rewritten] of cases) test(`rewritten: ${source}`, () => assert.equal(withMadeObjects(source), rewritten));

test("text without such literals stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab.?:,{}[]()'\"\\\n/ r_1") }), (text) => assert.equal(withMadeObjects(text), text)),
  );
});

test("values as JSON: optional kinds of numbers, bytes, times; objects only where their type says", () => {
  const made = new MadeObject("Object", {
    n: 1n,
    list: [new MadeObject("Object.list", { at: new Date("2026-01-02T03:04:05Z") })],
    b: new Uint8Array([1]),
  });
  assert.deepEqual(jsonOf(made, "Object"), { n: 1, list: [{ at: "2026-01-02T03:04:05Z" }], b: "AQ==" });
  assert.deepEqual(jsonOf(new Map([["k", 1n]])), { k: 1 });
  assert.throws(() => jsonOf(new MadeObject("Object", { a: new MadeObject("Object.b", {}) }), "Object"), /expected "Object\.a"/);
  assert.throws(() => jsonOf(new Map([[1n, 1n]])), /keys of an object must be strings/);
  assert.throws(() => jsonOf(() => {}), /cannot be converted to JSON/);
});
