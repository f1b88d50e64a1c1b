// The kinds of EC2 resource: how their ids look and what EC2 says when one is malformed or missing.
import type { AwsError } from "../../aws/errors.ts";
import { ec2Error } from "./errors.ts";
import type { Kind } from "./records.ts";

/** Facts of a kind. `taggable`: CreateTags accepts its ids. */
interface KindFacts {
  readonly prefix: string;
  readonly notFound: string;
  readonly malformed: string;
  readonly missing: (id: string) => string;
  readonly taggable: boolean;
}

const quoted = (noun: string) => (id: string) => `The ${noun} ID '${id}' does not exist`;

function facts(prefix: string, code: string, missing: (id: string) => string, taggable = true): KindFacts {
  return {
    prefix,
    notFound: code.includes(".") ? code : `${code}.NotFound`,
    malformed: `${code.split(".")[0]}.Malformed`,
    missing,
    taggable,
  };
}

/** Kinds that clients name by id. */
export const kinds = {
  vpc: facts("vpc", "InvalidVpcID", quoted("vpc")),
  subnet: facts("subnet", "InvalidSubnetID", quoted("subnet")),
  "subnet-cidr-reservation": facts("scr", "InvalidSubnetCidrReservationID", quoted("subnet CIDR reservation")),
  "security-group": {
    ...facts("sg", "InvalidGroup", (id) => `The security group '${id}' does not exist`),
    malformed: "InvalidGroupId.Malformed",
  },
  "security-group-rule": facts("sgr", "InvalidSecurityGroupRuleId", quoted("security group rule")),
  "network-interface": facts("eni", "InvalidNetworkInterfaceID", quoted("networkInterface")),
  instance: facts("i", "InvalidInstanceID", quoted("instance")),
  volume: { ...facts("vol", "InvalidVolume", (id) => `The volume '${id}' does not exist.`), malformed: "InvalidVolumeID.Malformed" },
  "route-table": facts("rtb", "InvalidRouteTableID", quoted("routeTable")),
  "internet-gateway": facts("igw", "InvalidInternetGatewayID", quoted("internetGateway")),
  "egress-only-internet-gateway": facts("eigw", "InvalidEgressOnlyInternetGatewayId", quoted("egress-only internet gateway")),
  natgateway: {
    ...facts("nat", "InvalidNatGatewayID", (id) => `NAT gateway ${id} was not found`),
    notFound: "NatGatewayNotFound",
    malformed: "NatGatewayMalformed",
  },
  "elastic-ip": facts("eipalloc", "InvalidAllocationID", quoted("allocation")),
  "network-acl": facts("acl", "InvalidNetworkAclID", quoted("networkAcl")),
  "dhcp-options": facts("dopt", "InvalidDhcpOptionsID", quoted("dhcpOptions")),
  "launch-template": facts(
    "lt",
    "InvalidLaunchTemplateId",
    (id) => `The specified launch template, with template ID ${id}, does not exist.`,
  ),
  "vpc-endpoint": facts("vpce", "InvalidVpcEndpointId", (id) => `The Vpc Endpoint Id '${id}' does not exist`),
  "vpc-flow-log": facts("fl", "InvalidFlowLogId", (id) => `The flow log '${id}' does not exist`),
  "key-pair": facts("key", "InvalidKeyPair", (id) => `The key pair '${id}' does not exist`),
  "trunk-association": facts("trunk-assoc", "InvalidAssociationID", quoted("association"), false),
  "interface-permission": facts("eni-perm", "InvalidPermissionID", quoted("permission"), false),
} satisfies Partial<Record<Kind, KindFacts>>;

/** A kind with ids of its own. */
export type NamedKind = keyof typeof kinds;

/** The error for an id nobody has: malformed if it cannot be one. */
export function missing(kind: NamedKind, id: string): AwsError {
  const { prefix, notFound, malformed, missing: text } = kinds[kind];
  if (!new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) {
    return ec2Error(malformed, `Invalid id: "${id}" (expecting "${prefix}-...")`);
  }
  return ec2Error(notFound, text(id));
}

/** The kind an id belongs to; undefined for none. */
export function kindOf(id: string): NamedKind | undefined {
  const prefix = id.slice(0, id.lastIndexOf("-"));
  return (Object.keys(kinds) as NamedKind[]).find((kind) => kinds[kind].prefix === prefix);
}
