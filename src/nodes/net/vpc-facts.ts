// The VPC of a cluster as path judgements need it, read from EC2.
import type { PathEni, PathSubnet, PathVpc } from "../../cni/explain/path-facts.ts";
import type { AclEntry } from "../../vpc/network-acls.ts";
import type { Route } from "../../vpc/routes.ts";
import type { GroupRule } from "../../vpc/security-groups.ts";
import { interfacesWhere, type NetScope, readerOf } from "./ec2-facts.ts";

type Interfaces = Awaited<ReturnType<typeof interfacesWhere>>;

/** The VPC and its interfaces as EC2 describes them. */
export interface VpcFacts extends PathVpc {
  readonly interfaces: Interfaces;
}

/** Reads the VPC. Rejects with EC2's error. */
export async function readVpc(scope: NetScope, vpcId: string): Promise<VpcFacts> {
  const { invoke } = scope;
  const reader = readerOf(scope);
  const Filters = [{ Name: "vpc-id", Values: [vpcId] }];
  const [vpcs, subnets, tables, acls, lists, interfaces] = await Promise.all([
    invoke("ec2", "DescribeVpcs", { VpcIds: [vpcId] }, reader),
    invoke("ec2", "DescribeSubnets", { Filters }, reader),
    invoke("ec2", "DescribeRouteTables", { Filters }, reader),
    invoke("ec2", "DescribeNetworkAcls", { Filters }, reader),
    invoke("ec2", "DescribePrefixLists", {}, reader),
    interfacesWhere(scope, "vpc-id", [vpcId]),
  ]);
  const groups = [...new Set(interfaces.flatMap(({ Groups = [] }) => Groups.flatMap(({ GroupId }) => GroupId ?? [])))];
  const rules = groups.length === 0 ? [] : await readRules(scope, groups);
  const prefixLists = Object.fromEntries((lists.PrefixLists ?? []).map(({ PrefixListId = "", Cidrs = [] }) => [PrefixListId, Cidrs]));
  // A route to a prefix list is a route to each of its blocks.
  const spread = (route: Route): Route[] =>
    (prefixLists[route.destination] ?? [route.destination]).map((destination) => ({ ...route, destination }));
  const tableOf = (id: string) => {
    const all = tables.RouteTables ?? [];
    const own = all.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === id));
    return own ?? all.find(({ Associations = [] }) => Associations.some(({ Main }) => Main));
  };
  const aclOf = (id: string) => {
    const all = acls.NetworkAcls ?? [];
    return (
      all.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === id)) ?? all.find(({ IsDefault }) => IsDefault)
    );
  };
  return {
    interfaces,
    ...{ rules, prefixLists },
    cidrs: [
      ...(vpcs.Vpcs?.[0]?.CidrBlockAssociationSet ?? []).flatMap(({ CidrBlock }) => CidrBlock ?? []),
      ...(vpcs.Vpcs?.[0]?.Ipv6CidrBlockAssociationSet ?? []).flatMap(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? []),
    ],
    enis: interfaces.map(eniOf),
    subnets: (subnets.Subnets ?? []).map(({ SubnetId: id = "", CidrBlock: cidr = "" }): PathSubnet => {
      const table = tableOf(id);
      const acl = aclOf(id);
      return {
        ...{ id, cidr, routeTableId: table?.RouteTableId ?? "no route table", routes: (table?.Routes ?? []).map(routeOf).flatMap(spread) },
        ...{ aclId: acl?.NetworkAclId ?? "no network ACL", acl: (acl?.Entries ?? []).map(entryOf) },
      };
    }),
  };
}

async function readRules(scope: NetScope, groups: readonly string[]): Promise<GroupRule[]> {
  const input = { Filters: [{ Name: "group-id", Values: [...groups] }] };
  const { SecurityGroupRules = [] } = await scope.invoke("ec2", "DescribeSecurityGroupRules", input, readerOf(scope));
  return SecurityGroupRules.map((rule) => ({
    ...{ groupId: rule.GroupId ?? "", egress: rule.IsEgress === true, protocol: rule.IpProtocol ?? "-1" },
    ...{ fromPort: rule.FromPort ?? -1, toPort: rule.ToPort ?? -1 },
    ...(rule.CidrIpv4 && { cidr: rule.CidrIpv4 }),
    ...(rule.CidrIpv6 && { cidr6: rule.CidrIpv6 }),
    ...(rule.PrefixListId && { prefixListId: rule.PrefixListId }),
    ...(rule.ReferencedGroupInfo?.GroupId && { referencedGroupId: rule.ReferencedGroupInfo.GroupId }),
  }));
}

function eniOf(eni: Interfaces[number]): PathEni {
  const addresses = eni.PrivateIpAddresses ?? [];
  const publics = addresses.flatMap(({ PrivateIpAddress = "", Association }) =>
    Association?.PublicIp ? [[PrivateIpAddress, Association.PublicIp] as const] : [],
  );
  return {
    ...{ id: eni.NetworkInterfaceId ?? "", subnetId: eni.SubnetId ?? "", description: eni.Description ?? "" },
    groups: (eni.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    addresses: [
      ...addresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
      ...(eni.Ipv4Prefixes ?? []).flatMap(({ Ipv4Prefix }) => Ipv4Prefix ?? []),
      ...(eni.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
      ...(eni.Ipv6Prefixes ?? []).flatMap(({ Ipv6Prefix }) => Ipv6Prefix ?? []),
    ],
    publicAddresses: Object.fromEntries(publics),
  };
}

function routeOf(
  route: NonNullable<NonNullable<Awaited<ReturnType<typeof describeTables>>["RouteTables"]>[number]["Routes"]>[number],
): Route {
  const target =
    route.GatewayId ??
    route.NatGatewayId ??
    route.EgressOnlyInternetGatewayId ??
    route.NetworkInterfaceId ??
    route.VpcPeeringConnectionId ??
    route.TransitGatewayId ??
    "unknown";
  return {
    destination: route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId ?? "",
    target,
    state: route.State === "blackhole" ? "blackhole" : "active",
  };
}

const describeTables = (scope: NetScope) => scope.invoke("ec2", "DescribeRouteTables", {}, readerOf(scope));
const describeAcls = (scope: NetScope) => scope.invoke("ec2", "DescribeNetworkAcls", {}, readerOf(scope));

function entryOf(
  entry: NonNullable<NonNullable<Awaited<ReturnType<typeof describeAcls>>["NetworkAcls"]>[number]["Entries"]>[number],
): AclEntry {
  const { RuleNumber = 0, Egress = false, Protocol = "-1", RuleAction, CidrBlock, Ipv6CidrBlock, PortRange } = entry;
  return {
    ...{ ruleNumber: RuleNumber, egress: Egress, protocol: Protocol, action: RuleAction === "allow" ? "allow" : "deny" },
    cidr: CidrBlock ?? Ipv6CidrBlock ?? "",
    ...(PortRange?.From !== undefined && { fromPort: PortRange.From }),
    ...(PortRange?.To !== undefined && { toPort: PortRange.To }),
  };
}
