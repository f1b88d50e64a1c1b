// Label and field selectors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesFields, parseFieldSelector } from "./field-selector.ts";
import { matches, parseLabelSelector, selectorOf } from "./label-selector.ts";
import { StatusError } from "./object.ts";

const labels = { app: "web", tier: "front", "example.com/n": "3" };

const selected: [text: string, expected: boolean][] = [
  ["", true],
  ["app=web", true],
  ["app==web,tier!=back", true],
  ["app in (web, api)", true],
  ["app notin (web)", false],
  ["missing notin (x)", true],
  ["missing!=x", true],
  ["!missing", true],
  ["!app", false],
  ["app,tier", true],
  ["example.com/n>2", true],
  ["example.com/n < 3", false],
  ["app=", false],
];
for (const [text, expected] of selected) {
  test(`label selector ${text || "(empty)"}`, () => assert.equal(matches(parseLabelSelector(text), labels), expected));
}

for (const text of ["a=b=c", "a in", "a in (b", "=x", "a,,b", "a!", "-bad=x", "a=b c", "a>x", ","]) {
  test(`not a label selector: ${text}`, () =>
    assert.throws(
      () => parseLabelSelector(text),
      (error) => error instanceof StatusError && error.code === 400,
    ));
}

test("an absent selector selects nothing, an empty one everything", () => {
  assert.equal(selectorOf(undefined)(labels), false);
  assert.equal(selectorOf({})(labels), true);
  assert.equal(selectorOf({ matchExpressions: [{ key: "app", operator: "Unknown" }] })(labels), false);
  assert.equal(selectorOf({ matchLabels: { constructor: "x" } })({}), false);
});

test("field selectors with escapes", () => {
  const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "a,b" }, status: { phase: "Running" } } as never;
  assert.equal(matchesFields(parseFieldSelector("metadata.name=a\\,b,status.phase!=Failed"), object), true);
  assert.equal(parseFieldSelector("type!=x\\,metadata.name=y").length, 1);
  assert.throws(() => parseFieldSelector("nonsense"), /can't understand 'nonsense'/);
});
