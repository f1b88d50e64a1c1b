// Network interfaces as EC2 prints them, and the filters of DescribeNetworkInterfaces.
import type { NetworkInterface, NetworkInterfaceAssociation } from "@aws-sdk/client-ec2";
import type { Fields } from "./filters.ts";
import type { AddressRecord, InterfacePermissionRecord, InterfaceRecord, TrunkAssociationRecord, VpcRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { tagList } from "./tags.ts";
import { privateDomain } from "./zones.ts";

/** What views of many interfaces share: elastic IPs by interface and address, branches, VPCs. */
export interface InterfaceContext {
  /** Interfaces that have elastic IPs. */
  readonly elastic: ReadonlySet<string>;
  readonly addresses: ReadonlyMap<string, AddressRecord>;
  readonly branches: ReadonlySet<string>;
  readonly vpcs: ReadonlyMap<string, VpcRecord>;
}

/** Gathers what interface views need. */
export function interfaceContext(scope: Scope): InterfaceContext {
  return {
    elastic: new Set(scope.list("elastic-ip").flatMap(({ interfaceId }) => interfaceId ?? [])),
    addresses: new Map(
      scope.list("elastic-ip").flatMap((each) => (each.interfaceId ? [[`${each.interfaceId}/${each.privateIp}`, each] as const] : [])),
    ),
    branches: new Set(scope.list("trunk-association").map((each: TrunkAssociationRecord) => each.branchId)),
    vpcs: new Map(scope.list("vpc").map((vpc) => [vpc.id, vpc])),
  };
}

/** `ip-10-0-0-7.ec2.internal`. */
export function privateDnsName(scope: Scope, address: string): string {
  return `ip-${address.replaceAll(".", "-")}.${privateDomain(scope.region)}`;
}

/** `ec2-52-1-2-3.compute-1.amazonaws.com`. */
export function publicDnsName(scope: Scope, address: string): string {
  const suffix = scope.partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return `ec2-${address.replaceAll(".", "-")}.${scope.region === "us-east-1" ? "compute-1" : `${scope.region}.compute`}.${suffix}`;
}

/** The public address of a private one: an elastic IP, or the one lent at launch for the primary. */
export function associationOf(
  scope: Scope,
  record: InterfaceRecord,
  address: string,
  context: InterfaceContext,
): NetworkInterfaceAssociation | undefined {
  if (record.publicIp === undefined && !context.elastic.has(record.id)) return undefined;
  const dns = context.vpcs.get(record.vpcId)?.dnsHostnames ?? false;
  const elastic = context.addresses.get(`${record.id}/${address}`);
  if (elastic) {
    return {
      AllocationId: elastic.id,
      AssociationId: elastic.associationId,
      IpOwnerId: scope.account,
      PublicIp: elastic.publicIp,
      PublicDnsName: dns ? publicDnsName(scope, elastic.publicIp) : "",
    };
  }
  if (record.publicIp !== undefined && address === record.addresses[0]) {
    return { IpOwnerId: "amazon", PublicIp: record.publicIp, PublicDnsName: dns ? publicDnsName(scope, record.publicIp) : "" };
  }
  return undefined;
}

/** An interface's status: available, in-use, or associated for a branch. */
export function statusOf(record: InterfaceRecord, context: InterfaceContext): NetworkInterface["Status"] {
  if (record.attachment) return "in-use";
  return context.branches.has(record.id) ? "in-use" : "available";
}

/** An interface as DescribeNetworkInterfaces prints it. */
export function interfaceView(scope: Scope, record: InterfaceRecord, context: InterfaceContext): NetworkInterface {
  const dns = context.vpcs.get(record.vpcId)?.dnsHostnames ?? false;
  const named = (address: string) => (dns ? { PrivateDnsName: privateDnsName(scope, address) } : {});
  const primary = record.addresses[0];
  const association = primary === undefined ? undefined : associationOf(scope, record, primary, context);
  const { attachment, connectionTracking: tracking } = record;
  return {
    NetworkInterfaceId: record.id,
    SubnetId: record.subnetId,
    VpcId: record.vpcId,
    AvailabilityZone: record.zone,
    AvailabilityZoneId: record.zoneId,
    Description: record.description,
    OwnerId: scope.account,
    ...(record.requesterId === undefined ? {} : { RequesterId: record.requesterId }),
    RequesterManaged: record.requesterManaged,
    Status: statusOf(record, context),
    InterfaceType: record.type,
    MacAddress: record.mac,
    SourceDestCheck: record.sourceDestCheck,
    ...(primary === undefined ? {} : { PrivateIpAddress: primary, ...named(primary) }),
    Groups: record.groups.map((id) => ({ GroupId: id, GroupName: scope.get("security-group", id)?.name })),
    PrivateIpAddresses: record.addresses.map((address, index) => {
      const own = associationOf(scope, record, address, context);
      return { PrivateIpAddress: address, ...named(address), Primary: index === 0, ...(own ? { Association: own } : {}) };
    }),
    Ipv6Addresses: record.addresses6.map((address, index) => ({ Ipv6Address: address, IsPrimaryIpv6: index === 0 && record.primaryIpv6 })),
    ...(record.addresses6[0] === undefined ? {} : { Ipv6Address: record.addresses6[0] }),
    Ipv4Prefixes: record.prefixes.map((Ipv4Prefix) => ({ Ipv4Prefix })),
    Ipv6Prefixes: record.prefixes6.map((Ipv6Prefix) => ({ Ipv6Prefix })),
    ...(association ? { Association: association } : {}),
    ...(attachment
      ? {
          Attachment: {
            AttachmentId: attachment.id,
            AttachTime: new Date(attachment.attachedAt),
            DeleteOnTermination: attachment.deleteOnTermination,
            DeviceIndex: attachment.deviceIndex,
            NetworkCardIndex: attachment.cardIndex,
            ...(attachment.instanceId === undefined ? {} : { InstanceId: attachment.instanceId }),
            InstanceOwnerId: attachment.instanceOwnerId,
            Status: "attached",
          },
        }
      : {}),
    ...(tracking
      ? {
          ConnectionTrackingConfiguration: {
            TcpEstablishedTimeout: tracking.tcp,
            UdpTimeout: tracking.udp,
            UdpStreamTimeout: tracking.udpStream,
          },
        }
      : {}),
    DenyAllIgwTraffic: false,
    Operator: { Managed: false },
    TagSet: tagList(record.tags),
  };
}

type View = NetworkInterface;

/** Filters of DescribeNetworkInterfaces. Tag filters read `Tags`, which callers add to the view. */
export const interfaceFields: Fields<View> = {
  "association.allocation-id": (view) => view.Association?.AllocationId,
  "association.association-id": (view) => view.Association?.AssociationId,
  "addresses.association.owner-id": (view) => view.PrivateIpAddresses?.map((each) => each.Association?.IpOwnerId),
  "addresses.association.public-ip": (view) => view.PrivateIpAddresses?.map((each) => each.Association?.PublicIp),
  "addresses.primary": (view) => view.PrivateIpAddresses?.map((each) => each.Primary),
  "addresses.private-ip-address": (view) => view.PrivateIpAddresses?.map((each) => each.PrivateIpAddress),
  "association.ip-owner-id": (view) => view.Association?.IpOwnerId,
  "association.public-dns-name": (view) => view.Association?.PublicDnsName,
  "association.public-ip": (view) => view.Association?.PublicIp,
  "attachment.attach-time": (view) => view.Attachment?.AttachTime?.toISOString(),
  "attachment.attachment-id": (view) => view.Attachment?.AttachmentId,
  "attachment.delete-on-termination": (view) => view.Attachment?.DeleteOnTermination,
  "attachment.device-index": (view) => view.Attachment?.DeviceIndex,
  "attachment.instance-id": (view) => view.Attachment?.InstanceId,
  "attachment.instance-owner-id": (view) => view.Attachment?.InstanceOwnerId,
  "attachment.network-card-index": (view) => view.Attachment?.NetworkCardIndex,
  "attachment.status": (view) => view.Attachment?.Status,
  "availability-zone": (view) => view.AvailabilityZone,
  "availability-zone-id": (view) => view.AvailabilityZoneId,
  description: (view) => view.Description,
  "group-id": (view) => view.Groups?.map((each) => each.GroupId),
  "group-name": (view) => view.Groups?.map((each) => each.GroupName),
  "interface-type": (view) => view.InterfaceType,
  "ipv6-addresses.ipv6-address": (view) => view.Ipv6Addresses?.map((each) => each.Ipv6Address),
  "mac-address": (view) => view.MacAddress,
  "network-interface-id": (view) => view.NetworkInterfaceId,
  "operator.managed": (view) => view.Operator?.Managed,
  "operator.principal": (view) => view.Operator?.Principal,
  "owner-id": (view) => view.OwnerId,
  "private-dns-name": (view) => view.PrivateDnsName,
  "private-ip-address": (view) => view.PrivateIpAddress,
  "requester-id": (view) => view.RequesterId,
  "requester-managed": (view) => view.RequesterManaged,
  "source-dest-check": (view) => view.SourceDestCheck,
  status: (view) => view.Status,
  "subnet-id": (view) => view.SubnetId,
  "vpc-id": (view) => view.VpcId,
};

/** The filters that need no view. */
export const interfaceFacts: Fields<InterfaceRecord> = {
  "attachment.attachment-id": (record) => record.attachment?.id,
  "attachment.instance-id": (record) => record.attachment?.instanceId,
  description: (record) => record.description,
  "group-id": (record) => record.groups,
  "interface-type": (record) => record.type,
  "network-interface-id": (record) => record.id,
  // Whether an interface without attachment is a branch in use, the view says.
  status: (record) => (record.attachment ? "in-use" : ["available", "in-use"]),
  "subnet-id": (record) => record.subnetId,
  "vpc-id": (record) => record.vpcId,
};

/** A permission on an interface. */
export function permissionView(record: InterfacePermissionRecord) {
  return {
    NetworkInterfacePermissionId: record.id,
    NetworkInterfaceId: record.interfaceId,
    ...(record.accountId === undefined ? {} : { AwsAccountId: record.accountId }),
    ...(record.service === undefined ? {} : { AwsService: record.service }),
    Permission: record.permission,
    PermissionState: { State: "granted" as const },
  };
}
