// Section N: EC2's interfaces and addresses, and the rules around them.
import assert from "node:assert/strict";
import { conformance } from "../cni/conformance.ts";
import { rejectsWith } from "./errors.ts";
import { ec2, type Harness, network } from "./harness.ts";

const blocksText = "The specified subnet does not have enough free cidr blocks to satisfy the request.";
const freeText = "The specified subnet does not have enough free addresses to satisfy the request.";
const prefixText = "There aren't sufficient free Ipv4 addresses or prefixes";

const free = async (aws: Harness, subnetId: string) =>
  (await aws.run("DescribeSubnets", { SubnetIds: [subnetId] })).Subnets![0]!.AvailableIpAddressCount;
const create = async (aws: Harness, input: Parameters<typeof aws.run<"CreateNetworkInterface">>[1]) =>
  (await aws.run("CreateNetworkInterface", input)).NetworkInterface!;

async function launch(aws: Harness, subnetId: string, type: string) {
  const { Instances } = await aws.run("RunInstances", {
    MinCount: 1,
    MaxCount: 1,
    ImageId: "ami-00000000000000001",
    InstanceType: type as "m5.large",
    SubnetId: subnetId,
  });
  await aws.clock.step(0);
  return Instances![0]!;
}

/** Asks for prefixes on an interface with one address, one after the other; texts are refusals. */
async function prefixes(cidr: string, outcomes: readonly (string | undefined)[]): Promise<void> {
  const aws = ec2();
  const { subnetId } = await network(aws, "10.0.0.0/16", cidr);
  const { NetworkInterfaceId } = await create(aws, { SubnetId: subnetId, PrivateIpAddress: "10.0.0.4" });
  for (const expected of outcomes) {
    const request = aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, Ipv4PrefixCount: 1 });
    if (expected === undefined) await request;
    else await rejectsWith(request, expected === blocksText ? "InsufficientCidrBlocks" : "InvalidParameterValue", expected);
  }
}

async function reserve(aws: Harness, SubnetId: string, Cidr: string, ReservationType: "prefix" | "explicit"): Promise<string> {
  const { SubnetCidrReservation } = await aws.run("CreateSubnetCidrReservation", { SubnetId, Cidr, ReservationType });
  return SubnetCidrReservation!.SubnetCidrReservationId!;
}

/** Whether the last number of an address is at least `from` and below `to`. */
function inRange(address: string, from: number, to: number): boolean {
  const last = Number(address.split(".")[3]);
  return last >= from && last < to;
}

conformance("N", {
  "N1 free addresses are counted: 251, 241 after ten, 209 after two prefixes": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    assert.equal(await free(aws, subnetId), 251);
    const { NetworkInterfaceId } = await create(aws, { SubnetId: subnetId, SecondaryPrivateIpAddressCount: 9 });
    assert.equal(await free(aws, subnetId), 241);
    const assigned = await aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, Ipv4PrefixCount: 2 });
    assert.equal(assigned.AssignedIpv4Prefixes!.length, 2);
    assert.equal(await free(aws, subnetId), 209);
  },
  "N2 what small subnets answer to prefixes": async () => {
    await prefixes("10.0.0.0/28", [prefixText]);
    await prefixes("10.0.0.0/27", [blocksText]);
    await prefixes("10.0.0.0/26", [undefined, undefined, blocksText]);
  },
  "N4 fewer addresses than a prefix has": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws, "10.0.0.0/16", "10.0.0.0/28");
    const { NetworkInterfaceId } = await create(aws, { SubnetId: subnetId });
    assert.equal(await free(aws, subnetId), 10);
    await rejectsWith(aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, Ipv4PrefixCount: 1 }), "InvalidParameterValue", prefixText);
  },
  "N3 fragmentation leaves no prefix, at assignment and at creation": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    const { NetworkInterfaceId } = await create(aws, { SubnetId: subnetId, PrivateIpAddress: "10.0.0.20" });
    const named = Array.from({ length: 14 }, (_, index) => `10.0.0.${(index + 1) * 16 + 9}`);
    await aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, PrivateIpAddresses: named });
    assert.ok((await free(aws, subnetId))! > 200);
    await rejectsWith(
      aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, Ipv4PrefixCount: 1 }),
      "InsufficientCidrBlocks",
      blocksText,
    );
    await rejectsWith(aws.run("CreateNetworkInterface", { SubnetId: subnetId, Ipv4PrefixCount: 1 }), "InsufficientCidrBlocks", blocksText);
  },
  "a subnet without addresses": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws, "10.0.0.0/16", "10.0.0.0/28");
    const { NetworkInterfaceId } = await create(aws, { SubnetId: subnetId, SecondaryPrivateIpAddressCount: 9 });
    assert.equal(await free(aws, subnetId), 1);
    await rejectsWith(
      aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, SecondaryPrivateIpAddressCount: 2 }),
      "InsufficientFreeAddressesInSubnet",
      freeText,
    );
    await rejectsWith(
      aws.run("CreateNetworkInterface", { SubnetId: subnetId, SecondaryPrivateIpAddressCount: 1 }),
      "InsufficientFreeAddressesInSubnet",
      freeText,
    );
    await create(aws, { SubnetId: subnetId });
    await rejectsWith(aws.run("CreateNetworkInterface", { SubnetId: subnetId }), "InsufficientFreeAddressesInSubnet", freeText);
    assert.equal(await free(aws, subnetId), 0);
  },
  "N5 prefixes come from their reservation, single addresses never": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    const id = await reserve(aws, subnetId, "10.0.0.64/26", "prefix");
    assert.match(id, /^scr-/);
    const { NetworkInterfaceId } = await create(aws, { SubnetId: subnetId });
    const assigned = await aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, Ipv4PrefixCount: 4 });
    assert.deepEqual(assigned.AssignedIpv4Prefixes!.map((each) => each.Ipv4Prefix).sort(), [
      "10.0.0.112/28",
      "10.0.0.64/28",
      "10.0.0.80/28",
      "10.0.0.96/28",
    ]);
    await aws.run("UnassignPrivateIpAddresses", { NetworkInterfaceId, Ipv4Prefixes: ["10.0.0.64/28", "10.0.0.80/28"] });
    const many = await create(aws, { SubnetId: subnetId, SecondaryPrivateIpAddressCount: 49 });
    assert.ok(many.PrivateIpAddresses!.every((each) => !inRange(each.PrivateIpAddress!, 64, 128)));
    const before = await free(aws, subnetId);
    await aws.run("DeleteSubnetCidrReservation", { SubnetCidrReservationId: id });
    assert.equal(await free(aws, subnetId), before! + 32, "what was reserved and not used is free again");
  },
  "N6 nothing is chosen from an explicit reservation": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    await reserve(aws, subnetId, "10.0.0.128/25", "explicit");
    const many = await create(aws, { SubnetId: subnetId, SecondaryPrivateIpAddressCount: 48 });
    assert.ok(many.PrivateIpAddresses!.every((each) => inRange(each.PrivateIpAddress!, 0, 128)));
    const { NetworkInterfaceId } = many;
    await aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, PrivateIpAddresses: ["10.0.0.200"] });
  },
  "N7 reservations overlap neither each other nor the subnet's end": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    await reserve(aws, subnetId, "10.0.0.64/26", "prefix");
    await reserve(aws, subnetId, "10.0.0.128/25", "explicit");
    await rejectsWith(reserve(aws, subnetId, "10.0.0.192/27", "prefix"), "InvalidSubnetCidrReservation.Conflict");
    await rejectsWith(reserve(aws, subnetId, "10.0.1.0/27", "prefix"), "InvalidSubnetCidrReservation.Range");
    const listed = await aws.run("GetSubnetCidrReservations", { SubnetId: subnetId });
    assert.equal(listed.SubnetIpv4CidrReservations!.length, 2);
  },
  "N8 a fourth interface on a t2.medium": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    const { InstanceId } = await launch(aws, subnetId, "t2.medium");
    const attach = async (DeviceIndex: number) =>
      aws.run("AttachNetworkInterface", {
        InstanceId,
        DeviceIndex,
        NetworkInterfaceId: (await create(aws, { SubnetId: subnetId })).NetworkInterfaceId,
      });
    await attach(1);
    await rejectsWith(
      attach(1),
      "InvalidParameterValue",
      `Instance '${InstanceId}' already has an interface attached at device index '1'.`,
    );
    await attach(2);
    await rejectsWith(attach(3), "AttachmentLimitExceeded", "Interface count 4 exceeds the limit for t2.medium");
  },
  "N9 singles and prefixes share the limit of the instance type": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    const instance = await launch(aws, subnetId, "m5.large");
    const NetworkInterfaceId = instance.NetworkInterfaces![0]!.NetworkInterfaceId;
    await aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, SecondaryPrivateIpAddressCount: 5 });
    await aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, Ipv4PrefixCount: 4 });
    for (const more of [{ SecondaryPrivateIpAddressCount: 1 }, { Ipv4PrefixCount: 1 }, { PrivateIpAddresses: ["10.0.0.99"] }]) {
      await rejectsWith(
        aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId, ...more }),
        "PrivateIpAddressLimitExceeded",
        "Number of private addresses will exceed limit.",
      );
    }
  },
  "N10 no prefixes on Xen": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    const instance = await launch(aws, subnetId, "t2.large");
    await rejectsWith(
      aws.run("AssignPrivateIpAddresses", { NetworkInterfaceId: instance.NetworkInterfaces![0]!.NetworkInterfaceId, Ipv4PrefixCount: 1 }),
      "UnsupportedOperation",
    );
  },
  "N11 a group that a leaked interface is in": async () => {
    const aws = ec2();
    const { vpcId, subnetId } = await network(aws);
    const { GroupId } = await aws.run("CreateSecurityGroup", { GroupName: "pods", Description: "of pods", VpcId: vpcId });
    const { NetworkInterfaceId } = await create(aws, { SubnetId: subnetId, Groups: [GroupId!] });
    const { NetworkInterfaces } = await aws.run("DescribeNetworkInterfaces", { NetworkInterfaceIds: [NetworkInterfaceId!] });
    assert.equal(NetworkInterfaces![0]!.Status, "available");
    const blocked = `resource ${GroupId} has a dependent object. Network interfaces: ${NetworkInterfaceId}.`;
    await rejectsWith(aws.run("DeleteSecurityGroup", { GroupId }), "DependencyViolation", blocked);
    await aws.run("DeleteNetworkInterface", { NetworkInterfaceId });
    await aws.run("DeleteSecurityGroup", { GroupId });
  },
  "N12 trunks, branches and VLANs": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    const instance = await launch(aws, subnetId, "m5.large");
    const trunk = await create(aws, { SubnetId: subnetId, InterfaceType: "trunk" });
    await aws.run("AttachNetworkInterface", {
      InstanceId: instance.InstanceId,
      DeviceIndex: 1,
      NetworkInterfaceId: trunk.NetworkInterfaceId,
    });
    const branches = await Promise.all(Array.from({ length: 10 }, () => create(aws, { SubnetId: subnetId })));
    const associate = (index: number, VlanId: number) =>
      aws.run("AssociateTrunkInterface", {
        BranchInterfaceId: branches[index]!.NetworkInterfaceId,
        TrunkInterfaceId: trunk.NetworkInterfaceId,
        VlanId,
      });
    const { InterfaceAssociation } = await associate(0, 1);
    await rejectsWith(associate(1, 1), "InvalidParameterValue");
    await rejectsWith(associate(0, 2), "InvalidNetworkInterface.InUse");
    const { NetworkInterfaces } = await aws.run("DescribeNetworkInterfaces", { NetworkInterfaceIds: [branches[0]!.NetworkInterfaceId!] });
    assert.deepEqual(
      [NetworkInterfaces![0]!.InterfaceType, NetworkInterfaces![0]!.Status, NetworkInterfaces![0]!.Attachment],
      ["branch", "in-use", undefined],
    );
    await rejectsWith(
      aws.run("DeleteNetworkInterface", { NetworkInterfaceId: branches[0]!.NetworkInterfaceId }),
      "InvalidParameterValue",
      `Network interface '${branches[0]!.NetworkInterfaceId}' is currently in use.`,
    );
    for (let index = 1; index < 9; index++) await associate(index, index + 1);
    await rejectsWith(associate(9, 10), "AttachmentLimitExceeded");
    const AssociationId = InterfaceAssociation!.AssociationId!;
    assert.match(AssociationId, /^trunk-assoc-/);
    await aws.run("DisassociateTrunkInterface", { AssociationId });
    await rejectsWith(
      aws.run("DisassociateTrunkInterface", { AssociationId }),
      "InvalidAssociationID.NotFound",
      `The association ID '${AssociationId}' does not exist`,
    );
    await aws.run("DeleteNetworkInterface", { NetworkInterfaceId: branches[0]!.NetworkInterfaceId });
    assert.equal((await aws.run("DescribeTrunkInterfaceAssociations", {})).InterfaceAssociations!.length, 8);
    const burstable = await launch(aws, subnetId, "t3.medium");
    const other = await create(aws, { SubnetId: subnetId, InterfaceType: "trunk" });
    await rejectsWith(
      aws.run("AttachNetworkInterface", { InstanceId: burstable.InstanceId, DeviceIndex: 1, NetworkInterfaceId: other.NetworkInterfaceId }),
      "UnsupportedOperation",
    );
  },
  "N13 ids and MaxResults exclude each other, and pages cover everything once": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    const made = await Promise.all(Array.from({ length: 12 }, () => create(aws, { SubnetId: subnetId })));
    await rejectsWith(
      aws.run("DescribeNetworkInterfaces", { NetworkInterfaceIds: [made[0]!.NetworkInterfaceId!], MaxResults: 5 }),
      "InvalidParameterCombination",
      "The parameter networkInterfaceIds cannot be used with the parameter MaxResults",
    );
    await rejectsWith(
      aws.run("DescribeNetworkInterfaces", { MaxResults: 4 }),
      "InvalidParameterValue",
      "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than or equal to 5.",
    );
    await rejectsWith(aws.run("DescribeNetworkInterfaces", { NextToken: "junk" }), "InvalidParameterValue");
    const seen: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await aws.run("DescribeNetworkInterfaces", {
        MaxResults: 5,
        NextToken,
        Filters: [{ Name: "subnet-id", Values: [subnetId] }],
      });
      seen.push(...page.NetworkInterfaces!.map((each) => each.NetworkInterfaceId!));
      NextToken = page.NextToken;
    } while (NextToken);
    assert.deepEqual(seen.sort(), made.map((each) => each.NetworkInterfaceId!).sort());
  },
  "N14 termination deletes what it should and leaves the rest available": async () => {
    const aws = ec2();
    const { subnetId } = await network(aws);
    const instance = await launch(aws, subnetId, "m5.large");
    const [kept, deleted] = [await create(aws, { SubnetId: subnetId }), await create(aws, { SubnetId: subnetId })];
    await aws.run("AttachNetworkInterface", {
      InstanceId: instance.InstanceId,
      DeviceIndex: 1,
      NetworkInterfaceId: kept.NetworkInterfaceId,
    });
    const { AttachmentId } = await aws.run("AttachNetworkInterface", {
      InstanceId: instance.InstanceId,
      DeviceIndex: 2,
      NetworkInterfaceId: deleted.NetworkInterfaceId,
    });
    await aws.run("ModifyNetworkInterfaceAttribute", {
      NetworkInterfaceId: deleted.NetworkInterfaceId,
      Attachment: { AttachmentId, DeleteOnTermination: true },
    });
    await rejectsWith(aws.run("DeleteNetworkInterface", { NetworkInterfaceId: deleted.NetworkInterfaceId }), "InvalidParameterValue");
    await rejectsWith(
      aws.run("DetachNetworkInterface", { AttachmentId: instance.NetworkInterfaces![0]!.Attachment!.AttachmentId }),
      "OperationNotPermitted",
      "The network interface at device index 0 and networkCard index 0 cannot be detached.",
    );
    await aws.run("TerminateInstances", { InstanceIds: [instance.InstanceId!] });
    await aws.clock.step(0);
    const { NetworkInterfaces } = await aws.run("DescribeNetworkInterfaces", { Filters: [{ Name: "subnet-id", Values: [subnetId] }] });
    assert.deepEqual(
      NetworkInterfaces!.map((each) => [each.NetworkInterfaceId, each.Status]),
      [[kept.NetworkInterfaceId, "available"]],
    );
    await rejectsWith(
      aws.run("DescribeNetworkInterfaces", { NetworkInterfaceIds: [deleted.NetworkInterfaceId!] }),
      "InvalidNetworkInterfaceID.NotFound",
      `The networkInterface ID '${deleted.NetworkInterfaceId}' does not exist`,
    );
  },
});
