// Strategic merge by hand-made cases of every directive.
import assert from "node:assert/strict";
import { test } from "node:test";
import { schemaOf } from "../schema/types.ts";
import { structNode } from "../server/built-in-type.ts";
import { applyStrategicMerge } from "./strategic-merge.ts";

const type = structNode(schemaOf("v1", "Pod") as never);
const containers = (...names: string[]) => names.map((name) => ({ name, image: name }));

const cases: [name: string, original: object, patch: object, expected: object][] = [
  [
    "merges list items by key",
    { spec: { containers: containers("a") } },
    { spec: { containers: [{ name: "a", image: "x" }, { name: "b" }] } },
    { spec: { containers: [{ name: "a", image: "x" }, { name: "b" }] } },
  ],
  [
    "deletes an item",
    { spec: { containers: containers("a", "b") } },
    { spec: { containers: [{ name: "a", $patch: "delete" }] } },
    { spec: { containers: containers("b") } },
  ],
  [
    "replaces a list",
    { spec: { containers: containers("a", "b") } },
    { spec: { containers: [{ $patch: "replace" }, { name: "c" }] } },
    { spec: { containers: [{ name: "c" }] } },
  ],
  [
    "replaces a map",
    { spec: { nodeSelector: { a: "1" } } },
    { spec: { nodeSelector: { $patch: "replace", b: "2" } } },
    { spec: { nodeSelector: { b: "2" } } },
  ],
  [
    "null removes",
    { metadata: { labels: { a: "1", b: "2" } } },
    { metadata: { labels: { a: null } } },
    { metadata: { labels: { b: "2" } } },
  ],
  [
    "primitive lists with a merge strategy are joined, new items first",
    { metadata: { finalizers: ["a"] } },
    { metadata: { finalizers: ["b", "a"] } },
    { metadata: { finalizers: ["b", "a"] } },
  ],
  [
    "and items leave them by directive",
    { metadata: { finalizers: ["a", "b"] } },
    { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } },
    { metadata: { finalizers: ["b"] } },
  ],
  [
    "atomic lists are replaced",
    { spec: { tolerations: [{ key: "a" }] } },
    { spec: { tolerations: [{ key: "b" }] } },
    { spec: { tolerations: [{ key: "b" }] } },
  ],
  [
    "order follows the directive; what only the server has keeps its place",
    { spec: { containers: containers("a", "s", "b") } },
    { spec: { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }], containers: [{ name: "b", image: "x" }] } },
    {
      spec: {
        containers: [
          { name: "s", image: "s" },
          { name: "b", image: "x" },
          { name: "a", image: "a" },
        ],
      },
    },
  ],
  [
    "retained keys drop the others",
    { spec: { volumes: [{ name: "v", emptyDir: {} }] } },
    { spec: { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/" } }] } },
    { spec: { volumes: [{ name: "v", hostPath: { path: "/" } }] } },
  ],
];

for (const [name, original, patch, expected] of cases) {
  test(name, () => {
    const before = structuredClone(original);
    assert.deepEqual(applyStrategicMerge(original, patch, type), expected);
    assert.deepEqual(original, before, "the original is untouched");
  });
}

test("an item without its key, and an unknown directive, are refused", () => {
  assert.throws(
    () => applyStrategicMerge({ spec: { containers: containers("a") } }, { spec: { containers: [{ image: "x" }] } }, type),
    /does not contain declared merge key: name/,
  );
  assert.throws(() => applyStrategicMerge({}, { $patch: "explode" }, type), /Unknown patch type found: explode/);
});
