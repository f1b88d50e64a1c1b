// Instances as EC2 prints them, and the filters of DescribeInstances.
import type { Instance, InstanceBlockDeviceMapping, InstanceNetworkInterface, InstanceStateName } from "@aws-sdk/client-ec2";
import { instanceType } from "../../vpc/instance-types.ts";
import type { Fields } from "./filters.ts";
import { interfacesOf } from "./interface-attachments.ts";
import { associationOf, type InterfaceContext, privateDnsName } from "./interface-views.ts";
import { operatorView } from "./managed.ts";
import type { InstanceRecord, InstanceState, InterfaceRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { tagList } from "./tags.ts";

const codes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** A state with its code. */
export function stateView(state: InstanceState): { Code: number; Name: InstanceStateName } {
  return { Code: codes[state], Name: state };
}

function interfaceOfInstance(scope: Scope, record: InterfaceRecord, context: InterfaceContext): InstanceNetworkInterface {
  const attachment = record.attachment!;
  const named = (address: string) =>
    context.vpcs.get(record.vpcId)?.dnsHostnames ? { PrivateDnsName: privateDnsName(scope, address) } : {};
  const publicOf = (address: string) => {
    const association = associationOf(scope, record, address, context);
    return association
      ? { Association: { IpOwnerId: association.IpOwnerId, PublicIp: association.PublicIp, PublicDnsName: association.PublicDnsName } }
      : {};
  };
  const primary = record.addresses[0];
  return {
    NetworkInterfaceId: record.id,
    SubnetId: record.subnetId,
    VpcId: record.vpcId,
    Description: record.description,
    OwnerId: scope.account,
    Status: "in-use",
    InterfaceType: record.type,
    MacAddress: record.mac,
    SourceDestCheck: record.sourceDestCheck,
    ...(primary === undefined ? {} : { PrivateIpAddress: primary, ...named(primary), ...publicOf(primary) }),
    Groups: record.groups.map((id) => ({ GroupId: id, GroupName: scope.get("security-group", id)?.name })),
    PrivateIpAddresses: record.addresses.map((address, index) => ({
      PrivateIpAddress: address,
      ...named(address),
      Primary: index === 0,
      ...publicOf(address),
    })),
    Ipv6Addresses: record.addresses6.map((address, index) => ({ Ipv6Address: address, IsPrimaryIpv6: index === 0 && record.primaryIpv6 })),
    Ipv4Prefixes: record.prefixes.map((Ipv4Prefix) => ({ Ipv4Prefix })),
    Ipv6Prefixes: record.prefixes6.map((Ipv6Prefix) => ({ Ipv6Prefix })),
    Attachment: {
      AttachmentId: attachment.id,
      AttachTime: new Date(attachment.attachedAt),
      DeleteOnTermination: attachment.deleteOnTermination,
      DeviceIndex: attachment.deviceIndex,
      NetworkCardIndex: attachment.cardIndex,
      Status: "attached",
    },
    Operator: { Managed: false },
  };
}

function blockDevices(scope: Scope, instance: InstanceRecord): InstanceBlockDeviceMapping[] {
  const { rootVolume, launchedAt, operator } = instance;
  const mapping = (id: string, device: string, deleteOnTermination: boolean, at: number): InstanceBlockDeviceMapping => ({
    DeviceName: device,
    Ebs: {
      ...{ VolumeId: id, Status: "attached", AttachTime: new Date(at), DeleteOnTermination: deleteOnTermination },
      ...(operator ? { Operator: operatorView(operator) } : {}),
    },
  });
  const others = (instance.volumes ?? []).flatMap((id) => {
    const found = scope.get("volume", id)?.attachments.find((each) => each.instanceId === instance.id);
    return found ? [mapping(id, found.device, found.deleteOnTermination, found.attachedAt)] : [];
  });
  return [mapping(rootVolume.id, rootVolume.device, rootVolume.deleteOnTermination, launchedAt), ...others];
}

/** An instance as DescribeInstances prints it. */
export function instanceView(scope: Scope, instance: InstanceRecord, context: InterfaceContext): Instance {
  const type = instanceType(instance.type);
  const interfaces = interfacesOf(scope, instance);
  const primary = interfaces.find((each) => each.attachment?.deviceIndex === 0 && each.attachment.cardIndex === 0);
  const gone = instance.state === "terminated";
  const address = primary?.addresses[0];
  const association = primary && address !== undefined ? associationOf(scope, primary, address, context) : undefined;
  const dns = context.vpcs.get(instance.vpcId)?.dnsHostnames ?? false;
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.type as Instance["InstanceType"] & string,
    State: stateView(instance.state),
    ...(instance.stateReason ? { StateReason: { Code: instance.stateReason.code, Message: instance.stateReason.message } } : {}),
    StateTransitionReason: instance.transitionReason ?? "",
    LaunchTime: new Date(instance.launchedAt),
    UsageOperationUpdateTime: new Date(instance.launchedAt),
    UsageOperation: "RunInstances",
    AmiLaunchIndex: instance.launchIndex,
    Architecture: type?.architecture ?? "x86_64",
    Hypervisor: "xen",
    VirtualizationType: "hvm",
    PlatformDetails: "Linux/UNIX",
    EbsOptimized: instance.ebsOptimized,
    EnaSupport: type?.hypervisor === "nitro" || type?.bareMetal === true,
    Monitoring: { State: instance.monitoring ? "enabled" : "disabled" },
    Placement: { AvailabilityZone: instance.zone, GroupName: "", Tenancy: instance.tenancy },
    ...(gone ? {} : { SubnetId: instance.subnetId, VpcId: instance.vpcId }),
    ...(address === undefined ? {} : { PrivateIpAddress: address }),
    PrivateDnsName: address === undefined ? "" : privateDnsName(scope, address),
    ...(association ? { PublicIpAddress: association.PublicIp } : {}),
    PublicDnsName: association && dns ? association.PublicDnsName : "",
    ...(primary?.addresses6[0] === undefined ? {} : { Ipv6Address: primary.addresses6[0] }),
    SecurityGroups: (primary?.groups ?? []).map((id) => ({ GroupId: id, GroupName: scope.get("security-group", id)?.name })),
    NetworkInterfaces: interfaces.map((each) => interfaceOfInstance(scope, each, context)),
    SourceDestCheck: primary?.sourceDestCheck ?? true,
    RootDeviceName: instance.rootVolume.device,
    RootDeviceType: "ebs",
    BlockDeviceMappings: gone ? [] : blockDevices(scope, instance),
    ...(instance.profile ? { IamInstanceProfile: { Arn: instance.profile.arn, Id: instance.profile.id } } : {}),
    ...(instance.keyName === undefined ? {} : { KeyName: instance.keyName }),
    ...(instance.clientToken === undefined ? { ClientToken: "" } : { ClientToken: instance.clientToken }),
    ...(instance.spot ? { InstanceLifecycle: "spot" as const } : {}),
    ProductCodes: [],
    ElasticGpuAssociations: [],
    CpuOptions: { CoreCount: Math.max(1, Math.floor((type?.vcpus ?? 1) / 2)), ThreadsPerCore: (type?.vcpus ?? 1) > 1 ? 2 : 1 },
    CapacityReservationSpecification: { CapacityReservationPreference: "open" },
    HibernationOptions: { Configured: false },
    EnclaveOptions: { Enabled: false },
    MaintenanceOptions: { AutoRecovery: "default" },
    MetadataOptions: {
      State: "applied",
      HttpTokens: instance.metadata.tokens,
      HttpPutResponseHopLimit: instance.metadata.hopLimit,
      HttpEndpoint: instance.metadata.endpoint,
      HttpProtocolIpv6: instance.metadata.ipv6,
      InstanceMetadataTags: instance.metadata.tags,
    },
    PrivateDnsNameOptions: { HostnameType: "ip-name", EnableResourceNameDnsARecord: false, EnableResourceNameDnsAAAARecord: false },
    CurrentInstanceBootMode: "uefi",
    Operator: operatorView(instance.operator),
    Tags: tagList(instance.tags),
  };
}

const interfaceField =
  (pick: (each: InstanceNetworkInterface) => string | number | boolean | undefined | (string | undefined)[]) =>
  (view: Instance): (string | number | boolean | undefined)[] =>
    (view.NetworkInterfaces ?? []).flatMap((each) => pick(each));

/** The filters that need no view. */
export const instanceFacts: Fields<InstanceRecord> = {
  "image-id": (record) => record.imageId,
  "instance-id": (record) => record.id,
  "instance-state-name": (record) => record.state,
  "instance-type": (record) => record.type,
};

/** Filters of DescribeInstances. */
export const instanceFields: Fields<Instance> = {
  architecture: (view) => view.Architecture,
  "availability-zone": (view) => view.Placement?.AvailabilityZone,
  "client-token": (view) => view.ClientToken,
  "dns-name": (view) => view.PublicDnsName,
  hypervisor: (view) => view.Hypervisor,
  "iam-instance-profile.arn": (view) => view.IamInstanceProfile?.Arn,
  "iam-instance-profile.id": (view) => view.IamInstanceProfile?.Id,
  "image-id": (view) => view.ImageId,
  "instance-id": (view) => view.InstanceId,
  "instance-lifecycle": (view) => view.InstanceLifecycle,
  "instance-state-code": (view) => view.State?.Code,
  "instance-state-name": (view) => view.State?.Name,
  "instance-type": (view) => view.InstanceType,
  "instance.group-id": (view) => view.SecurityGroups?.map((each) => each.GroupId),
  "instance.group-name": (view) => view.SecurityGroups?.map((each) => each.GroupName),
  "ip-address": (view) => view.PublicIpAddress,
  "key-name": (view) => view.KeyName,
  "launch-index": (view) => view.AmiLaunchIndex,
  "launch-time": (view) => view.LaunchTime?.toISOString(),
  "metadata-options.http-endpoint": (view) => view.MetadataOptions?.HttpEndpoint,
  "metadata-options.http-put-response-hop-limit": (view) => view.MetadataOptions?.HttpPutResponseHopLimit,
  "metadata-options.http-tokens": (view) => view.MetadataOptions?.HttpTokens,
  "network-interface.addresses.primary": interfaceField((each) => each.PrivateIpAddresses?.map((address) => String(address.Primary))),
  "network-interface.addresses.private-ip-address": interfaceField((each) =>
    each.PrivateIpAddresses?.map((address) => address.PrivateIpAddress),
  ),
  "network-interface.attachment.attachment-id": interfaceField((each) => each.Attachment?.AttachmentId),
  "network-interface.attachment.device-index": interfaceField((each) => each.Attachment?.DeviceIndex),
  "network-interface.group-id": interfaceField((each) => each.Groups?.map((group) => group.GroupId)),
  "network-interface.network-interface-id": interfaceField((each) => each.NetworkInterfaceId),
  "network-interface.mac-address": interfaceField((each) => each.MacAddress),
  "network-interface.private-dns-name": interfaceField((each) => each.PrivateDnsName),
  "network-interface.subnet-id": interfaceField((each) => each.SubnetId),
  "network-interface.vpc-id": interfaceField((each) => each.VpcId),
  "block-device-mapping.device-name": (view) => view.BlockDeviceMappings?.map((each) => each.DeviceName),
  "block-device-mapping.volume-id": (view) => view.BlockDeviceMappings?.map((each) => each.Ebs?.VolumeId),
  "operator.managed": (view) => view.Operator?.Managed,
  "operator.principal": (view) => view.Operator?.Principal,
  "placement-group-name": (view) => view.Placement?.GroupName,
  "private-dns-name": (view) => view.PrivateDnsName,
  "private-ip-address": (view) => view.PrivateIpAddress,
  "root-device-name": (view) => view.RootDeviceName,
  "root-device-type": (view) => view.RootDeviceType,
  "state-reason-code": (view) => view.StateReason?.Code,
  "subnet-id": (view) => view.SubnetId,
  tenancy: (view) => view.Placement?.Tenancy,
  "vpc-id": (view) => view.VpcId,
};
