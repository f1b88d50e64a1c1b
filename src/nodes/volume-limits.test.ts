// Volumes per instance: shared with interfaces, or not, by generation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { attachableVolumes } from "./volume-limits.ts";

const cases: [type: string, interfaces: number, volumes: number | undefined][] = [
  ["m5.large", 1, 26],
  ["m5.large", 3, 24],
  ["t3.medium", 2, 25],
  ["m7i.large", 3, 31],
  ["m7i.48xlarge", 1, 127],
  ["m4.large", 2, 39],
  ["c5.metal", 1, 26],
  ["m5.nothing", 1, undefined],
];
for (const [type, interfaces, volumes] of cases)
  test(`${type} with ${interfaces} interfaces takes ${volumes}`, () => assert.equal(attachableVolumes(type, interfaces), volumes));
