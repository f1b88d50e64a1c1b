import assert from "node:assert/strict";
import { test } from "node:test";
import { rejectsWith } from "./errors.ts";
import { ec2 } from "./harness.ts";

test("us-east-1 has six zones, among them the one EKS refuses", async () => {
  const aws = ec2();
  const { AvailabilityZones } = await aws.run(
    "DescribeAvailabilityZones",
    { Filters: [{ Name: "opt-in-status", Values: ["opt-in-not-required"] }] },
    { region: "us-east-1" },
  );
  assert.equal(AvailabilityZones!.length, 6);
  assert.equal(AvailabilityZones!.find((zone) => zone.ZoneName === "us-east-1c")!.ZoneId, "use1-az3");
  const west = await aws.run("DescribeAvailabilityZones", { ZoneNames: ["us-west-2b"] });
  assert.deepEqual(
    west.AvailabilityZones!.map((zone) => zone.ZoneId),
    ["usw2-az2"],
  );
  await rejectsWith(
    aws.run("DescribeAvailabilityZones", { ZoneNames: ["us-west-2z"] }),
    "InvalidParameterValue",
    "Invalid availability zone: [us-west-2z]",
  );
});

test("Regions of a partition", async () => {
  const aws = ec2();
  const { Regions } = await aws.run("DescribeRegions", {});
  const names = Regions!.map((region) => region.RegionName);
  assert.ok(names.includes("eu-central-1") && !names.includes("cn-north-1"));
  const china = await aws.run("DescribeRegions", {}, { partition: "aws-cn", region: "cn-north-1" });
  assert.deepEqual(
    china.Regions!.map((region) => region.Endpoint),
    ["ec2.cn-north-1.amazonaws.com.cn", "ec2.cn-northwest-1.amazonaws.com.cn"],
  );
});

test("each region of each account has its default VPC, made once", async () => {
  const aws = ec2();
  const { Vpcs } = await aws.run("DescribeVpcs", { Filters: [{ Name: "is-default", Values: ["true"] }] });
  assert.equal(Vpcs!.length, 1);
  assert.equal(Vpcs![0]!.CidrBlock, "172.31.0.0/16");
  const vpcId = Vpcs![0]!.VpcId!;
  const { Subnets } = await aws.run("DescribeSubnets", { Filters: [{ Name: "vpc-id", Values: [vpcId] }] });
  assert.deepEqual(Subnets!.map((subnet) => subnet.CidrBlock).sort(), [
    "172.31.0.0/20",
    "172.31.16.0/20",
    "172.31.32.0/20",
    "172.31.48.0/20",
  ]);
  assert.ok(Subnets!.every((subnet) => subnet.DefaultForAz && subnet.MapPublicIpOnLaunch && subnet.AvailableIpAddressCount === 4091));
  const { SecurityGroups } = await aws.run("DescribeSecurityGroups", {
    Filters: [
      { Name: "vpc-id", Values: [vpcId] },
      { Name: "group-name", Values: ["default"] },
    ],
  });
  assert.equal(SecurityGroups![0]!.IpPermissionsEgress![0]!.IpRanges![0]!.CidrIp, "0.0.0.0/0");
  assert.equal(SecurityGroups![0]!.IpPermissions![0]!.UserIdGroupPairs![0]!.GroupId, SecurityGroups![0]!.GroupId);
  const { NetworkAcls } = await aws.run("DescribeNetworkAcls", {
    Filters: [
      { Name: "vpc-id", Values: [vpcId] },
      { Name: "default", Values: ["true"] },
    ],
  });
  assert.equal(NetworkAcls![0]!.Associations!.length, 4);
  assert.deepEqual(
    NetworkAcls![0]!.Entries!.map((entry) => `${entry.Egress} ${entry.RuleNumber} ${entry.RuleAction}`),
    ["true 100 allow", "true 32767 deny", "false 100 allow", "false 32767 deny"],
  );
  const { RouteTables } = await aws.run("DescribeRouteTables", {
    Filters: [
      { Name: "vpc-id", Values: [vpcId] },
      { Name: "association.main", Values: ["true"] },
    ],
  });
  assert.deepEqual(
    RouteTables![0]!.Routes!.map((route) => [route.DestinationCidrBlock, route.GatewayId!.split("-")[0], route.State]),
    [
      ["172.31.0.0/16", "local", "active"],
      ["0.0.0.0/0", "igw", "active"],
    ],
  );
  const { DhcpOptions } = await aws.run("DescribeDhcpOptions", { DhcpOptionsIds: [Vpcs![0]!.DhcpOptionsId!] });
  assert.equal(DhcpOptions![0]!.DhcpConfigurations![0]!.Values![0]!.Value, "us-west-2.compute.internal");
  assert.equal((await aws.run("DescribeVpcs", {}, { account: "444455556666" })).Vpcs!.length, 1);
  assert.equal((await aws.run("DescribeVpcs", {})).Vpcs!.length, 1);
  const attributes = await aws.run("DescribeAccountAttributes", { AttributeNames: ["default-vpc"] });
  assert.equal(attributes.AccountAttributes![0]!.AttributeValues![0]!.AttributeValue, vpcId);
});

test("a deleted default VPC stays away until it is asked for", async () => {
  const aws = ec2();
  await rejectsWith(aws.run("CreateDefaultVpc", {}), "DefaultVpcAlreadyExists");
  const { Vpcs } = await aws.run("DescribeVpcs", {});
  const vpcId = Vpcs![0]!.VpcId!;
  const { InternetGateways } = await aws.run("DescribeInternetGateways", {});
  await rejectsWith(
    aws.run("DeleteVpc", { VpcId: vpcId }),
    "DependencyViolation",
    `The vpc '${vpcId}' has dependencies and cannot be deleted.`,
  );
  for (const subnet of (await aws.run("DescribeSubnets", {})).Subnets!) await aws.run("DeleteSubnet", { SubnetId: subnet.SubnetId });
  await aws.run("DetachInternetGateway", { InternetGatewayId: InternetGateways![0]!.InternetGatewayId, VpcId: vpcId });
  await aws.run("DeleteVpc", { VpcId: vpcId });
  assert.equal((await aws.run("DescribeVpcs", {})).Vpcs!.length, 0);
  await rejectsWith(aws.run("DescribeVpcs", { VpcIds: [vpcId] }), "InvalidVpcID.NotFound", `The vpc ID '${vpcId}' does not exist`);
  const again = ec2({ store: aws.store });
  assert.equal((await again.run("DescribeVpcs", {})).Vpcs!.length, 0);
  assert.equal((await again.run("CreateDefaultVpc", {})).Vpc!.IsDefault, true);
});
