// Where load balancers stand: subnets and security groups as EC2 knows them, and the interfaces they have there.
import type { NetworkInterface, Subnet } from "@aws-sdk/client-ec2";
import type { SubnetMapping } from "@aws-sdk/client-elastic-load-balancing-v2";
import { partitionOf } from "../../aws/arn.ts";
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { ElbDeps } from "./deps.ts";
import { badGroups, invalid, invalidConfiguration, invalidSubnet, noSubnet, unsupported } from "./errors.ts";
import { pathOf } from "./names.ts";
import type { Kind, LoadBalancerRecord, Placement } from "./records.ts";
import type { Place } from "./state.ts";

const PRINCIPAL = "elasticloadbalancing.amazonaws.com";
/** Addresses that must be free in each subnet (Application Load Balancers User Guide, "Subnets for your load balancer"). */
const FREE: Readonly<Record<Kind, number>> = { application: 8, network: 1 };

/** The service itself calling EC2. */
function asService({ account, region }: Place): CallOptions {
  const partition = partitionOf(region);
  const caller = { kind: "service", service: PRINCIPAL, partition, accountId: account, arn: PRINCIPAL, userId: PRINCIPAL } as const;
  return { caller, region, account };
}

/** What a request says about subnets. */
export interface SubnetInput {
  readonly Subnets?: string[] | undefined;
  readonly SubnetMappings?: SubnetMapping[] | undefined;
}

/** Wanted subnets of a load balancer. */
export interface Wanted {
  readonly kind: Kind;
  readonly scheme: LoadBalancerRecord["scheme"];
  readonly ipAddressType: LoadBalancerRecord["ipAddressType"];
  /** VPC it is in already. */
  readonly vpcId?: string;
  /** Subnets it is in already, where addresses need not be free. */
  readonly present?: readonly string[];
}

/** The places a request names, checked against EC2. Throws SubnetNotFound, InvalidSubnet, InvalidConfigurationRequest, ValidationError. */
export async function placementsOf(
  deps: ElbDeps,
  place: Place,
  { Subnets = [], SubnetMappings = [] }: SubnetInput,
  wanted: Wanted,
): Promise<{ readonly vpcId: string; readonly placements: readonly Placement[] }> {
  if (Subnets.length > 0 && SubnetMappings.length > 0) throw invalid("You must specify either subnets or subnet mappings, not both");
  const mappings: readonly SubnetMapping[] = SubnetMappings.length > 0 ? SubnetMappings : Subnets.map((SubnetId) => ({ SubnetId }));
  for (const { AllocationId, IPv6Address, SourceNatIpv6Prefix, PrivateIPv4Address } of mappings) {
    if (AllocationId ?? IPv6Address ?? SourceNatIpv6Prefix)
      throw unsupported("Elastic IP addresses and named IPv6 addresses of load balancers");
    if (PrivateIPv4Address !== undefined && (wanted.kind !== "network" || wanted.scheme !== "internal"))
      throw invalidConfiguration("Private IPv4 addresses can only be specified for internal Network Load Balancers");
  }
  const ids = [...new Set(mappings.map(({ SubnetId = "" }) => SubnetId))];
  if (ids.length === 0) throw invalid("At least one subnet must be specified");
  const subnets = await subnetsOf(deps, place, ids);
  const vpcId = wanted.vpcId ?? subnets[0]!.VpcId!;
  const stranger = subnets.find((subnet) => subnet.VpcId !== vpcId);
  if (stranger) throw invalidConfiguration(`The subnet '${stranger.SubnetId}' does not belong to the VPC '${vpcId}'`);
  if (new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).size < subnets.length)
    throw invalidConfiguration("A load balancer cannot be attached to multiple subnets in the same Availability Zone");
  if (wanted.kind === "application" && subnets.length < 2)
    throw invalid("At least two subnets in two different Availability Zones must be specified");
  for (const { SubnetId, AvailableIpAddressCount = 0, Ipv6CidrBlockAssociationSet = [] } of subnets) {
    if (wanted.present?.includes(SubnetId!)) continue;
    const least = FREE[wanted.kind];
    if (AvailableIpAddressCount < least)
      throw invalidSubnet(`Not enough IP space available in ${SubnetId}. ELB requires at least ${least} free IP addresses in each subnet.`);
    if (wanted.ipAddressType !== "ipv4" && Ipv6CidrBlockAssociationSet.length === 0)
      throw invalidSubnet(`You must specify subnets with an associated IPv6 CIDR block: ${SubnetId}`);
  }
  if (wanted.scheme === "internet-facing") await requireGateway(deps, place, vpcId);
  const addressOf = (id: string) => mappings.find(({ SubnetId }) => SubnetId === id)?.PrivateIPv4Address;
  const placements = subnets.map(({ SubnetId = "", AvailabilityZone: zone = "" }): Placement => {
    const address = addressOf(SubnetId);
    return { subnetId: SubnetId, zone, ...(address === undefined ? {} : { address }) };
  });
  return { vpcId, placements };
}

async function subnetsOf({ invoke }: ElbDeps, place: Place, SubnetIds: string[]): Promise<Subnet[]> {
  try {
    const { Subnets = [] } = await invoke("ec2", "DescribeSubnets", { SubnetIds }, asService(place));
    return SubnetIds.map((id) => Subnets.find(({ SubnetId }) => SubnetId === id) ?? fail(noSubnet(id)));
  } catch (error) {
    if (!(error instanceof AwsError) || !error.code.startsWith("InvalidSubnetI")) throw error;
    throw noSubnet(SubnetIds.find((id) => error.message.includes(id)) ?? SubnetIds[0]!);
  }
}

function fail(error: Error): never {
  throw error;
}

async function requireGateway({ invoke }: ElbDeps, place: Place, vpcId: string): Promise<void> {
  const Filters = [{ Name: "attachment.vpc-id", Values: [vpcId] }];
  const { InternetGateways = [] } = await invoke("ec2", "DescribeInternetGateways", { Filters }, asService(place));
  if (InternetGateways.length === 0) throw invalidSubnet(`VPC ${vpcId} has no internet gateway`);
}

/** Security groups that a request names, of the VPC; for none named the VPC's default group, if `orDefault`. Throws InvalidSecurityGroup. */
export async function groupsOf(deps: ElbDeps, place: Place, vpcId: string, ids: readonly string[], orDefault: boolean): Promise<string[]> {
  const GroupIds = [...new Set(ids)];
  if (GroupIds.length === 0 && !orDefault) return [];
  const named = GroupIds.length > 0;
  const Filters = [{ Name: "vpc-id", Values: [vpcId] }, ...(named ? [] : [{ Name: "group-name", Values: ["default"] }])];
  const found = await deps
    .invoke("ec2", "DescribeSecurityGroups", { ...(named ? { GroupIds } : {}), Filters }, asService(place))
    .catch((error: unknown) => {
      if (error instanceof AwsError) throw badGroups();
      throw error;
    });
  const present = (found.SecurityGroups ?? []).map(({ GroupId = "" }) => GroupId);
  if (named && present.length < GroupIds.length) throw badGroups();
  return named ? GroupIds : present;
}

/** Throws ValidationError if the VPC does not exist. */
export async function requireVpc({ invoke }: ElbDeps, place: Place, vpcId: string): Promise<void> {
  await invoke("ec2", "DescribeVpcs", { VpcIds: [vpcId] }, asService(place)).catch((error: unknown) => {
    if (error instanceof AwsError) throw invalid(`The VPC ID '${vpcId}' is not found`);
    throw error;
  });
}

/** Interfaces a load balancer has, in whatever state it was left. */
async function interfacesOf({ invoke }: ElbDeps, place: Place, record: LoadBalancerRecord): Promise<NetworkInterface[]> {
  const Filters = [
    { Name: "description", Values: [`ELB ${pathOf(record)}`] },
    { Name: "requester-managed", Values: ["true"] },
  ];
  return (await invoke("ec2", "DescribeNetworkInterfaces", { Filters }, asService(place))).NetworkInterfaces ?? [];
}

/**
 * Gives a load balancer one interface in each of its subnets, with its groups, and takes back all others. Answers where they are.
 * Does only what is still to be done, so it may be called again after a failure.
 */
export async function arrangeInterfaces(deps: ElbDeps, place: Place, record: LoadBalancerRecord): Promise<readonly Placement[]> {
  const { invoke } = deps;
  const options = asService(place);
  const present = await interfacesOf(deps, place, record);
  const wanted = record.deleting ? [] : record.placements;
  for (const { NetworkInterfaceId, SubnetId } of present) {
    if (!wanted.some(({ subnetId }) => subnetId === SubnetId))
      await invoke("ec2", "DeleteNetworkInterface", { NetworkInterfaceId }, options);
  }
  const placed: Placement[] = [];
  for (const placement of wanted) {
    const there = present.find(({ SubnetId }) => SubnetId === placement.subnetId);
    const Groups = [...record.groups];
    if (there) {
      const groups = there.Groups?.map(({ GroupId }) => GroupId).sort() ?? [];
      const { NetworkInterfaceId } = there;
      if (Groups.length > 0 && groups.join() !== [...Groups].sort().join())
        await invoke("ec2", "ModifyNetworkInterfaceAttribute", { NetworkInterfaceId, Groups }, options);
      placed.push({ ...placement, interfaceId: NetworkInterfaceId! });
      continue;
    }
    const { NetworkInterface } = await invoke(
      "ec2",
      "CreateNetworkInterface",
      {
        SubnetId: placement.subnetId,
        Description: `ELB ${pathOf(record)}`,
        ...(Groups.length > 0 ? { Groups } : {}),
        ...(placement.address === undefined ? {} : { PrivateIpAddress: placement.address }),
        ...(record.ipAddressType === "ipv4" ? {} : { Ipv6AddressCount: 1 }),
      },
      options,
    );
    placed.push({ ...placement, interfaceId: NetworkInterface!.NetworkInterfaceId! });
  }
  return placed;
}

/** Instances of the account by id: their zones. Throws what EC2 throws. */
export async function instancesOf(
  { invoke }: ElbDeps,
  place: Place,
  InstanceIds: string[],
): Promise<ReadonlyMap<string, { readonly state: string; readonly vpcId: string; readonly zone: string }>> {
  if (InstanceIds.length === 0) return new Map();
  const { Reservations = [] } = await invoke("ec2", "DescribeInstances", { InstanceIds }, asService(place));
  return new Map(
    Reservations.flatMap(({ Instances = [] }) => Instances).map(({ InstanceId = "", State, VpcId: vpcId = "", Placement }) => [
      InstanceId,
      { state: State?.Name ?? "", vpcId, zone: Placement?.AvailabilityZone ?? "" },
    ]),
  );
}

/** Subnets of a VPC with their blocks and zones, to tell an address's zone. */
export async function zonesOf(
  { invoke }: ElbDeps,
  place: Place,
  vpcId: string,
): Promise<{ readonly cidrs: string[]; readonly zone: string }[]> {
  const Filters = [{ Name: "vpc-id", Values: [vpcId] }];
  const { Subnets = [] } = await invoke("ec2", "DescribeSubnets", { Filters }, asService(place));
  return Subnets.map(({ CidrBlock, Ipv6CidrBlockAssociationSet = [], AvailabilityZone: zone = "" }) => ({
    cidrs: [CidrBlock, ...Ipv6CidrBlockAssociationSet.map(({ Ipv6CidrBlock }) => Ipv6CidrBlock)].filter((cidr) => cidr !== undefined),
    zone,
  }));
}
