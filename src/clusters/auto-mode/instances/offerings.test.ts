// What instance types Auto Mode launches, how they are labelled, and in which order they cost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceType } from "../../../vpc/instance-types.ts";
import { isLaunched, typeName } from "./families.ts";
import { autoCapacity, autoMaxPods, offerings, priceOf } from "./offerings.ts";

const all = offerings("eu-west-1", [{ name: "eu-west-1a", id: "euw1-az1" }]);
const labelsOf = (type: string) => all.find((offering) => offering.type === type)?.labels;
const price = (name: string) => priceOf(instanceType(name)!, typeName(name)!);

test("names of types say family, size, category, generation and who made the processor", () => {
  const table: readonly [string, string, number, string, string][] = [
    ["m5.large", "m", 5, "large", "intel"],
    ["c7gn.16xlarge", "c", 7, "16xlarge", "aws"],
    ["m7i-flex.2xlarge", "m", 7, "2xlarge", "intel"],
    ["r6a.4xlarge", "r", 6, "4xlarge", "amd"],
    ["im4gn.large", "im", 4, "large", "aws"],
    ["x2iedn.metal", "x", 2, "metal", "intel"],
    ["t3a.medium", "t", 3, "medium", "amd"],
  ];
  for (const [type, category, generation, size, manufacturer] of table) {
    const name = typeName(type)!;
    assert.deepEqual([name.category, name.generation, name.size, name.manufacturer], [category, generation, size, manufacturer], type);
  }
  assert.equal(typeName("nonsense"), undefined);
});

test("small sizes, single processors and families Auto Mode does not know are left out", () => {
  for (const type of ["t3.micro", "t3.small", "t3.nano", "a1.large", "m3.large", "mac2.metal", "inf2.xlarge"]) {
    assert.equal(labelsOf(type), undefined, type);
  }
  assert.equal(isLaunched(typeName("u-6tb1.metal") ?? typeName("m3.large")!), false);
  for (const type of ["c5.large", "m6g.medium", "m7i-flex.large", "g5.xlarge"]) {
    const expected = type !== "m6g.medium";
    assert.equal(labelsOf(type) !== undefined, expected, type);
  }
});

test("offerings carry the labels that pools select by", () => {
  const labels = labelsOf("g5.12xlarge")!;
  assert.deepEqual(Object.fromEntries(Object.entries(labels).filter(([key]) => key.includes("gpu"))), {
    "eks.amazonaws.com/instance-gpu-name": "a10g",
    "eks.amazonaws.com/instance-gpu-manufacturer": "nvidia",
    "eks.amazonaws.com/instance-gpu-count": "4",
    "eks.amazonaws.com/instance-gpu-memory": "24576",
  });
  assert.equal(autoCapacity(instanceType("g5.12xlarge")).allocatable["nvidia.com/gpu"], "4");
  assert.deepEqual(
    [
      labels["topology.kubernetes.io/zone"],
      labels["topology.k8s.aws/zone-id"],
      labels["kubernetes.io/arch"],
      labels["eks.amazonaws.com/compute-type"],
    ],
    ["eu-west-1a", "euw1-az1", "amd64", "auto"],
  );
  assert.equal(labelsOf("c5.large")!["eks.amazonaws.com/instance-encryption-in-transit-supported"], "false");
  assert.equal(labelsOf("c6i.large")!["eks.amazonaws.com/instance-encryption-in-transit-supported"], "true");
});

test("prices follow size, memory and family; spot is cheaper; the order is total", () => {
  assert.ok(price("m5.large") < price("m5.xlarge"));
  assert.ok(price("c5.large") < price("m5.large") && price("m5.large") < price("r5.large"));
  assert.ok(price("m6g.large") < price("m6a.large") && price("m6a.large") < price("m6i.large"));
  assert.ok(price("m6i.large") < price("m6id.large") && price("m6i.large") < price("m6in.large"));
  assert.ok(price("m5.large") > price("m6i.large"), "the newer generation is preferred");
  const prices = all.map((offering) => offering.price);
  assert.deepEqual(
    prices,
    [...prices].sort((a, b) => a - b),
  );
});

test("a node runs at most 110 pods", () => {
  assert.equal(autoMaxPods(instanceType("m5.24xlarge")), 110);
  assert.equal(autoMaxPods(instanceType("m5.large")), 29);
});
