// Which instance goes first, by termination policy.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instance } from "@aws-sdk/client-ec2";
import { chooseVictim } from "./choose.ts";

const instance = (InstanceId: string, AvailabilityZone: string, launched: number, version: number): Instance => ({
  ...{ InstanceId, Placement: { AvailabilityZone }, LaunchTime: new Date(launched) },
  Tags: [{ Key: "aws:ec2launchtemplate:version", Value: String(version) }],
});
const A1 = instance("i-a1", "a", 3, 1);
const A2 = instance("i-a2", "a", 1, 2);
const A3 = instance("i-a3", "a", 9, 2);
const B1 = instance("i-b1", "b", 0, 1);
const ALL = [A1, A2, A3, B1];

const cases: readonly [what: string, candidates: readonly Instance[], policies: readonly string[], expected: Instance | undefined][] = [
  ["oldest template version of the fullest zone", ALL, ["Default"], A1],
  ["oldest of the fullest zone", ALL, ["OldestInstance"], A2],
  ["newest of the fullest zone", ALL, ["NewestInstance"], A3],
  ["oldest template, then newest", [A2, A3, A1], ["OldestLaunchTemplate", "NewestInstance"], A1],
  ["by id where a policy says nothing", ALL, ["AllocationStrategy"], A1],
  ["only what may go", [B1], ["Default"], B1],
  ["nothing", [], ["Default"], undefined],
];
for (const [what, candidates, policies, expected] of cases)
  test(what, () => assert.equal(chooseVictim(candidates, ALL, policies)?.InstanceId, expected?.InstanceId));
