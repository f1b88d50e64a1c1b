import assert from "node:assert/strict";
import { test } from "node:test";
import { rejectsWith } from "./errors.ts";
import { ec2, network } from "./harness.ts";

test("CIDR blocks a VPC may have", async () => {
  const aws = ec2();
  for (const [cidr, code] of [
    ["10.0.0.0/15", "InvalidVpc.Range"],
    ["10.0.0.0/29", "InvalidVpc.Range"],
    ["10.0.0.0", "InvalidParameterValue"],
    ["2600::/56", "InvalidParameterValue"],
    ["", "MissingParameter"],
  ] as const) {
    await rejectsWith(aws.run("CreateVpc", { CidrBlock: cidr }), code);
  }
  const { Vpc } = await aws.run("CreateVpc", { CidrBlock: "10.1.2.3/16" });
  assert.equal(Vpc!.CidrBlock, "10.1.0.0/16");
});

test("further CIDR blocks come and go, within the rules", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const { CidrBlockAssociation } = await aws.run("AssociateVpcCidrBlock", { VpcId: vpcId, CidrBlock: "100.64.0.0/16" });
  const id = CidrBlockAssociation!.AssociationId!;
  const found = await aws.run("DescribeVpcs", { Filters: [{ Name: "cidr-block-association.association-id", Values: [id] }] });
  assert.deepEqual(
    found.Vpcs![0]!.CidrBlockAssociationSet!.map((each) => each.CidrBlock),
    ["10.0.0.0/16", "100.64.0.0/16"],
  );
  const tables = await aws.run("DescribeRouteTables", { Filters: [{ Name: "vpc-id", Values: [vpcId] }] });
  assert.deepEqual(
    tables.RouteTables![0]!.Routes!.map((route) => route.DestinationCidrBlock),
    ["10.0.0.0/16", "100.64.0.0/16"],
  );
  await rejectsWith(aws.run("AssociateVpcCidrBlock", { VpcId: vpcId, CidrBlock: "100.64.128.0/20" }), "InvalidVpc.Conflict");
  await rejectsWith(aws.run("AssociateVpcCidrBlock", { VpcId: vpcId, CidrBlock: "192.168.0.0/16" }), "InvalidVpc.Range", /restricted/);
  await aws.run("AssociateVpcCidrBlock", { VpcId: vpcId, CidrBlock: "198.19.0.0/16" });
  const { Subnet } = await aws.run("CreateSubnet", { VpcId: vpcId, CidrBlock: "100.64.0.0/24" });
  await rejectsWith(aws.run("DisassociateVpcCidrBlock", { AssociationId: id }), "InvalidCidrBlock.InUse");
  await aws.run("DeleteSubnet", { SubnetId: Subnet!.SubnetId });
  await aws.run("DisassociateVpcCidrBlock", { AssociationId: id });
  const primary = found.Vpcs![0]!.CidrBlockAssociationSet![0]!.AssociationId!;
  await rejectsWith(aws.run("DisassociateVpcCidrBlock", { AssociationId: primary }), "OperationNotPermitted");
  for (const cidr of ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"])
    await aws.run("AssociateVpcCidrBlock", { VpcId: vpcId, CidrBlock: cidr });
  await rejectsWith(
    aws.run("AssociateVpcCidrBlock", { VpcId: vpcId, CidrBlock: "10.4.0.0/16" }),
    "CidrLimitExceeded",
    `This network ${vpcId} has met its maximum number of allowed CIDRs: 5`,
  );
});

test("an IPv6 block brings ACL entries, local routes and IPv6 subnets", async () => {
  const aws = ec2();
  const { vpcId, subnetId } = await network(aws);
  const { Ipv6CidrBlockAssociation } = await aws.run("AssociateVpcCidrBlock", { VpcId: vpcId, AmazonProvidedIpv6CidrBlock: true });
  const block = Ipv6CidrBlockAssociation!.Ipv6CidrBlock!;
  assert.match(block, /^2600:1f[0-9a-f]{2}:[0-9a-f]+:[0-9a-f]+00::\/56$|::\/56$/);
  const { NetworkAcls } = await aws.run("DescribeNetworkAcls", { Filters: [{ Name: "vpc-id", Values: [vpcId] }] });
  assert.equal(NetworkAcls![0]!.Entries!.length, 8);
  await aws.run("AssociateSubnetCidrBlock", { SubnetId: subnetId, Ipv6CidrBlock: block.replace("/56", "/64") });
  await rejectsWith(
    aws.run("CreateSubnet", { VpcId: vpcId, CidrBlock: "10.0.1.0/24", Ipv6CidrBlock: block.replace("/56", "/64") }),
    "InvalidSubnet.Conflict",
  );
  await rejectsWith(aws.run("CreateSubnet", { VpcId: vpcId, CidrBlock: "10.0.1.0/24", Ipv6CidrBlock: "2a00::/64" }), "InvalidSubnet.Range");
  await aws.run("ModifySubnetAttribute", { SubnetId: subnetId, AssignIpv6AddressOnCreation: { Value: true } });
  const { NetworkInterface } = await aws.run("CreateNetworkInterface", { SubnetId: subnetId });
  assert.equal(NetworkInterface!.Ipv6Addresses!.length, 1);
  const { Subnets } = await aws.run("DescribeSubnets", { SubnetIds: [subnetId] });
  const associationId = Subnets![0]!.Ipv6CidrBlockAssociationSet![0]!.AssociationId!;
  await rejectsWith(aws.run("DisassociateSubnetCidrBlock", { AssociationId: associationId }), "InvalidCidrBlock.InUse");
  await aws.run("DeleteNetworkInterface", { NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId });
  await aws.run("DisassociateSubnetCidrBlock", { AssociationId: associationId });
});

test("VPC attributes are read and changed one at a time", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const read = async (Attribute: "enableDnsSupport" | "enableDnsHostnames" | "enableNetworkAddressUsageMetrics") =>
    aws.run("DescribeVpcAttribute", { VpcId: vpcId, Attribute });
  assert.equal((await read("enableDnsSupport")).EnableDnsSupport!.Value, true);
  assert.equal((await read("enableDnsHostnames")).EnableDnsHostnames!.Value, false);
  await aws.run("ModifyVpcAttribute", { VpcId: vpcId, EnableDnsHostnames: { Value: true } });
  assert.equal((await read("enableDnsHostnames")).EnableDnsHostnames!.Value, true);
  assert.equal((await read("enableNetworkAddressUsageMetrics")).EnableNetworkAddressUsageMetrics!.Value, false);
  await rejectsWith(aws.run("ModifyVpcAttribute", { VpcId: vpcId }), "InvalidParameterCombination");
});

test("subnets stay inside their VPC and apart from each other", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  for (const [cidr, code, text] of [
    ["10.0.0.128/25", "InvalidSubnet.Conflict", "The CIDR '10.0.0.128/25' conflicts with another subnet"],
    ["10.1.0.0/24", "InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."],
    ["10.0.1.0/29", "InvalidSubnet.Range", undefined],
    ["garbage", "InvalidParameterValue", undefined],
  ] as const) {
    await rejectsWith(aws.run("CreateSubnet", { VpcId: vpcId, CidrBlock: cidr }), code, text);
  }
  await rejectsWith(
    aws.run("CreateSubnet", { VpcId: vpcId, CidrBlock: "10.0.1.0/24", AvailabilityZone: "mars-1a" }),
    "InvalidParameterValue",
    /us-west-2a, us-west-2b/,
  );
  await rejectsWith(aws.run("CreateSubnet", { VpcId: "vpc-0123456789abcdef0", CidrBlock: "10.0.1.0/24" }), "InvalidVpcID.NotFound");
  await rejectsWith(
    aws.run("CreateSubnet", { VpcId: "nonsense", CidrBlock: "10.0.1.0/24" }),
    "InvalidVpcID.Malformed",
    'Invalid id: "nonsense" (expecting "vpc-...")',
  );
  const { Subnet } = await aws.run("CreateSubnet", { VpcId: vpcId, CidrBlock: "10.0.1.7/24", AvailabilityZoneId: "usw2-az3" });
  assert.equal(Subnet!.CidrBlock, "10.0.1.0/24");
  assert.equal(Subnet!.AvailabilityZone, "us-west-2c");
  assert.equal(Subnet!.SubnetArn, `arn:aws:ec2:us-west-2:111122223333:subnet/${Subnet!.SubnetId}`);
  await aws.run("ModifySubnetAttribute", { SubnetId: Subnet!.SubnetId, MapPublicIpOnLaunch: { Value: true } });
  const { Subnets } = await aws.run("DescribeSubnets", {
    Filters: [
      { Name: "map-public-ip-on-launch", Values: ["true"] },
      { Name: "vpc-id", Values: [vpcId] },
    ],
  });
  assert.equal(Subnets!.length, 1);
});

test("a subnet with an interface cannot go; an empty one takes its associations along", async () => {
  const aws = ec2();
  const { vpcId, subnetId } = await network(aws);
  const { RouteTable } = await aws.run("CreateRouteTable", { VpcId: vpcId });
  await aws.run("AssociateRouteTable", { RouteTableId: RouteTable!.RouteTableId, SubnetId: subnetId });
  const { NetworkInterface } = await aws.run("CreateNetworkInterface", { SubnetId: subnetId });
  await rejectsWith(
    aws.run("DeleteSubnet", { SubnetId: subnetId }),
    "DependencyViolation",
    `The subnet '${subnetId}' has dependencies and cannot be deleted. Network interfaces: ${NetworkInterface!.NetworkInterfaceId}.`,
  );
  await rejectsWith(aws.run("DeleteVpc", { VpcId: vpcId }), "DependencyViolation");
  await aws.run("DeleteNetworkInterface", { NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId });
  await aws.run("DeleteSubnet", { SubnetId: subnetId });
  await aws.run("DeleteRouteTable", { RouteTableId: RouteTable!.RouteTableId });
  await aws.run("DeleteVpc", { VpcId: vpcId });
  assert.equal((await aws.run("DescribeSecurityGroups", { Filters: [{ Name: "vpc-id", Values: [vpcId] }] })).SecurityGroups!.length, 0);
  assert.equal((await aws.run("DescribeNetworkAcls", { Filters: [{ Name: "vpc-id", Values: [vpcId] }] })).NetworkAcls!.length, 0);
});
