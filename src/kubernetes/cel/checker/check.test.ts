// Types of expressions before they run: what is refused, where, and in which words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { environmentOf } from "../environment.ts";
import { checkTypes } from "./check.ts";
import { bool, dyn, int, listOf, mapOf, type StaticType, text, typeText } from "./static-type.ts";

const members: Readonly<Record<string, StaticType>> = {
  a: text,
  n: int,
  f: { name: "double" },
  b: bool,
  t: { name: "timestamp" },
  l: listOf(text),
  m: mapOf(text, int),
  o: { name: "object", field: (name) => (name === "x" ? int : undefined) },
  any: dyn,
};
const variables = { self: { name: "object", field: (name: string) => members[name] }, oldSelf: dyn };
const environment = environmentOf({ self: "dyn", oldSelf: "dyn" });

function check(source: string): string {
  const checked = checkTypes(environment, environment.parse(source).ast, source, variables);
  return "error" in checked ? checked.error : typeText(checked.type);
}

const types: [source: string, type: string][] = [
  ["self.a", "string"],
  ["self.n + 1", "int"],
  ["self.n + self.any", "dyn"],
  ["self.f > 1", "bool"],
  ["self.n == 1.0 || self.f == 1", "bool"],
  ["self.l[0]", "string"],
  ["self.m['x']", "int"],
  ["self.m.x", "int"],
  ["self.l + ['x']", "list(string)"],
  ["self.l.filter(x, x != 'a')", "list(string)"],
  ["self.l.map(x, size(x))", "list(int)"],
  ["self.m.all(k, self.m[k] > 1 && k.startsWith('x'))", "bool"],
  ["self.l.exists(x, x in self.m)", "bool"],
  ["self.b ? self.a : 'x'", "string"],
  ["self.b ? null : self.o", "object"],
  ["self.t - self.t", "dyn"],
  ["self.t > timestamp('2024-01-01T00:00:00Z')", "bool"],
  ["has(self.o.x) && !has(self.m.y)", "bool"],
  ["self.?a.orValue('x')", "string"],
  ["cel.bind(x, self.n, x + 1)", "int"],
  ["self.a.split(',').size()", "int"],
  ["quantity(self.a).isLessThan(quantity('1Gi'))", "bool"],
  ["string(self.t)", "dyn"],
  ["[1, 'a']", "list(dyn)"],
  ["{'a': self.n}", "map(dyn, dyn)"],
  ["oldSelf.anything.goes", "dyn"],
  ["-self.n", "int"],
  ["self.o == null", "bool"],
];
for (const [source, type] of types) test(`${source} is ${type}`, () => assert.equal(check(source), type));

const errors: [source: string, offset: number, message: string][] = [
  ["self.x == 1", 4, "undefined field 'x'"],
  ["has(self.o.y)", 10, "undefined field 'y'"],
  ["self.a.x == 1", 6, "type 'string' does not support field selection"],
  ["self.n == true", 7, "found no matching overload for '_==_' applied to '(int, bool)'"],
  ["self.a == null", 7, "found no matching overload for '_==_' applied to '(string, null)'"],
  ["self.l == ['a', 'b'][0]", 7, "found no matching overload for '_==_' applied to '(list(string), string)'"],
  ["self.n < 'a'", 7, "found no matching overload for '_<_' applied to '(int, string)'"],
  ["self.l < self.l", 7, "found no matching overload for '_<_' applied to '(list(string), list(string))'"],
  ["self.n + self.f", 7, "found no matching overload for '_+_' applied to '(int, double)'"],
  ["self.b + self.b", 7, "found no matching overload for '_+_' applied to '(bool, bool)'"],
  ["self.a - 'x'", 7, "found no matching overload for '_-_' applied to '(string, string)'"],
  ["self.f % 2.0", 7, "found no matching overload for '_%_' applied to '(double, double)'"],
  ["self.t + 1", 7, "found no matching overload for '_+_' applied to '(timestamp, int)'"],
  ["self.n && true", 7, "found no matching overload for '_&&_' applied to '(int, bool)'"],
  ["!self.a", 0, "found no matching overload for '!_' applied to '(string)'"],
  ["-self.a", 0, "found no matching overload for '-_' applied to '(string)'"],
  ["self.n ? 1 : 2", 7, "found no matching overload for '_?_:_' applied to '(int, int, int)'"],
  ["self.b ? 1 : 'a'", 7, "found no matching overload for '_?_:_' applied to '(bool, int, string)'"],
  ["self.n in self.l", 7, "found no matching overload for '@in' applied to '(int, list(string))'"],
  ["'a' in self.a", 4, "found no matching overload for '@in' applied to '(string, string)'"],
  ["self.l['a']", 6, "found no matching overload for '_[_]' applied to '(list(string), string)'"],
  ["self.m[1]", 6, "found no matching overload for '_[_]' applied to '(map(string, int), int)'"],
  ["self.n.all(x, true)", 0, "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"],
  ["self.l.all(x, x > 1)", 16, "found no matching overload for '_>_' applied to '(string, int)'"],
  ["size(self.n)", 4, "found no matching overload for 'size' applied to '(int)'"],
  ["self.a.startsWith(1)", 17, "found no matching overload for 'startsWith' applied to 'string.(int)'"],
  ["self.n.contains('x')", 15, "found no matching overload for 'contains' applied to 'int.(string)'"],
  ["shout(self.a)", 5, "undeclared reference to 'shout' (in container '')"],
  ["self.a.shout()", 12, "undeclared reference to 'shout' (in container '')"],
];
for (const [source, offset, message] of errors) {
  test(`${source} is refused`, () => {
    assert.equal(check(source), `ERROR: <input>:1:${offset + 1}: ${message}\n | ${source}\n | ${".".repeat(offset)}^`);
  });
}

test("all that is wrong is told, in the order of the source", () => {
  const source = "self.n == 'a' && self.x";
  assert.equal(
    check(source),
    [
      `ERROR: <input>:1:8: found no matching overload for '_==_' applied to '(int, string)'\n | ${source}\n | .......^`,
      `ERROR: <input>:1:22: undefined field 'x'\n | ${source}\n | .....................^`,
    ].join("\n"),
  );
});
