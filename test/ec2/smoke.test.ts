import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAddresses } from "../../src/services/ec2/index.ts";
import { ec2, network } from "./harness.ts";

test("a VPC, a subnet, an instance and a second interface, from creation to termination", async () => {
  const aws = ec2();
  const { vpcId, subnetId } = await network(aws);
  const free = async () => (await aws.run("DescribeSubnets", { SubnetIds: [subnetId] })).Subnets![0]!.AvailableIpAddressCount;
  assert.equal(await free(), 251);
  const launched = await aws.run("RunInstances", {
    MinCount: 2,
    MaxCount: 2,
    ImageId: "ami-00000000000000001",
    InstanceType: "m5.large",
    SubnetId: subnetId,
  });
  const [first] = launched.Instances!;
  assert.equal(first!.State!.Name, "pending");
  await aws.clock.step(0);
  const { Reservations } = await aws.run("DescribeInstances", {
    Filters: [
      { Name: "instance-state-name", Values: ["running"] },
      { Name: "vpc-id", Values: [vpcId] },
    ],
  });
  assert.equal(Reservations!.length, 1);
  assert.equal(Reservations![0]!.Instances!.length, 2);
  assert.equal(await free(), 249);
  const { NetworkInterface } = await aws.run("CreateNetworkInterface", {
    SubnetId: subnetId,
    SecondaryPrivateIpAddressCount: 9,
    Description: "second",
  });
  assert.equal(await free(), 239);
  await aws.run("AttachNetworkInterface", {
    NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId,
    InstanceId: first!.InstanceId,
    DeviceIndex: 1,
  });
  await aws.run("TerminateInstances", { InstanceIds: [first!.InstanceId!] });
  await aws.clock.step(0);
  assert.equal(await free(), 240);
  const { NetworkInterfaces } = await aws.run("DescribeNetworkInterfaces", {
    NetworkInterfaceIds: [NetworkInterface!.NetworkInterfaceId!],
  });
  assert.equal(NetworkInterfaces![0]!.Status, "available");
  assert.deepEqual(checkAddresses(aws.store), []);
});
