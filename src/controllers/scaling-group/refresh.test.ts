// How many instances a refresh takes at a time, and when it is done.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instance } from "@aws-sdk/client-ec2";
import type { GroupRecord, RefreshRecord } from "../../services/autoscaling/records.ts";
import { refreshStep } from "./refresh.ts";

const refresh: RefreshRecord = {
  ...{ id: "r", status: "Pending", startedAt: 100, minHealthyPercentage: 90, skipMatching: false, percentageComplete: 0 },
};
const instance = (id: string, launched: number, version = "1", state: "running" | "pending" = "running"): Instance => ({
  ...{ InstanceId: id, LaunchTime: new Date(launched), State: { Name: state } },
  Tags: [{ Key: "aws:ec2launchtemplate:version", Value: version }],
});
const four = [1, 2, 3, 4].map((n) => instance(`i-${n}`, n));
const step = (change: Partial<RefreshRecord>, present: readonly Instance[]) =>
  refreshStep({ desiredCapacity: 4 } as GroupRecord, { ...refresh, ...change }, present, "2", 500);
const leaving = (change: Partial<RefreshRecord>, present: readonly Instance[]) =>
  step(change, present).leave.map(({ InstanceId }) => InstanceId);

test("one at a time where the share is high, more where it is low, all where it is nothing", () => {
  assert.deepEqual(leaving({}, four), ["i-1"]);
  assert.deepEqual(leaving({ minHealthyPercentage: 100 }, four), ["i-1"]);
  assert.deepEqual(leaving({ minHealthyPercentage: 50 }, four), ["i-1", "i-2"]);
  assert.deepEqual(leaving({ minHealthyPercentage: 0 }, four).length, 4);
});

test("replacements that do not run yet hold it up", () => {
  assert.deepEqual(leaving({}, [...four.slice(1), instance("i-9", 200, "2", "pending")]), []);
  assert.equal(step({}, [...four.slice(1), instance("i-9", 200)]).refresh.percentageComplete, 25);
});

test("instances of the wanted version may stay", () => {
  assert.deepEqual(leaving({ skipMatching: true }, [instance("i-1", 1, "2"), ...four.slice(1)]), ["i-2"]);
});

test("it is done when all are new", () => {
  const fresh = four.map(({ InstanceId = "" }) => instance(InstanceId, 200));
  assert.deepEqual(step({}, fresh), { leave: [], refresh: { ...refresh, status: "Successful", percentageComplete: 100, endedAt: 500 } });
});
