// The EC2 calls ipamd makes (spec vpc-cni §2.9), each signed by the role aws-node runs under and decided by IAM.
import type { Caller } from "../../aws/caller.ts";
import type { Invoke } from "../../aws/operation.ts";

/** An interface as EC2 describes it. */
export interface InterfaceFacts {
  readonly id: string;
  readonly subnetId: string;
  readonly primaryIp: string;
  readonly deviceIndex: number;
  readonly attachmentId: string | undefined;
  readonly groups: readonly string[];
  /** Secondary addresses. */
  readonly addresses: readonly string[];
  /** Delegated /28 prefixes. */
  readonly prefixes: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** A subnet as discovery judges it. */
export interface SubnetFacts {
  readonly id: string;
  readonly available: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a new interface is made of. */
export interface NewInterface {
  readonly subnetId: string;
  readonly groups: readonly string[];
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly addresses?: number;
  readonly prefixes?: number;
}

/** Throws AwsError as EC2 does. */
export interface Ec2 {
  interfacesOf(instanceId: string): Promise<InterfaceFacts[]>;
  subnets(vpcId: string, zone: string): Promise<SubnetFacts[]>;
  createInterface(input: NewInterface): Promise<InterfaceFacts>;
  attach(interfaceId: string, instanceId: string, deviceIndex: number): Promise<string>;
  deleteOnTermination(interfaceId: string, attachmentId: string): Promise<void>;
  /** Addresses or prefixes EC2 chose. */
  assign(interfaceId: string, count: { addresses: number } | { prefixes: number }): Promise<string[]>;
  unassign(interfaceId: string, addresses: readonly string[], prefixes: readonly string[]): Promise<void>;
  detach(attachmentId: string): Promise<void>;
  delete(interfaceId: string): Promise<void>;
  createTags(interfaceId: string, tags: Readonly<Record<string, string>>): Promise<void>;
}

const USER_AGENT = "amazon-vpc-cni-k8s/1.23.1";

/** EC2 through the process's own call path. `caller` is asked at every call, so that new credentials act at once. */
export function ec2Calls(invoke: Invoke, caller: () => Caller, region: string, sourceIp: string): Ec2 {
  const options = () => ({ caller: caller(), region, sourceIp, userAgent: USER_AGENT });
  return {
    async interfacesOf(instanceId) {
      const { NetworkInterfaces = [] } = await invoke(
        "ec2",
        "DescribeNetworkInterfaces",
        { Filters: [{ Name: "attachment.instance-id", Values: [instanceId] }] },
        options(),
      );
      return NetworkInterfaces.map(facts).sort((a, b) => a.deviceIndex - b.deviceIndex);
    },
    async subnets(vpcId, zone) {
      const filters = [
        { Name: "vpc-id", Values: [vpcId] },
        { Name: "availability-zone", Values: [zone] },
      ];
      const { Subnets = [] } = await invoke("ec2", "DescribeSubnets", { Filters: filters }, options());
      return Subnets.map((subnet) => ({
        id: subnet.SubnetId ?? "",
        available: subnet.AvailableIpAddressCount ?? 0,
        tags: tagMap(subnet.Tags),
      }));
    },
    async createInterface({ subnetId, groups, description, tags, addresses, prefixes }) {
      const { NetworkInterface } = await invoke(
        "ec2",
        "CreateNetworkInterface",
        {
          SubnetId: subnetId,
          Groups: [...groups].sort(),
          Description: description,
          TagSpecifications: [{ ResourceType: "network-interface", Tags: tagList(tags) }],
          ...(addresses !== undefined && { SecondaryPrivateIpAddressCount: addresses }),
          ...(prefixes !== undefined && { Ipv4PrefixCount: prefixes }),
        },
        options(),
      );
      return facts(NetworkInterface ?? {});
    },
    async attach(NetworkInterfaceId, InstanceId, DeviceIndex) {
      const { AttachmentId } = await invoke("ec2", "AttachNetworkInterface", { NetworkInterfaceId, InstanceId, DeviceIndex }, options());
      return AttachmentId ?? "";
    },
    async deleteOnTermination(NetworkInterfaceId, AttachmentId) {
      await invoke(
        "ec2",
        "ModifyNetworkInterfaceAttribute",
        { NetworkInterfaceId, Attachment: { AttachmentId, DeleteOnTermination: true } },
        options(),
      );
    },
    async assign(NetworkInterfaceId, count) {
      const input = "addresses" in count ? { SecondaryPrivateIpAddressCount: count.addresses } : { Ipv4PrefixCount: count.prefixes };
      const answer = await invoke("ec2", "AssignPrivateIpAddresses", { NetworkInterfaceId, ...input }, options());
      return "addresses" in count
        ? (answer.AssignedPrivateIpAddresses ?? []).map((address) => address.PrivateIpAddress ?? "")
        : (answer.AssignedIpv4Prefixes ?? []).map((prefix) => prefix.Ipv4Prefix ?? "");
    },
    async unassign(NetworkInterfaceId, addresses, prefixes) {
      if (addresses.length > 0)
        await invoke("ec2", "UnassignPrivateIpAddresses", { NetworkInterfaceId, PrivateIpAddresses: [...addresses] }, options());
      if (prefixes.length > 0)
        await invoke("ec2", "UnassignPrivateIpAddresses", { NetworkInterfaceId, Ipv4Prefixes: [...prefixes] }, options());
    },
    async detach(AttachmentId) {
      await invoke("ec2", "DetachNetworkInterface", { AttachmentId }, options());
    },
    async delete(NetworkInterfaceId) {
      await invoke("ec2", "DeleteNetworkInterface", { NetworkInterfaceId }, options());
    },
    async createTags(interfaceId, tags) {
      await invoke("ec2", "CreateTags", { Resources: [interfaceId], Tags: tagList(tags) }, options());
    },
  };
}

interface Described {
  NetworkInterfaceId?: string;
  SubnetId?: string;
  PrivateIpAddress?: string;
  Attachment?: { DeviceIndex?: number; AttachmentId?: string };
  Groups?: { GroupId?: string }[];
  PrivateIpAddresses?: { PrivateIpAddress?: string; Primary?: boolean }[];
  Ipv4Prefixes?: { Ipv4Prefix?: string }[];
  TagSet?: { Key?: string; Value?: string }[];
}

function facts(described: Described): InterfaceFacts {
  return {
    id: described.NetworkInterfaceId ?? "",
    subnetId: described.SubnetId ?? "",
    primaryIp: described.PrivateIpAddress ?? "",
    deviceIndex: described.Attachment?.DeviceIndex ?? -1,
    attachmentId: described.Attachment?.AttachmentId,
    groups: (described.Groups ?? []).map((group) => group.GroupId ?? ""),
    addresses: (described.PrivateIpAddresses ?? []).filter((address) => !address.Primary).map((address) => address.PrivateIpAddress ?? ""),
    prefixes: (described.Ipv4Prefixes ?? []).map((prefix) => prefix.Ipv4Prefix ?? ""),
    tags: tagMap(described.TagSet),
  };
}

function tagMap(tags: readonly { Key?: string; Value?: string }[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
