// The algebra of field sets, by its laws.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { difference, equalSets, type FieldSet, intersection, node, paths, pathText, union } from "./field-set.ts";

const element = fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', 'v:"y"');
const set: fc.Arbitrary<FieldSet | undefined> = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 6 }).map((all) =>
  all.reduce<FieldSet | undefined>(
    (sum, path) =>
      union(
        sum,
        path.reduceRight<FieldSet>((child, key) => node(false, { [key]: child }) as FieldSet, {}),
      ),
    undefined,
  ),
);

const texts = (value: FieldSet | undefined) => new Set(paths(value).map(pathText));

test("union, difference and intersection are those of the sets of paths", () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      const [left, right] = [texts(a), texts(b)];
      assert.deepEqual(texts(union(a, b)), new Set([...left, ...right]));
      assert.deepEqual(texts(difference(a, b)), new Set([...left].filter((each) => !right.has(each))));
      assert.deepEqual(texts(intersection(a, b)), new Set([...left].filter((each) => right.has(each))));
      assert.ok(equalSets(union(a, b), union(b, a)));
      assert.ok(equalSets(a, union(difference(a, b), intersection(a, b))));
    }),
    { numRuns: 200 },
  );
});

test("paths print as Kubernetes prints them", () => {
  assert.equal(pathText(["f:spec", "f:containers", 'k:{"name":"web"}', "f:image"]), '.spec.containers[name="web"].image');
  assert.equal(pathText(["f:metadata", "f:finalizers", 'v:"x"']), '.metadata.finalizers[="x"]');
});
