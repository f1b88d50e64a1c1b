// What EC2 remembers. One record type per kind; keys are `<account>/<region>/<id>`; times are epoch milliseconds.
import type { NetworkInterfaceType, PlatformValues, RequestLaunchTemplateData, VolumeType } from "@aws-sdk/client-ec2";
import type { AclEntry } from "../../vpc/network-acls.ts";
import type { GroupRule } from "../../vpc/security-groups.ts";

/** Tag keys and values. */
export type Tags = Readonly<Record<string, string>>;

/** What every record has. */
export interface Tagged {
  readonly id: string;
  readonly tags: Tags;
}

/** A CIDR of a VPC or subnet and its association. */
export interface CidrAssociation {
  readonly id: string;
  readonly cidr: string;
}

export interface VpcRecord extends Tagged {
  /** The primary one first. */
  readonly cidrs: readonly CidrAssociation[];
  readonly cidrs6: readonly (CidrAssociation & { readonly borderGroup: string })[];
  readonly dhcpOptionsId: string;
  readonly isDefault: boolean;
  readonly tenancy: "default" | "dedicated";
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
  readonly addressUsageMetrics: boolean;
}

export interface SubnetRecord extends Tagged {
  readonly vpcId: string;
  /** Absent for IPv6-only subnets. */
  readonly cidr?: string;
  readonly cidr6?: CidrAssociation;
  readonly zone: string;
  readonly zoneId: string;
  readonly defaultForAz: boolean;
  readonly mapPublicIp: boolean;
  readonly assignIpv6: boolean;
  readonly dns64: boolean;
  readonly ipv6Native: boolean;
  readonly hostnameType: "ip-name" | "resource-name";
  readonly dnsARecord: boolean;
  readonly dnsAaaaRecord: boolean;
  readonly aclId: string;
  readonly aclAssociationId: string;
}

export interface ReservationRecord extends Tagged {
  readonly subnetId: string;
  readonly cidr: string;
  readonly type: "prefix" | "explicit";
  readonly description?: string;
}

export interface GroupRecord extends Tagged {
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
}

export interface RuleRecord extends Tagged, GroupRule {
  readonly description?: string;
}

/** Attachment of an interface. `instanceId` is absent when a service owns the far side. */
export interface Attachment {
  readonly id: string;
  readonly instanceId?: string;
  readonly instanceOwnerId: string;
  readonly deviceIndex: number;
  readonly cardIndex: number;
  readonly deleteOnTermination: boolean;
  readonly attachedAt: number;
}

export interface InterfaceRecord extends Tagged {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly description: string;
  readonly type: NetworkInterfaceType;
  readonly mac: string;
  readonly sourceDestCheck: boolean;
  readonly groups: readonly string[];
  /** The primary one first; empty for IPv6-only and efa-only interfaces. */
  readonly addresses: readonly string[];
  readonly prefixes: readonly string[];
  readonly addresses6: readonly string[];
  readonly prefixes6: readonly string[];
  /** The first IPv6 address is the primary one. */
  readonly primaryIpv6: boolean;
  /** Public address lent at launch, gone when the instance stops. */
  readonly publicIp?: string;
  readonly requesterId?: string;
  readonly requesterManaged: boolean;
  readonly attachment?: Attachment;
  readonly connectionTracking?: { readonly tcp?: number; readonly udp?: number; readonly udpStream?: number };
}

/** A trunk carrying a branch on a VLAN. */
export interface TrunkAssociationRecord extends Tagged {
  readonly branchId: string;
  readonly trunkId: string;
  readonly protocol: "VLAN" | "GRE";
  readonly vlanId?: number;
  readonly greKey?: number;
}

export interface InterfacePermissionRecord extends Tagged {
  readonly interfaceId: string;
  readonly accountId?: string;
  readonly service?: string;
  readonly permission: "INSTANCE-ATTACH" | "EIP-ASSOCIATE";
}

export type InstanceState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

export interface InstanceRecord extends Tagged {
  readonly reservationId: string;
  readonly requesterId?: string;
  readonly launchIndex: number;
  readonly clientToken?: string;
  readonly type: string;
  readonly imageId: string;
  readonly platform?: PlatformValues;
  readonly state: InstanceState;
  readonly stateReason?: { readonly code: string; readonly message: string };
  readonly transitionReason?: string;
  readonly launchedAt: number;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: string;
  /** Ids of attached interfaces. */
  readonly interfaces: readonly string[];
  /** ARN and id. */
  readonly profile?: { readonly arn: string; readonly id: string; readonly associationId: string };
  readonly keyName?: string;
  /** Base64, as given. */
  readonly userData?: string;
  readonly metadata: {
    readonly tokens: "optional" | "required";
    readonly hopLimit: number;
    readonly endpoint: "enabled" | "disabled";
    readonly ipv6: "enabled" | "disabled";
    readonly tags: "enabled" | "disabled";
  };
  readonly ebsOptimized: boolean;
  readonly monitoring: boolean;
  readonly apiTermination: boolean;
  readonly shutdownBehavior: "stop" | "terminate";
  readonly rootVolume: { readonly id: string; readonly device: string; readonly deleteOnTermination: boolean };
  /** Ids of attached volumes besides the root volume. */
  readonly volumes?: readonly string[];
  /** Principal of the service that manages the instance (EC2 User Guide, "Amazon EC2 managed instances"). */
  readonly operator?: string;
  readonly spot: boolean;
  readonly tenancy: "default" | "dedicated" | "host";
}

/** An attachment of a volume. */
export interface VolumeAttachmentRecord {
  readonly instanceId: string;
  readonly device: string;
  readonly deleteOnTermination: boolean;
  readonly attachedAt: number;
}

/** The last change of a volume: what it was before, and when it began. */
export interface VolumeModificationRecord {
  readonly at: number;
  readonly original: Pick<VolumeRecord, "type" | "size" | "iops" | "throughput" | "multiAttach">;
}

/** A volume. Size in GiB, throughput in MiB/s. It is available while it has no attachment. */
export interface VolumeRecord extends Tagged {
  readonly zone: string;
  readonly zoneId: string;
  readonly type: VolumeType;
  readonly size: number;
  readonly iops?: number;
  readonly throughput?: number;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
  readonly multiAttach: boolean;
  readonly createdAt: number;
  readonly attachments: readonly VolumeAttachmentRecord[];
  readonly modification?: VolumeModificationRecord;
  /** Principal of the service that manages the volume. */
  readonly operator?: string;
}

export interface RouteRecord {
  /** IPv4 or IPv6 CIDR, or a prefix list id. */
  readonly destination: string;
  /** igw, nat, eigw, eni, vpce, pcx, tgw … id, or an instance id. */
  readonly target: string;
}

export interface RouteTableAssociation {
  readonly id: string;
  readonly subnetId?: string;
  readonly gatewayId?: string;
  readonly main: boolean;
}

export interface RouteTableRecord extends Tagged {
  readonly vpcId: string;
  /** Without the local routes, which follow the VPC's CIDRs. */
  readonly routes: readonly RouteRecord[];
  readonly associations: readonly RouteTableAssociation[];
}

export interface GatewayRecord extends Tagged {
  readonly vpcId?: string;
}

export interface NatGatewayRecord extends Tagged {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly connectivity: "public" | "private";
  readonly interfaceId: string;
  readonly privateIp: string;
  readonly allocationId?: string;
  readonly publicIp?: string;
  readonly associationId?: string;
  readonly state: "pending" | "available" | "deleting" | "deleted" | "failed";
  readonly createdAt: number;
  readonly deletedAt?: number;
  readonly clientToken?: string;
}

export interface AddressRecord extends Tagged {
  readonly publicIp: string;
  readonly borderGroup: string;
  readonly associationId?: string;
  readonly interfaceId?: string;
  readonly privateIp?: string;
  /** True for addresses a service allocated, which the user may not release. */
  readonly serviceManaged?: boolean;
}

export interface NetworkAclRecord extends Tagged {
  readonly vpcId: string;
  readonly isDefault: boolean;
  readonly entries: readonly (AclEntry & { readonly icmp?: { readonly type: number; readonly code: number } })[];
}

export interface DhcpOptionsRecord extends Tagged {
  readonly configurations: readonly { readonly key: string; readonly values: readonly string[] }[];
}

export interface LaunchTemplateRecord extends Tagged {
  readonly name: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly defaultVersion: number;
  readonly latestVersion: number;
}

/** Key: template id, slash, zero-padded version number. */
export interface TemplateVersionRecord extends Tagged {
  readonly templateId: string;
  readonly version: number;
  readonly description?: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly data: RequestLaunchTemplateData;
}

export interface EndpointRecord extends Tagged {
  readonly vpcId: string;
  readonly type: "Gateway" | "Interface";
  readonly serviceName: string;
  readonly policy: string;
  readonly routeTables: readonly string[];
  readonly subnets: readonly string[];
  readonly groups: readonly string[];
  readonly interfaces: readonly string[];
  readonly privateDns: boolean;
  readonly dnsLabel: string;
  readonly ipAddressType: "ipv4" | "dualstack" | "ipv6";
  readonly requesterManaged: boolean;
  readonly createdAt: number;
}

export interface FlowLogRecord extends Tagged {
  readonly resourceId: string;
  readonly trafficType: "ACCEPT" | "REJECT" | "ALL";
  readonly destinationType: "cloud-watch-logs" | "s3" | "kinesis-data-firehose";
  readonly destination?: string;
  readonly logGroupName?: string;
  readonly permissionArn?: string;
  readonly format: string;
  readonly aggregationSeconds: number;
  readonly createdAt: number;
}

export interface KeyPairRecord extends Tagged {
  readonly name: string;
  readonly fingerprint: string;
  readonly type: "rsa" | "ed25519";
  readonly publicKey: string;
  readonly createdAt: number;
}

/** What an account's region has been given on first use. */
export interface RegionRecord extends Tagged {
  readonly dhcpOptionsId: string;
}

/** An answered client token: the ids the call made, and a digest of its input. */
export interface TokenRecord extends Tagged {
  readonly digest: string;
  readonly results: readonly string[];
}

/** All kinds, named as EC2 names resource types where it has a name. */
export interface Tables {
  vpc: VpcRecord;
  subnet: SubnetRecord;
  "subnet-cidr-reservation": ReservationRecord;
  "security-group": GroupRecord;
  "security-group-rule": RuleRecord;
  "network-interface": InterfaceRecord;
  "trunk-association": TrunkAssociationRecord;
  "interface-permission": InterfacePermissionRecord;
  instance: InstanceRecord;
  volume: VolumeRecord;
  "route-table": RouteTableRecord;
  "internet-gateway": GatewayRecord;
  "egress-only-internet-gateway": GatewayRecord;
  natgateway: NatGatewayRecord;
  "elastic-ip": AddressRecord;
  "network-acl": NetworkAclRecord;
  "dhcp-options": DhcpOptionsRecord;
  "launch-template": LaunchTemplateRecord;
  "launch-template-version": TemplateVersionRecord;
  "vpc-endpoint": EndpointRecord;
  "vpc-flow-log": FlowLogRecord;
  "key-pair": KeyPairRecord;
  region: RegionRecord;
  token: TokenRecord;
}

export type Kind = keyof Tables;
