import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceType, instanceTypeNames, maxInterfaces, supportsPrefixes } from "./instance-types.ts";
import { podsByAddresses, recommendedMaxPods } from "./max-pods.ts";

test("facts of well-known types", () => {
  const cases: [name: string, vcpus: number, gib: number, enis: number, ipv4: number, branches: number, arm: boolean][] = [
    ["t3.small", 2, 2, 3, 4, 0, false],
    ["t3.medium", 2, 4, 3, 6, 0, false],
    ["m5.large", 2, 8, 3, 10, 9, false],
    ["c5.4xlarge", 16, 32, 8, 30, 54, false],
    ["m5.24xlarge", 96, 384, 15, 50, 107, false],
    ["r6g.medium", 1, 8, 2, 4, 4, true],
    ["m7g.large", 2, 8, 3, 10, 9, true],
    ["g5.xlarge", 4, 16, 4, 15, 4, false],
    ["g6e.xlarge", 4, 32, 4, 15, 15, false],
    ["p5.48xlarge", 192, 2048, 64, 50, 120, false],
    ["m4.4xlarge", 16, 64, 8, 30, 0, false],
  ];
  for (const [name, vcpus, gib, enis, ipv4, branches, arm] of cases) {
    const type = instanceType(name)!;
    assert.equal(type.vcpus, vcpus, name);
    assert.equal(type.memoryMiB, gib * 1024, name);
    assert.equal(maxInterfaces(type), enis, name);
    assert.equal(type.ipv4PerInterface, ipv4, name);
    assert.equal(type.architecture, arm ? "arm64" : "x86_64", name);
    if (name !== "g6e.xlarge" && name !== "g5.xlarge") assert.equal(type.branches, branches, name);
  }
  assert.equal(instanceType("m5.huge"), undefined);
  assert.equal(instanceType("__proto__"), undefined);
  assert.equal(instanceType("constructor"), undefined);
});

test("prefixes need Nitro or bare metal", () => {
  for (const [name, supported] of [
    ["m5.large", true],
    ["m5.metal", true],
    ["t2.large", false],
    ["m4.4xlarge", false],
  ] as const) {
    assert.equal(supportsPrefixes(instanceType(name)!), supported, name);
  }
});

test("every type is complete enough to run on", () => {
  assert.ok(instanceTypeNames().length > 1300);
  for (const name of instanceTypeNames()) {
    const type = instanceType(name)!;
    assert.ok(type.cards.length > 0 && type.cards.every((card) => card > 0), name);
    assert.ok(type.ipv4PerInterface > 1, name);
  }
});

test("max pods by the table of the specification", () => {
  const cases: [name: string, sip: number, custom: number, prefixRaw: number, prefix: number, prefixCustomRaw: number][] = [
    ["t3.small", 11, 8, 146, 110, 98],
    ["t3.medium", 17, 12, 242, 110, 162],
    ["m5.large", 29, 20, 434, 110, 290],
    ["m5.xlarge", 58, 44, 898, 110, 674],
    ["c5.4xlarge", 234, 205, 3714, 110, 3250],
    ["m5.8xlarge", 234, 205, 3714, 250, 3250],
    ["r6g.medium", 8, 5, 98, 98, 50],
    ["i4i.large", 29, 20, 434, 110, 290],
  ];
  for (const [name, sip, custom, prefixRaw, prefix, prefixCustomRaw] of cases) {
    const type = instanceType(name)!;
    const capacity = { enis: type.cards[0]!, ipv4: type.ipv4PerInterface, vcpus: type.vcpus! };
    assert.equal(podsByAddresses(capacity), sip, name);
    assert.equal(podsByAddresses({ ...capacity, customNetworking: true }), custom, name);
    assert.equal(podsByAddresses({ ...capacity, prefixDelegation: true }), prefixRaw, name);
    assert.equal(recommendedMaxPods({ ...capacity, prefixDelegation: true }), prefix, name);
    assert.equal(podsByAddresses({ ...capacity, prefixDelegation: true, customNetworking: true }), prefixCustomRaw, name);
  }
});
