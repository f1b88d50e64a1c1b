// Paths of fields in conflicts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { removeAt, valueAt } from "./field-path.ts";

const deployment = () => ({
  metadata: { annotations: { "eks.amazonaws.com/role-arn": "r", eks: { amazonaws: "no" } } },
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: "a",
            image: "x",
            ports: [{ containerPort: 53, protocol: "UDP" }, { containerPort: 53, protocol: "TCP" }, { containerPort: 80 }],
          },
          { name: 'b"]', image: "y" },
        ],
      },
    },
  },
  finalizers: ["one", "two"],
});

const values: [path: string, value: unknown][] = [
  ['.spec.template.spec.containers[name="a"].image', "x"],
  ['.spec.template.spec.containers[name="b\\"]"].image', "y"],
  ['.spec.template.spec.containers[name="a"].ports[containerPort=53,protocol="TCP"].protocol', "TCP"],
  ['.spec.template.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].containerPort', 80],
  [".metadata.annotations.eks.amazonaws.com/role-arn", "r"],
  ['.finalizers[="two"]', "two"],
  [".spec.nothing.here", undefined],
  ['.spec.template.spec.containers[name="c"].image', undefined],
];

for (const [path, value] of values) {
  test(path, () => assert.deepEqual(valueAt(deployment(), path), value));
}

test("removal takes the field and nothing else", () => {
  const object = deployment();
  assert.ok(removeAt(object, '.spec.template.spec.containers[name="a"].image'));
  assert.deepEqual(Object.keys(object.spec.template.spec.containers[0]!), ["name", "ports"]);
  assert.ok(removeAt(object, ".metadata.annotations.eks.amazonaws.com/role-arn"));
  assert.deepEqual(object.metadata.annotations, { eks: { amazonaws: "no" } });
  assert.ok(removeAt(object, '.finalizers[="one"]'));
  assert.deepEqual(object.finalizers, ["two"]);
  assert.ok(!removeAt(object, ".spec.nothing"));
  assert.ok(!removeAt(object, ""));
  assert.ok(!removeAt(object, '.finalizers[="one"]'));
});
