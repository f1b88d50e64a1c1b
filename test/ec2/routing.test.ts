import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAddresses } from "../../src/services/ec2/index.ts";
import { rejectsWith } from "./errors.ts";
import { ec2, type Harness, network } from "./harness.ts";

async function publicNetwork(aws: Harness) {
  const ids = await network(aws);
  const gatewayId = (await aws.run("CreateInternetGateway", {})).InternetGateway!.InternetGatewayId!;
  await aws.run("AttachInternetGateway", { InternetGatewayId: gatewayId, VpcId: ids.vpcId });
  const tableId = (await aws.run("CreateRouteTable", { VpcId: ids.vpcId })).RouteTable!.RouteTableId!;
  return { ...ids, gatewayId, tableId };
}

const routes = async (aws: Harness, tableId: string) =>
  (await aws.run("DescribeRouteTables", { RouteTableIds: [tableId] })).RouteTables![0]!.Routes!.map((route) => [
    route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId,
    route.GatewayId ?? route.NatGatewayId ?? route.EgressOnlyInternetGatewayId ?? route.NetworkInterfaceId,
    route.State,
    route.Origin,
  ]);

test("routes: local ones stay, a target that goes leaves a blackhole", async () => {
  const aws = ec2();
  const { vpcId, gatewayId, tableId } = await publicNetwork(aws);
  await aws.run("CreateRoute", { RouteTableId: tableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: gatewayId });
  assert.deepEqual(await routes(aws, tableId), [
    ["10.0.0.0/16", "local", "active", "CreateRouteTable"],
    ["0.0.0.0/0", gatewayId, "active", "CreateRoute"],
  ]);
  await rejectsWith(
    aws.run("DeleteRoute", { RouteTableId: tableId, DestinationCidrBlock: "10.0.0.0/16" }),
    "InvalidParameterValue",
    `cannot remove local route 10.0.0.0/16 in route table ${tableId}`,
  );
  await rejectsWith(
    aws.run("DeleteRoute", { RouteTableId: tableId, DestinationCidrBlock: "1.0.0.0/8" }),
    "InvalidRoute.NotFound",
    `no route with destination-cidr-block 1.0.0.0/8 in route table ${tableId}`,
  );
  await rejectsWith(
    aws.run("ReplaceRoute", { RouteTableId: tableId, DestinationCidrBlock: "1.0.0.0/8", GatewayId: gatewayId }),
    "InvalidParameterValue",
  );
  await rejectsWith(
    aws.run("CreateRoute", { RouteTableId: tableId, DestinationCidrBlock: "1.0.0.0/8", GatewayId: "igw-0123456789abcdef0" }),
    "InvalidGatewayID.NotFound",
  );
  await rejectsWith(aws.run("CreateRoute", { RouteTableId: tableId, DestinationCidrBlock: "1.0.0.0/8" }), "MissingParameter");
  const { EgressOnlyInternetGateway } = await aws.run("CreateEgressOnlyInternetGateway", { VpcId: vpcId });
  const eigw = EgressOnlyInternetGateway!.EgressOnlyInternetGatewayId!;
  await rejectsWith(
    aws.run("CreateRoute", { RouteTableId: tableId, DestinationCidrBlock: "0.0.0.0/0", EgressOnlyInternetGatewayId: eigw }),
    "InvalidParameterValue",
  );
  await aws.run("CreateRoute", { RouteTableId: tableId, DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId: eigw });
  await aws.run("DeleteEgressOnlyInternetGateway", { EgressOnlyInternetGatewayId: eigw });
  await aws.run("DetachInternetGateway", { InternetGatewayId: gatewayId, VpcId: vpcId });
  assert.deepEqual(
    (await routes(aws, tableId)).slice(1).map((route) => route[2]),
    ["blackhole", "blackhole"],
  );
});

test("a subnet has one table; the main association cannot be taken away", async () => {
  const aws = ec2();
  const { vpcId, subnetId, tableId } = await publicNetwork(aws);
  const { AssociationId } = await aws.run("AssociateRouteTable", { RouteTableId: tableId, SubnetId: subnetId });
  const again = await aws.run("AssociateRouteTable", { RouteTableId: tableId, SubnetId: subnetId });
  assert.equal(again.AssociationId, AssociationId);
  const other = (await aws.run("CreateRouteTable", { VpcId: vpcId })).RouteTable!.RouteTableId!;
  await rejectsWith(aws.run("AssociateRouteTable", { RouteTableId: other, SubnetId: subnetId }), "Resource.AlreadyAssociated");
  await rejectsWith(
    aws.run("DeleteRouteTable", { RouteTableId: tableId }),
    "DependencyViolation",
    `The routeTable '${tableId}' has dependencies and cannot be deleted.`,
  );
  const { NewAssociationId } = await aws.run("ReplaceRouteTableAssociation", { AssociationId, RouteTableId: other });
  const found = await aws.run("DescribeRouteTables", {
    Filters: [{ Name: "association.route-table-association-id", Values: [NewAssociationId!] }],
  });
  assert.equal(found.RouteTables![0]!.RouteTableId, other);
  await aws.run("DeleteRouteTable", { RouteTableId: tableId });
  await aws.run("DisassociateRouteTable", { AssociationId: NewAssociationId });
  await rejectsWith(aws.run("DisassociateRouteTable", { AssociationId: NewAssociationId }), "InvalidAssociationID.NotFound");
  const main = await aws.run("DescribeRouteTables", {
    Filters: [
      { Name: "association.main", Values: ["true"] },
      { Name: "vpc-id", Values: [vpcId] },
    ],
  });
  const mainAssociation = main.RouteTables![0]!.Associations![0]!.RouteTableAssociationId!;
  await rejectsWith(aws.run("DisassociateRouteTable", { AssociationId: mainAssociation }), "InvalidParameterValue");
  await aws.run("ReplaceRouteTableAssociation", { AssociationId: mainAssociation, RouteTableId: other });
  await aws.run("DeleteRouteTable", { RouteTableId: main.RouteTables![0]!.RouteTableId });
});

test("an internet gateway with public addresses behind it stays attached", async () => {
  const aws = ec2();
  const { vpcId, subnetId, gatewayId } = await publicNetwork(aws);
  const { AllocationId, PublicIp } = await aws.run("AllocateAddress", {});
  const eni = (await aws.run("CreateNetworkInterface", { SubnetId: subnetId })).NetworkInterface!;
  const { AssociationId } = await aws.run("AssociateAddress", { AllocationId, NetworkInterfaceId: eni.NetworkInterfaceId });
  await rejectsWith(
    aws.run("DetachInternetGateway", { InternetGatewayId: gatewayId, VpcId: vpcId }),
    "DependencyViolation",
    /has some mapped public address/,
  );
  await rejectsWith(aws.run("ReleaseAddress", { AllocationId }), "InvalidIPAddress.InUse", `Address ${PublicIp} is in use.`);
  const seen = (await aws.run("DescribeNetworkInterfaces", { Filters: [{ Name: "association.public-ip", Values: [PublicIp!] }] }))
    .NetworkInterfaces!;
  assert.equal(seen[0]!.Association!.AllocationId, AllocationId);
  const other = (await aws.run("CreateNetworkInterface", { SubnetId: subnetId })).NetworkInterface!;
  await rejectsWith(
    aws.run("AssociateAddress", { AllocationId, NetworkInterfaceId: other.NetworkInterfaceId }),
    "Resource.AlreadyAssociated",
  );
  await aws.run("DisassociateAddress", { AssociationId });
  await rejectsWith(aws.run("DisassociateAddress", { AssociationId }), "InvalidAssociationID.NotFound");
  await aws.run("ReleaseAddress", { AllocationId });
  await rejectsWith(
    aws.run("DescribeAddresses", { AllocationIds: [AllocationId!] }),
    "InvalidAllocationID.NotFound",
    `The allocation ID '${AllocationId}' does not exist`,
  );
  await aws.run("DetachInternetGateway", { InternetGatewayId: gatewayId, VpcId: vpcId });
  await aws.run("DeleteInternetGateway", { InternetGatewayId: gatewayId });
  assert.deepEqual((await aws.run("DescribeAddressesAttribute", { Attribute: "domain-name" })).Addresses, []);
});

test("a NAT gateway owns an interface of its subnet until it is gone", async () => {
  const aws = ec2();
  const { subnetId, tableId } = await publicNetwork(aws);
  const { AllocationId } = await aws.run("AllocateAddress", {});
  await rejectsWith(aws.run("CreateNatGateway", { SubnetId: subnetId }), "MissingParameter");
  const id = (await aws.run("CreateNatGateway", { SubnetId: subnetId, AllocationId })).NatGateway!.NatGatewayId!;
  await rejectsWith(aws.run("CreateNatGateway", { SubnetId: subnetId, AllocationId }), "Resource.AlreadyAssociated");
  await aws.clock.step(0);
  const nat = (await aws.run("DescribeNatGateways", { Filter: [{ Name: "state", Values: ["available"] }] })).NatGateways![0]!;
  assert.equal(nat.NatGatewayAddresses![0]!.AllocationId, AllocationId);
  const eni = (await aws.run("DescribeNetworkInterfaces", { Filters: [{ Name: "subnet-id", Values: [subnetId] }] })).NetworkInterfaces![0]!;
  assert.deepEqual(
    [eni.InterfaceType, eni.RequesterManaged, eni.Status, eni.Description],
    ["natGateway", true, "in-use", `Interface for NAT Gateway ${id}`],
  );
  await rejectsWith(aws.run("DeleteNetworkInterface", { NetworkInterfaceId: eni.NetworkInterfaceId }), "OperationNotPermitted");
  await aws.run("CreateRoute", { RouteTableId: tableId, DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: id });
  await aws.run("DeleteNatGateway", { NatGatewayId: id });
  await aws.clock.step(0);
  assert.equal((await aws.run("DescribeNatGateways", { NatGatewayIds: [id] })).NatGateways![0]!.State, "deleted");
  assert.equal((await routes(aws, tableId))[1]![2], "blackhole");
  await aws.run("ReleaseAddress", { AllocationId });
  assert.equal((await aws.run("DescribeSubnets", { SubnetIds: [subnetId] })).Subnets![0]!.AvailableIpAddressCount, 251);
  await aws.clock.step(3_600_000);
  await rejectsWith(aws.run("DescribeNatGateways", { NatGatewayIds: [id] }), "NatGatewayNotFound", `NAT gateway ${id} was not found`);
  assert.deepEqual(checkAddresses(aws.store), []);
});

test("network ACL entries are numbered, unique and replaceable", async () => {
  const aws = ec2();
  const { vpcId, subnetId } = await network(aws);
  const NetworkAclId = (await aws.run("CreateNetworkAcl", { VpcId: vpcId })).NetworkAcl!.NetworkAclId!;
  const entry = {
    NetworkAclId,
    RuleNumber: 100,
    Protocol: "tcp",
    RuleAction: "allow",
    Egress: false,
    CidrBlock: "10.0.0.0/8",
    PortRange: { From: 443, To: 443 },
  } as const;
  await aws.run("CreateNetworkAclEntry", entry);
  await rejectsWith(aws.run("CreateNetworkAclEntry", entry), "NetworkAclEntryAlreadyExists");
  await aws.run("ReplaceNetworkAclEntry", { ...entry, RuleAction: "deny" });
  await rejectsWith(aws.run("ReplaceNetworkAclEntry", { ...entry, RuleNumber: 101 }), "InvalidNetworkAclEntry.NotFound");
  for (const bad of [{ RuleNumber: 0 }, { RuleNumber: 32767 }, { Protocol: "pigeon" }, { PortRange: undefined }, { CidrBlock: "x" }]) {
    await rejectsWith(aws.run("CreateNetworkAclEntry", { ...entry, RuleNumber: 200, ...bad }), "InvalidParameterValue");
  }
  const { NetworkAcls } = await aws.run("DescribeNetworkAcls", { NetworkAclIds: [NetworkAclId] });
  assert.deepEqual(
    NetworkAcls![0]!.Entries!.map((each) => `${each.RuleNumber} ${each.Protocol} ${each.RuleAction}`),
    ["32767 -1 deny", "100 6 deny", "32767 -1 deny"],
  );
  const defaults = await aws.run("DescribeNetworkAcls", { Filters: [{ Name: "association.subnet-id", Values: [subnetId] }] });
  const AssociationId = defaults.NetworkAcls![0]!.Associations![0]!.NetworkAclAssociationId!;
  await aws.run("ReplaceNetworkAclAssociation", { AssociationId, NetworkAclId });
  await rejectsWith(aws.run("DeleteNetworkAcl", { NetworkAclId }), "DependencyViolation");
  await rejectsWith(aws.run("DeleteNetworkAcl", { NetworkAclId: defaults.NetworkAcls![0]!.NetworkAclId }), "InvalidParameterValue");
});

test("DHCP options in use stay", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const { DhcpOptions } = await aws.run("CreateDhcpOptions", { DhcpConfigurations: [{ Key: "domain-name", Values: ["corp.example"] }] });
  const DhcpOptionsId = DhcpOptions!.DhcpOptionsId!;
  await aws.run("AssociateDhcpOptions", { VpcId: vpcId, DhcpOptionsId });
  await rejectsWith(aws.run("DeleteDhcpOptions", { DhcpOptionsId }), "DependencyViolation");
  assert.equal((await aws.run("DescribeVpcs", { Filters: [{ Name: "dhcp-options-id", Values: [DhcpOptionsId] }] })).Vpcs!.length, 1);
  await aws.run("AssociateDhcpOptions", { VpcId: vpcId, DhcpOptionsId: "default" });
  await aws.run("DeleteDhcpOptions", { DhcpOptionsId });
  await rejectsWith(aws.run("CreateDhcpOptions", { DhcpConfigurations: [{ Key: "colour", Values: ["red"] }] }), "InvalidParameterValue");
});

test("endpoints: routes for gateways, interfaces for the rest", async () => {
  const aws = ec2();
  const { vpcId, subnetId, tableId } = await publicNetwork(aws);
  const gateway = (
    await aws.run("CreateVpcEndpoint", { VpcId: vpcId, ServiceName: "com.amazonaws.us-west-2.s3", RouteTableIds: [tableId] })
  ).VpcEndpoint!;
  const { PrefixLists } = await aws.run("DescribePrefixLists", {
    Filters: [{ Name: "prefix-list-name", Values: ["com.amazonaws.us-west-2.s3"] }],
  });
  assert.deepEqual((await routes(aws, tableId))[1], [PrefixLists![0]!.PrefixListId, gateway.VpcEndpointId, "active", "CreateRoute"]);
  await rejectsWith(aws.run("CreateVpcEndpoint", { VpcId: vpcId, ServiceName: "com.amazonaws.us-west-2.moon" }), "InvalidServiceName");
  const input = { VpcId: vpcId, ServiceName: "com.amazonaws.us-west-2.sts", VpcEndpointType: "Interface", SubnetIds: [subnetId] } as const;
  await rejectsWith(aws.run("CreateVpcEndpoint", { ...input, SubnetIds: [subnetId] }), "InvalidParameterValue", /enableDnsHostnames/);
  await aws.run("ModifyVpcAttribute", { VpcId: vpcId, EnableDnsHostnames: { Value: true } });
  const sts = (await aws.run("CreateVpcEndpoint", { ...input, SubnetIds: [subnetId] })).VpcEndpoint!;
  assert.equal(sts.NetworkInterfaceIds!.length, 1);
  await rejectsWith(aws.run("DeleteVpc", { VpcId: vpcId }), "DependencyViolation");
  const { Unsuccessful } = await aws.run("DeleteVpcEndpoints", {
    VpcEndpointIds: [gateway.VpcEndpointId!, sts.VpcEndpointId!, "vpce-0123456789abcdef0"],
  });
  assert.equal(Unsuccessful![0]!.Error!.Code, "InvalidVpcEndpointId.NotFound");
  assert.equal((await routes(aws, tableId)).length, 1);
  assert.equal((await aws.run("DescribeNetworkInterfaces", {})).NetworkInterfaces!.length, 0);
});

test("flow logs are kept as configuration", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const input = {
    ResourceIds: [vpcId],
    ResourceType: "VPC",
    TrafficType: "ALL",
    LogGroupName: "/vpc",
    DeliverLogsPermissionArn: "arn:aws:iam::111122223333:role/logs",
  } as const;
  const { FlowLogIds } = await aws.run("CreateFlowLogs", { ...input, ResourceIds: [vpcId] });
  const { FlowLogs } = await aws.run("DescribeFlowLogs", { FlowLogIds });
  assert.equal(FlowLogs![0]!.LogGroupName, "/vpc");
  await rejectsWith(aws.run("CreateFlowLogs", { ...input, ResourceIds: [vpcId] }), "FlowLogAlreadyExists");
  await aws.run("DeleteFlowLogs", { FlowLogIds });
  assert.deepEqual((await aws.run("DescribeFlowLogs", { FlowLogIds })).FlowLogs, []);
});
