// Equal sets are one object, however many others came between.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { equalSets, type FieldSet, leaf, union } from "./field-set.ts";
import { sharedFields, withSharedFields } from "./shared-fields.ts";

const parse = (text: string) => JSON.parse(text) as FieldSet;
const ports = '{"f:spec":{"f:ports":{".":{},"k:{\\"port\\":80}":{"f:name":{}}}},"f:status":{}}';

test("equal sets become one, and so do their parts", () => {
  const one = sharedFields(parse(ports));
  assert.deepEqual(one, parse(ports));
  assert.equal(sharedFields(parse(ports)), one);
  assert.equal(sharedFields(one), one);
  assert.equal(one["f:status"], leaf);
  const other = sharedFields({ "f:spec": parse(ports)["f:spec"]!, "f:metadata": {} });
  assert.notEqual(other, one);
  assert.equal(other["f:spec"], one["f:spec"]);
});

test("names that look like separators are not mixed up", () => {
  const a = sharedFields({ "f:a": {}, "f:b": {} });
  const b = sharedFields({ "f:a0,3:f:b": {} });
  assert.deepEqual([Object.keys(a), Object.keys(b)], [["f:a", "f:b"], ["f:a0,3:f:b"]]);
});

test("what is in use stays shared while thousands of others pass", () => {
  const one = sharedFields(parse(ports));
  for (let i = 0; i < 20_000; i++) {
    sharedFields({ [`f:${i}`]: {} });
    if (i % 1000 === 0) assert.equal(sharedFields(parse(ports)), one);
  }
});

const path = fc.array(fc.constantFrom("f:a", "f:b", "f:c"), { minLength: 1, maxLength: 4 });
const set = fc
  .array(path, { minLength: 1 })
  .map((all) => all.map((each) => each.reduceRight<FieldSet>((below, name) => ({ [name]: below }), {})).reduce((a, b) => union(a, b)!));

test("a shared set holds what the set held", () => {
  fc.assert(
    fc.property(set, (each) => {
      assert.ok(equalSets(sharedFields(structuredClone(each)), each));
      assert.equal(sharedFields(structuredClone(each)), sharedFields(each));
    }),
  );
});

test("objects that are read share the sets of their managers", () => {
  const read = () =>
    withSharedFields({
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "s",
        uid: "u",
        managedFields: [{ manager: "m", operation: "Update", fieldsV1: parse(ports) }, { manager: "none" }],
      },
    } as never) as { metadata: { managedFields: { fieldsV1?: object }[] } };
  assert.equal(read().metadata.managedFields[0]?.fieldsV1, read().metadata.managedFields[0]?.fieldsV1);
});
