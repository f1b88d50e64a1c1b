// The demo's VPC: two public and two private subnets in two zones, with internet and NAT gateways.
import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeAvailabilityZonesCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  ModifySubnetAttributeCommand,
  ModifyVpcAttributeCommand,
} from "@aws-sdk/client-ec2";

/** Ids of the network. */
export interface Network {
  readonly vpcId: string;
  readonly publicSubnets: readonly string[];
  readonly privateSubnets: readonly string[];
}

/** A subnet as the demo shows it. */
export interface SubnetView {
  readonly id: string;
  readonly cidr: string;
  readonly zone: string;
  readonly free: number;
}

const named = (resource: "vpc" | "subnet" | "natgateway" | "internet-gateway", name: string) => [
  { ResourceType: resource, Tags: [{ Key: "Name", Value: name }] },
];

/** Makes the network. */
export async function createNetwork(ec2: EC2Client): Promise<Network> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.42.0.0/16", TagSpecifications: named("vpc", "atoll-demo") }));
  const vpcId = Vpc!.VpcId!;
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsHostnames: { Value: true } }));
  const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
  const zones = AvailabilityZones.slice(0, 2).map((zone) => zone.ZoneName!);
  const subnet = async (zone: string, cidr: string, name: string) => {
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId: vpcId, AvailabilityZone: zone, CidrBlock: cidr, TagSpecifications: named("subnet", name) }),
    );
    return Subnet!.SubnetId!;
  };
  const publicSubnets = await Promise.all(zones.map((zone, i) => subnet(zone, `10.42.${i}.0/24`, `public-${zone}`)));
  const privateSubnets = await Promise.all(zones.map((zone, i) => subnet(zone, `10.42.${10 + i}.0/24`, `private-${zone}`)));
  for (const SubnetId of publicSubnets)
    await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }));
  await routeToInternet(ec2, vpcId, publicSubnets, privateSubnets);
  return { vpcId, publicSubnets, privateSubnets };
}

/** The subnets with their free addresses. */
export async function describeSubnets(ec2: EC2Client, ids: readonly string[]): Promise<SubnetView[]> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...ids] }));
  return Subnets.map((s) => ({ id: s.SubnetId!, cidr: s.CidrBlock!, zone: s.AvailabilityZone!, free: s.AvailableIpAddressCount! })).sort(
    (a, b) => a.cidr.localeCompare(b.cidr),
  );
}

async function routeToInternet(
  ec2: EC2Client,
  vpcId: string,
  publicSubnets: readonly string[],
  privateSubnets: readonly string[],
): Promise<void> {
  const { InternetGateway } = await ec2.send(
    new CreateInternetGatewayCommand({ TagSpecifications: named("internet-gateway", "atoll-demo") }),
  );
  const internetGateway = InternetGateway!.InternetGatewayId!;
  await ec2.send(new AttachInternetGatewayCommand({ VpcId: vpcId, InternetGatewayId: internetGateway }));
  await routeTable(ec2, vpcId, publicSubnets, { GatewayId: internetGateway });
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
  const { NatGateway } = await ec2.send(
    new CreateNatGatewayCommand({ SubnetId: publicSubnets[0], AllocationId, TagSpecifications: named("natgateway", "atoll-demo") }),
  );
  await routeTable(ec2, vpcId, privateSubnets, { NatGatewayId: NatGateway!.NatGatewayId! });
}

async function routeTable(
  ec2: EC2Client,
  vpcId: string,
  subnets: readonly string[],
  target: { GatewayId: string } | { NatGatewayId: string },
): Promise<void> {
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId: vpcId }));
  const RouteTableId = RouteTable!.RouteTableId!;
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", ...target }));
  for (const SubnetId of subnets) await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
}
