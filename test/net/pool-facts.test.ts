// What ipamd remembers of its failures, for whoever asks why a pool does not grow.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../../src/aws/errors.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { Ipamd } from "../../src/cni/ipamd/ipamd.ts";
import { readSettings } from "../../src/cni/settings.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";

function rig() {
  const ec2 = new FakeEc2();
  const clock = new FakeClock();
  const ipamd = new Ipamd({
    instance: { instanceId: "i-1", vpcId: "vpc-1", zone: "a", subnetId: "subnet-1", maxEnis: 3, ipv4PerEni: 4, nitro: true },
    settings: readSettings({ ENABLE_IPv4: "true" }),
    ...{ ec2, clock, log: silentLog, maxPods: () => 29, isCordoned: () => false, period: 5000 },
  });
  const assign = (name: string) => ipamd.assign({ containerId: name, ifName: "eth0" }, { namespace: "default", name, uid: name });
  return { ec2, clock, ipamd, assign };
}

test("a shortage: its code, and the pause of 120 seconds", async () => {
  const { ec2, clock, ipamd, assign } = rig();
  await ipamd.start([]);
  assert.deepEqual([ipamd.pausedUntil, ipamd.lastFailure], [undefined, undefined]);
  await assign("one");
  ec2.fail = (operation) => {
    if (operation === "CreateNetworkInterface") throw new AwsError("InsufficientFreeAddressesInSubnet", "short", {}, 400);
  };
  await ipamd.manage();
  assert.equal(ipamd.pausedUntil, clock.now() + 120_000);
  assert.equal(ipamd.lastFailure?.code, "InsufficientFreeAddressesInSubnet");
  assert.equal(ipamd.lastFailure?.operation, "CreateNetworkInterface");
  assert.equal(ipamd.stats.assigned, 1);
  ipamd.close();
});

test("a failure is forgotten when the pool grows again; a refusal does not pause", async () => {
  const { ec2, ipamd, assign } = rig();
  await ipamd.start([]);
  await assign("one");
  ec2.fail = (operation) => {
    if (operation === "CreateNetworkInterface") throw new AwsError("UnauthorizedOperation", "no", {}, 403);
  };
  await ipamd.manage();
  assert.equal(ipamd.lastFailure?.code, "UnauthorizedOperation");
  assert.equal(ipamd.pausedUntil, undefined);
  ec2.fail = () => {};
  await ipamd.manage();
  assert.equal(ipamd.lastFailure, undefined);
  ipamd.close();
});
