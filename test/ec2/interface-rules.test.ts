// Rules of interfaces: named addresses, exclusions, tokens, managed interfaces.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rejectsWith } from "./errors.ts";
import { ec2, type Harness, network } from "./harness.ts";

const free = async (aws: Harness, subnetId: string) =>
  (await aws.run("DescribeSubnets", { SubnetIds: [subnetId] })).Subnets![0]!.AvailableIpAddressCount;
const create = async (aws: Harness, input: Parameters<typeof aws.run<"CreateNetworkInterface">>[1]) =>
  (await aws.run("CreateNetworkInterface", input)).NetworkInterface!;

test("addresses by name: outside, reserved, taken, and moved with AllowReassignment", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  const one = await create(aws, {
    SubnetId: subnetId,
    PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.10", Primary: true }, { PrivateIpAddress: "10.0.0.11" }],
  });
  assert.equal(one.PrivateIpAddress, "10.0.0.10");
  for (const [address, code, text] of [
    ["10.0.9.1", "InvalidParameterValue", "Address does not fall within the subnet's address range"],
    ["10.0.0.2", "InvalidParameterValue", "Address is in subnet's reserved address range"],
    ["10.0.0.11", "InvalidIPAddress.InUse", "Address 10.0.0.11 is in use."],
  ] as const) {
    await rejectsWith(aws.run("CreateNetworkInterface", { SubnetId: subnetId, PrivateIpAddress: address }), code, text);
  }
  const two = await create(aws, { SubnetId: subnetId });
  await rejectsWith(
    aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId: two.NetworkInterfaceId, PrivateIpAddresses: ["10.0.0.11"] }),
    "InvalidIPAddress.InUse",
  );
  await aws.run("AssignPrivateIpAddresses", {
    NetworkInterfaceId: two.NetworkInterfaceId,
    PrivateIpAddresses: ["10.0.0.11"],
    AllowReassignment: true,
  });
  await rejectsWith(
    aws.run("AssignPrivateIpAddresses", {
      NetworkInterfaceId: two.NetworkInterfaceId,
      PrivateIpAddresses: ["10.0.0.10"],
      AllowReassignment: true,
    }),
    "InvalidIPAddress.InUse",
  );
  const { NetworkInterfaces } = await aws.run("DescribeNetworkInterfaces", {
    Filters: [{ Name: "addresses.private-ip-address", Values: ["10.0.0.11"] }],
  });
  assert.deepEqual(
    NetworkInterfaces!.map((each) => each.NetworkInterfaceId),
    [two.NetworkInterfaceId],
  );
  await rejectsWith(
    aws.run("UnassignPrivateIpAddresses", { NetworkInterfaceId: one.NetworkInterfaceId, PrivateIpAddresses: ["10.0.0.11"] }),
    "InvalidParameterValue",
  );
  await rejectsWith(
    aws.run("UnassignPrivateIpAddresses", { NetworkInterfaceId: one.NetworkInterfaceId, PrivateIpAddresses: ["10.0.0.10"] }),
    "InvalidParameterValue",
  );
  await aws.run("UnassignPrivateIpAddresses", { NetworkInterfaceId: two.NetworkInterfaceId, PrivateIpAddresses: ["10.0.0.11"] });
  assert.equal(await free(aws, subnetId), 249);
});

test("members that exclude each other", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  for (const input of [
    { SecondaryPrivateIpAddressCount: 1, Ipv4PrefixCount: 1 },
    { Ipv4Prefixes: [{ Ipv4Prefix: "10.0.0.16/28" }], Ipv4PrefixCount: 1 },
    { PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.9" }], SecondaryPrivateIpAddressCount: 1 },
    { Ipv6AddressCount: 1, Ipv6PrefixCount: 1 },
    { PrivateIpAddress: "10.0.0.8", PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.9", Primary: true }] },
  ]) {
    await rejectsWith(aws.run("CreateNetworkInterface", { SubnetId: subnetId, ...input }), "InvalidParameterCombination");
  }
  await rejectsWith(
    aws.run("CreateNetworkInterface", { SubnetId: subnetId, Ipv6AddressCount: 1 }),
    "InvalidParameterValue",
    `The subnet '${subnetId}' does not have an IPv6 CIDR block.`,
  );
  await rejectsWith(
    aws.run("CreateNetworkInterface", { SubnetId: "subnet-0123456789abcdef0" }),
    "InvalidSubnetID.NotFound",
    "The subnet ID 'subnet-0123456789abcdef0' does not exist",
  );
  assert.equal(await free(aws, subnetId), 251);
});

test("a client token makes one interface, and only for the same request", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  const first = await create(aws, { SubnetId: subnetId, ClientToken: "t1" });
  const second = await create(aws, { SubnetId: subnetId, ClientToken: "t1" });
  assert.equal(first.NetworkInterfaceId, second.NetworkInterfaceId);
  assert.equal(await free(aws, subnetId), 250);
  await rejectsWith(
    aws.run("CreateNetworkInterface", { SubnetId: subnetId, ClientToken: "t1", Description: "other" }),
    "IdempotentParameterMismatch",
  );
});

test("interfaces of services are theirs alone", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  const eks = {
    caller: {
      kind: "service",
      service: "eks.amazonaws.com",
      partition: "aws",
      accountId: "111122223333",
      arn: "eks.amazonaws.com",
      userId: "eks",
    },
  } as const;
  const made = (await aws.run("CreateNetworkInterface", { SubnetId: subnetId, Description: "Amazon EKS dev" }, eks)).NetworkInterface!;
  assert.deepEqual(
    [made.RequesterManaged, made.RequesterId, made.Status, made.Description],
    [true, "eks.amazonaws.com", "in-use", "Amazon EKS dev"],
  );
  const NetworkInterfaceId = made.NetworkInterfaceId;
  for (const attempt of [
    aws.run("DeleteNetworkInterface", { NetworkInterfaceId }),
    aws.run("ModifyNetworkInterfaceAttribute", { NetworkInterfaceId, Description: { Value: "mine" } }),
    aws.run("DetachNetworkInterface", { AttachmentId: made.Attachment!.AttachmentId }),
    aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, SecondaryPrivateIpAddressCount: 1 }),
  ]) {
    await rejectsWith(attempt, "OperationNotPermitted", /You do not have permission/);
  }
  await aws.run("DeleteNetworkInterface", { NetworkInterfaceId }, eks);
  assert.equal(await free(aws, subnetId), 251);
});

test("one attribute at a time", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  const { NetworkInterfaceId } = await create(aws, { SubnetId: subnetId });
  await rejectsWith(
    aws.run("ModifyNetworkInterfaceAttribute", { NetworkInterfaceId, Description: { Value: "a" }, SourceDestCheck: { Value: false } }),
    "InvalidParameterCombination",
  );
  await aws.run("ModifyNetworkInterfaceAttribute", { NetworkInterfaceId, SourceDestCheck: { Value: false } });
  const read = await aws.run("DescribeNetworkInterfaceAttribute", { NetworkInterfaceId, Attribute: "sourceDestCheck" });
  assert.equal(read.SourceDestCheck!.Value, false);
});
