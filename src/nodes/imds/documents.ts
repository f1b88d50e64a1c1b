// What an instance's metadata service knows, as a tree of paths (EC2 User Guide, "Instance metadata categories").
import type { Instance, InstanceNetworkInterface } from "@aws-sdk/client-ec2";
import type { NodeBoot } from "../node-runtime.ts";

/** Leaves by path below `/latest/`, without the leading slash. */
export type Documents = Readonly<Record<string, string>>;

/** What the tree is made from. */
export interface InstanceFacts {
  readonly boot: NodeBoot;
  /** The instance as DescribeInstances shows it. */
  readonly instance: Instance;
  /** CIDR blocks of VPC and subnets by id. */
  readonly blocks: Readonly<Record<string, string>>;
  /** All IPv4 blocks of the VPC. */
  readonly vpcCidrs: readonly string[];
}

/** Everything but the credentials, whose values change. */
export function documentsOf({ boot, instance, blocks, vpcCidrs }: InstanceFacts): Documents {
  const interfaces = [...(instance.NetworkInterfaces ?? [])].sort(
    (a, b) => (a.Attachment?.DeviceIndex ?? 0) - (b.Attachment?.DeviceIndex ?? 0),
  );
  const macs = interfaces.map(
    (each) => [`meta-data/network/interfaces/macs/${each.MacAddress}`, interfaceFacts(each, boot, blocks, vpcCidrs)] as const,
  );
  const optional: Record<string, string | undefined> = {
    "meta-data/mac": interfaces[0]?.MacAddress,
    "meta-data/public-hostname": instance.PublicDnsName || undefined,
    "meta-data/public-ipv4": instance.PublicIpAddress,
    "meta-data/instance-life-cycle": instance.InstanceLifecycle ?? "on-demand",
  };
  return {
    "dynamic/instance-identity/document": JSON.stringify(identityDocument(boot, instance), undefined, 2),
    "meta-data/ami-id": boot.imageId,
    "meta-data/ami-launch-index": String(instance.AmiLaunchIndex ?? 0),
    "meta-data/hostname": boot.privateDnsName,
    "meta-data/instance-action": "none",
    "meta-data/instance-id": boot.instanceId,
    "meta-data/instance-type": boot.instanceType,
    "meta-data/local-hostname": boot.privateDnsName,
    "meta-data/local-ipv4": boot.privateIpAddress,
    "meta-data/placement/availability-zone": boot.availabilityZone,
    "meta-data/placement/region": boot.region,
    "meta-data/profile": "default-hvm",
    "meta-data/security-groups": (instance.SecurityGroups ?? []).map(({ GroupName }) => GroupName).join("\n"),
    "meta-data/services/domain": "amazonaws.com",
    "meta-data/services/partition": boot.partition,
    ...Object.fromEntries(Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    ...Object.fromEntries(macs.flatMap(([path, facts]) => Object.entries(facts).map(([name, value]) => [`${path}/${name}`, value]))),
  };
}

function interfaceFacts(
  each: InstanceNetworkInterface,
  { account }: NodeBoot,
  blocks: Readonly<Record<string, string>>,
  vpcCidrs: readonly string[],
): Record<string, string> {
  const addresses = each.PrivateIpAddresses ?? [];
  const facts: Record<string, string | undefined> = {
    "device-number": String(each.Attachment?.DeviceIndex ?? 0),
    "interface-id": each.NetworkInterfaceId,
    "ipv4-prefix": (each.Ipv4Prefixes ?? []).map(({ Ipv4Prefix }) => Ipv4Prefix).join("\n") || undefined,
    "ipv6-prefix": (each.Ipv6Prefixes ?? []).map(({ Ipv6Prefix }) => Ipv6Prefix).join("\n") || undefined,
    "network-card": each.Attachment?.NetworkCardIndex ? String(each.Attachment.NetworkCardIndex) : undefined,
    ipv6s: (each.Ipv6Addresses ?? []).map(({ Ipv6Address }) => Ipv6Address).join("\n") || undefined,
    "local-hostname": each.PrivateDnsName,
    "local-ipv4s": addresses.map(({ PrivateIpAddress }) => PrivateIpAddress).join("\n"),
    mac: each.MacAddress,
    "owner-id": account,
    "security-group-ids": (each.Groups ?? []).map(({ GroupId }) => GroupId).join("\n"),
    "security-groups": (each.Groups ?? []).map(({ GroupName }) => GroupName).join("\n"),
    "subnet-id": each.SubnetId,
    "subnet-ipv4-cidr-block": blocks[each.SubnetId ?? ""],
    "vpc-id": each.VpcId,
    "vpc-ipv4-cidr-block": blocks[each.VpcId ?? ""],
    "vpc-ipv4-cidr-blocks": vpcCidrs.join("\n") || undefined,
  };
  return Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function identityDocument(boot: NodeBoot, instance: Instance): object {
  return {
    accountId: boot.account,
    architecture: instance.Architecture ?? "x86_64",
    availabilityZone: boot.availabilityZone,
    imageId: boot.imageId,
    instanceId: boot.instanceId,
    instanceType: boot.instanceType,
    pendingTime: instance.LaunchTime?.toISOString().replace(/\.\d+Z$/, "Z") ?? null,
    privateIp: boot.privateIpAddress,
    region: boot.region,
    version: "2017-09-30",
  };
}

/** The names directly below a path, directories with a slash; undefined if there is nothing. */
export function listing(paths: readonly string[], directory: string): string | undefined {
  const prefix = directory === "" ? "" : `${directory}/`;
  const names = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  const found = names.map((name) => (name.includes("/") ? `${name.slice(0, name.indexOf("/"))}/` : name));
  return found.length > 0 ? [...new Set(found)].sort().join("\n") : undefined;
}
