// Which bucket a call draws from, and how it fills again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { bucketOf, ec2Throttle, READS, UNFILTERED_READS, WRITES } from "./request-limits.ts";

const call = (operation: string, more: object = {}) => ({
  ...{ service: "ec2", operation, account: "111122223333", region: "us-west-2", input: {} },
  ...more,
});

test("buckets by action", () => {
  for (const [operation, input, expected] of [
    ["DescribeNetworkInterfaces", { NetworkInterfaceIds: ["eni-1"] }, READS],
    ["DescribeNetworkInterfaces", { MaxResults: 5 }, READS],
    ["DescribeNetworkInterfaces", {}, UNFILTERED_READS],
    ["DescribeNetworkInterfaces", { Filters: [], DryRun: true }, UNFILTERED_READS],
    ["GetSubnetCidrReservations", { SubnetId: "subnet-1" }, READS],
    ["AttachNetworkInterface", {}, WRITES],
    ["CreateNetworkInterface", {}, { burst: 100, perSecond: 5 }],
    ["RunInstances", {}, { burst: 5, perSecond: 2 }],
    ["CreateTags", {}, { burst: 100, perSecond: 10 }],
  ] as const)
    assert.deepEqual(bucketOf({ operation, input }), expected, `${operation} ${JSON.stringify(input)}`);
});

test("a bucket empties, answers 503, and fills with time up to its size", async () => {
  const clock = new FakeClock();
  const throttle = ec2Throttle(clock);
  const taken = (limit = 1000) => {
    for (let count = 0; count < limit; count++) if (throttle(call("AttachNetworkInterface"))) return count;
    return limit;
  };
  assert.equal(taken(), 50);
  const refusal = throttle(call("AttachNetworkInterface"));
  assert.deepEqual([refusal?.code, refusal?.message, refusal?.status], ["RequestLimitExceeded", "Request limit exceeded.", 503]);
  await clock.step(1000);
  assert.equal(taken(), 5);
  await clock.step(3_600_000);
  assert.equal(taken(), 50);
});

test("accounts, regions, actions and services have buckets of their own", () => {
  const throttle = ec2Throttle(new FakeClock());
  for (let i = 0; i < 50; i++) assert.equal(throttle(call("AttachNetworkInterface")), undefined);
  assert.ok(throttle(call("AttachNetworkInterface")));
  for (const other of [{ account: "444455556666" }, { region: "eu-west-1" }, { operation: "DetachNetworkInterface" }])
    assert.equal(throttle(call("AttachNetworkInterface", other)), undefined, JSON.stringify(other));
  for (let i = 0; i < 500; i++) assert.equal(throttle(call("AssumeRole", { service: "sts" })), undefined);
});
