// The access rules of all operations, by name (Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2").
import type { TagSpecification } from "@aws-sdk/client-ec2";
import type { Call } from "../../aws/operation.ts";
import { launchAccessRules } from "./access-rules-launch.ts";
import type { AccessRule, Demand } from "./demand.ts";
import type { Ec2Deps } from "./deps.ts";
import { anyExisting, existing, type GrantContext, grantContext, made, requestTags, tagging } from "./grants.ts";
import type { NamedKind } from "./kinds.ts";

type Input = Readonly<Record<string, unknown>>;

const text = (input: Input, member: string) => (typeof input[member] === "string" ? (input[member] as string) : undefined);
const texts = (input: Input, member: string) =>
  Array.isArray(input[member]) ? (input[member] as unknown[]).filter((each) => typeof each === "string") : [];
const specifications = (input: Input) => input.TagSpecifications as TagSpecification[] | undefined;

/** A rule over what the input names. */
function rule(demands: (input: Input, context: GrantContext) => readonly Demand[]): AccessRule {
  return (input: Input, call: Call, deps: Ec2Deps) => demands(input, grantContext(call, deps));
}

/** The operation acts on existing resources, each named by a member: `{ SubnetId: "subnet" }`. Absent optional members demand nothing. */
function on(members: Readonly<Record<string, NamedKind>>): AccessRule {
  return rule((input, context) => {
    const [first, ...rest] = Object.entries(members);
    const others = rest.filter(([member]) => text(input, member) !== undefined);
    return [first!, ...others].map(([member, kind]) => existing(context, kind, text(input, member)));
  });
}

/** The operation acts on every resource of a list of ids. */
function onAll(member: string, kind: NamedKind): AccessRule {
  return rule((input, context) => {
    const ids = texts(input, member);
    return ids.length === 0 ? [existing(context, kind, undefined)] : ids.map((id) => existing(context, kind, id));
  });
}

/** The operation makes a resource, inside or out of existing ones, and may tag it. */
function makes(operation: string, kind: NamedKind, members: Readonly<Record<string, NamedKind>> = {}): AccessRule {
  return rule((input, context) => [
    made(context, kind, specifications(input)),
    ...Object.entries(members).flatMap(([member, other]) => {
      const id = text(input, member);
      return id === undefined ? [] : [existing(context, other, id)];
    }),
    ...tagging(context, operation, specifications(input)),
  ]);
}

/** Associations are named by their own ids; what they hang on is found by looking. */
const routeAssociation = rule((input, context) => {
  const id = text(input, "AssociationId");
  const table = context.scope.list("route-table").find((each) => each.associations.some((association) => association.id === id));
  return [existing(context, "route-table", table?.id)];
});

const addressAssociation = rule((input, context) => {
  const id = text(input, "AssociationId");
  return [existing(context, "elastic-ip", context.scope.list("elastic-ip").find((each) => each.associationId === id)?.id)];
});

const subnetCidrAssociation = rule((input, context) => {
  const id = text(input, "AssociationId");
  return [existing(context, "subnet", context.scope.list("subnet").find((each) => each.cidr6?.id === id)?.id)];
});

/** Prefix lists that AWS manages belong to the account `aws`. */
const managedPrefixList: AccessRule = (input: Input, call) => [
  { resource: `arn:${call.partition}:ec2:${call.region}:aws:prefix-list/${text(input, "PrefixListId") ?? "*"}` },
];

const attachment = rule((input, context) => {
  const id = text(input, "AttachmentId");
  const record = context.scope.list("network-interface").find((each) => each.attachment?.id === id);
  const instance = record?.attachment?.instanceId;
  return [existing(context, "network-interface", record?.id), ...(instance === undefined ? [] : [existing(context, "instance", instance)])];
});

/** DetachVolume asks about the instance, too, named or not. */
const detachment = rule((input, context) => {
  const id = text(input, "VolumeId");
  const instance =
    text(input, "InstanceId") ?? (id === undefined ? undefined : context.scope.get("volume", id)?.attachments[0]?.instanceId);
  return [existing(context, "volume", id), ...(instance === undefined ? [] : [existing(context, "instance", instance)])];
});

const template = rule((input, context) => {
  const name = text(input, "LaunchTemplateName");
  return [
    existing(
      context,
      "launch-template",
      text(input, "LaunchTemplateId") ?? context.scope.list("launch-template").find((each) => each.name === name)?.id,
    ),
  ];
});

const authorize = (operation: string) =>
  rule((input, context) => [
    existing(context, "security-group", text(input, "GroupId")),
    ...tagging(context, operation, specifications(input)),
  ]);

/** Tags are written on resources of any kind; the tags asked for are conditions. */
const tags = rule((input, context) => {
  const given = (input.Tags ?? []) as { Key?: string; Value?: string }[];
  return anyExisting(context, texts(input, "Resources"), requestTags(given));
});

const modifyInterface = rule((input, context) => [
  existing(context, "network-interface", text(input, "NetworkInterfaceId")),
  ...texts(input, "Groups").map((id) => existing(context, "security-group", id)),
]);

export const accessRules: Readonly<Record<string, AccessRule>> = {
  ...launchAccessRules,
  CreateVpc: makes("CreateVpc", "vpc"),
  DeleteVpc: on({ VpcId: "vpc" }),
  ModifyVpcAttribute: on({ VpcId: "vpc" }),
  DescribeVpcAttribute: on({ VpcId: "vpc" }),
  ModifyVpcTenancy: on({ VpcId: "vpc" }),
  AssociateVpcCidrBlock: on({ VpcId: "vpc" }),
  CreateSubnet: makes("CreateSubnet", "subnet", { VpcId: "vpc" }),
  DeleteSubnet: on({ SubnetId: "subnet" }),
  ModifySubnetAttribute: on({ SubnetId: "subnet" }),
  AssociateSubnetCidrBlock: on({ SubnetId: "subnet" }),
  DisassociateSubnetCidrBlock: subnetCidrAssociation,
  CreateSubnetCidrReservation: on({ SubnetId: "subnet" }),
  CreateSecurityGroup: makes("CreateSecurityGroup", "security-group", { VpcId: "vpc" }),
  DeleteSecurityGroup: on({ GroupId: "security-group" }),
  DescribeSecurityGroupReferences: onAll("GroupId", "security-group"),
  GetSecurityGroupsForVpc: on({ VpcId: "vpc" }),
  GetManagedPrefixListEntries: managedPrefixList,
  GetLaunchTemplateData: on({ InstanceId: "instance" }),
  AuthorizeSecurityGroupIngress: authorize("AuthorizeSecurityGroupIngress"),
  AuthorizeSecurityGroupEgress: authorize("AuthorizeSecurityGroupEgress"),
  RevokeSecurityGroupIngress: on({ GroupId: "security-group" }),
  RevokeSecurityGroupEgress: on({ GroupId: "security-group" }),
  ModifySecurityGroupRules: on({ GroupId: "security-group" }),
  UpdateSecurityGroupRuleDescriptionsIngress: on({ GroupId: "security-group" }),
  UpdateSecurityGroupRuleDescriptionsEgress: on({ GroupId: "security-group" }),
  DeleteNetworkInterface: on({ NetworkInterfaceId: "network-interface" }),
  ModifyNetworkInterfaceAttribute: modifyInterface,
  ResetNetworkInterfaceAttribute: on({ NetworkInterfaceId: "network-interface" }),
  AssignPrivateIpAddresses: on({ NetworkInterfaceId: "network-interface" }),
  UnassignPrivateIpAddresses: on({ NetworkInterfaceId: "network-interface" }),
  AssignIpv6Addresses: on({ NetworkInterfaceId: "network-interface" }),
  UnassignIpv6Addresses: on({ NetworkInterfaceId: "network-interface" }),
  AttachNetworkInterface: on({ NetworkInterfaceId: "network-interface", InstanceId: "instance" }),
  DetachNetworkInterface: attachment,
  AssociateTrunkInterface: on({ TrunkInterfaceId: "network-interface", BranchInterfaceId: "network-interface" }),
  CreateNetworkInterfacePermission: on({ NetworkInterfaceId: "network-interface" }),
  StartInstances: onAll("InstanceIds", "instance"),
  StopInstances: onAll("InstanceIds", "instance"),
  RebootInstances: onAll("InstanceIds", "instance"),
  TerminateInstances: onAll("InstanceIds", "instance"),
  ModifyInstanceAttribute: on({ InstanceId: "instance" }),
  ModifyInstanceMetadataOptions: on({ InstanceId: "instance" }),
  DescribeInstanceAttribute: on({ InstanceId: "instance" }),
  GetConsoleOutput: on({ InstanceId: "instance" }),
  CreateVolume: makes("CreateVolume", "volume"),
  DeleteVolume: on({ VolumeId: "volume" }),
  AttachVolume: on({ VolumeId: "volume", InstanceId: "instance" }),
  DetachVolume: detachment,
  ModifyVolume: on({ VolumeId: "volume" }),
  CreateRouteTable: makes("CreateRouteTable", "route-table", { VpcId: "vpc" }),
  DeleteRouteTable: on({ RouteTableId: "route-table" }),
  CreateRoute: on({ RouteTableId: "route-table" }),
  ReplaceRoute: on({ RouteTableId: "route-table" }),
  DeleteRoute: on({ RouteTableId: "route-table" }),
  AssociateRouteTable: on({ RouteTableId: "route-table", SubnetId: "subnet", GatewayId: "internet-gateway" }),
  DisassociateRouteTable: routeAssociation,
  ReplaceRouteTableAssociation: routeAssociation,
  CreateInternetGateway: makes("CreateInternetGateway", "internet-gateway"),
  AttachInternetGateway: on({ InternetGatewayId: "internet-gateway", VpcId: "vpc" }),
  DetachInternetGateway: on({ InternetGatewayId: "internet-gateway", VpcId: "vpc" }),
  DeleteInternetGateway: on({ InternetGatewayId: "internet-gateway" }),
  CreateEgressOnlyInternetGateway: makes("CreateEgressOnlyInternetGateway", "egress-only-internet-gateway", { VpcId: "vpc" }),
  DeleteEgressOnlyInternetGateway: on({ EgressOnlyInternetGatewayId: "egress-only-internet-gateway" }),
  CreateNatGateway: makes("CreateNatGateway", "natgateway", { SubnetId: "subnet", AllocationId: "elastic-ip" }),
  DeleteNatGateway: on({ NatGatewayId: "natgateway" }),
  AllocateAddress: makes("AllocateAddress", "elastic-ip"),
  AssociateAddress: on({ AllocationId: "elastic-ip", InstanceId: "instance", NetworkInterfaceId: "network-interface" }),
  DisassociateAddress: addressAssociation,
  ReleaseAddress: on({ AllocationId: "elastic-ip" }),
  CreateNetworkAcl: makes("CreateNetworkAcl", "network-acl", { VpcId: "vpc" }),
  DeleteNetworkAcl: on({ NetworkAclId: "network-acl" }),
  CreateNetworkAclEntry: on({ NetworkAclId: "network-acl" }),
  ReplaceNetworkAclEntry: on({ NetworkAclId: "network-acl" }),
  DeleteNetworkAclEntry: on({ NetworkAclId: "network-acl" }),
  ReplaceNetworkAclAssociation: on({ NetworkAclId: "network-acl" }),
  CreateDhcpOptions: makes("CreateDhcpOptions", "dhcp-options"),
  AssociateDhcpOptions: on({ VpcId: "vpc" }),
  DeleteDhcpOptions: on({ DhcpOptionsId: "dhcp-options" }),
  CreateVpcEndpoint: makes("CreateVpcEndpoint", "vpc-endpoint", { VpcId: "vpc" }),
  ModifyVpcEndpoint: on({ VpcEndpointId: "vpc-endpoint" }),
  DeleteVpcEndpoints: onAll("VpcEndpointIds", "vpc-endpoint"),
  CreateFlowLogs: makes("CreateFlowLogs", "vpc-flow-log"),
  DeleteFlowLogs: onAll("FlowLogIds", "vpc-flow-log"),
  ImportKeyPair: makes("ImportKeyPair", "key-pair"),
  CreateLaunchTemplate: makes("CreateLaunchTemplate", "launch-template"),
  CreateLaunchTemplateVersion: template,
  ModifyLaunchTemplate: template,
  DeleteLaunchTemplate: template,
  DeleteLaunchTemplateVersions: template,
  CreateTags: tags,
  DeleteTags: tags,
};
