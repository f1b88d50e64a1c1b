// The EC2 calls ipamd makes (spec vpc-cni §2.9), each signed by the role aws-node runs under and decided by IAM.
import type { Caller } from "../../aws/caller.ts";
import type { Invoke } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import type { ConnectionTracking, Ec2, InterfaceFacts, Wish } from "./ec2.ts";
import { isThrottled } from "./errors.ts";
import { retry } from "./retry.ts";
import { INSTANCE_TAG } from "./tags.ts";

/** From where calls come. */
export interface CallPlace {
  readonly region: string;
  readonly sourceIp: string;
  /** Of the CNI. */
  readonly version: string;
  readonly clock: Clock;
}

/** The AWS SDK's default: three attempts when EC2 throttles. */
const SDK_PACE = { tries: 3, first: 500, longest: 20_000 };

/** The same calls, tried again as the SDK does when EC2 throttles them. */
const patient = (invoke: Invoke, clock: Clock): Invoke =>
  ((service: never, operation: never, input: never, options: never) =>
    retry(
      clock,
      SDK_PACE,
      () => invoke(service, operation, input, options),
      (error) => !isThrottled(error),
    )) as unknown as Invoke;

/** EC2 through the process's own call path. `caller` is asked at every call, so that new credentials act at once. */
export function ec2Calls(call: Invoke, caller: () => Caller, { region, sourceIp, version, clock }: CallPlace): Ec2 {
  const options = () => ({ caller: caller(), region, sourceIp, userAgent: `amazon-vpc-cni-k8s/${version}` });
  const invoke = patient(call, clock);
  return {
    async interfacesOf(instanceId) {
      const { NetworkInterfaces = [] } = await invoke(
        "ec2",
        "DescribeNetworkInterfaces",
        { Filters: [{ Name: "attachment.instance-id", Values: [instanceId] }] },
        options(),
      );
      return NetworkInterfaces.map(facts).sort((a, b) => a.cardIndex - b.cardIndex || a.deviceIndex - b.deviceIndex);
    },
    async describe(interfaceIds) {
      const input = { NetworkInterfaceIds: [...interfaceIds] };
      const { NetworkInterfaces = [] } = await invoke("ec2", "DescribeNetworkInterfaces", input, options());
      return NetworkInterfaces.map(facts);
    },
    async unusedInterfaces(vpcId, clusterName) {
      const filters = [
        { Name: "tag-key", Values: [INSTANCE_TAG] },
        { Name: "status", Values: ["available"] },
        { Name: "vpc-id", Values: [vpcId] },
        ...(clusterName ? [{ Name: "tag:cluster.k8s.amazonaws.com/name", Values: [clusterName] }] : []),
      ];
      const found: InterfaceFacts[] = [];
      let token: string | undefined;
      do {
        const input = { Filters: filters, MaxResults: 1000, ...(token && { NextToken: token }) };
        const page = await invoke("ec2", "DescribeNetworkInterfaces", input, options());
        found.push(...(page.NetworkInterfaces ?? []).map(facts));
        token = page.NextToken;
      } while (token);
      return found;
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
    async createInterface({ subnetId, groups, description, tags, addresses, prefixes, connectionTracking }) {
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
          ...(connectionTracking && { ConnectionTrackingSpecification: trackingSpecification(connectionTracking) }),
        },
        options(),
      );
      return facts(NetworkInterface ?? {});
    },
    async attach(NetworkInterfaceId, InstanceId, DeviceIndex, card) {
      const input = { NetworkInterfaceId, InstanceId, DeviceIndex, ...(card > 0 && { NetworkCardIndex: card }) };
      const { AttachmentId } = await invoke("ec2", "AttachNetworkInterface", input, options());
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
    async setGroups(NetworkInterfaceId, groups) {
      await invoke("ec2", "ModifyNetworkInterfaceAttribute", { NetworkInterfaceId, Groups: [...groups] }, options());
    },
    async assign(interfaceId, wish) {
      return assign(wish, (operation, input) => invoke("ec2", operation, { NetworkInterfaceId: interfaceId, ...input }, options()));
    },
    async unassign(NetworkInterfaceId, addresses, prefixes) {
      const prefixes4 = prefixes.filter((prefix) => !prefix.includes(":"));
      const prefixes6 = prefixes.filter((prefix) => prefix.includes(":"));
      if (addresses.length > 0)
        await invoke("ec2", "UnassignPrivateIpAddresses", { NetworkInterfaceId, PrivateIpAddresses: [...addresses] }, options());
      if (prefixes4.length > 0)
        await invoke("ec2", "UnassignPrivateIpAddresses", { NetworkInterfaceId, Ipv4Prefixes: prefixes4 }, options());
      if (prefixes6.length > 0) await invoke("ec2", "UnassignIpv6Addresses", { NetworkInterfaceId, Ipv6Prefixes: prefixes6 }, options());
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

type Call = (operation: "AssignPrivateIpAddresses" | "AssignIpv6Addresses", input: object) => Promise<any>;

/** Asks for addresses or prefixes on one interface: what EC2 gave. Rejects with its error. */
export async function assign(wish: Wish, call: Call): Promise<string[]> {
  if ("prefixes6" in wish) {
    const { AssignedIpv6Prefixes = [] } = await call("AssignIpv6Addresses", { Ipv6PrefixCount: wish.prefixes6 });
    return AssignedIpv6Prefixes;
  }
  if ("prefixes" in wish) {
    const { AssignedIpv4Prefixes = [] } = await call("AssignPrivateIpAddresses", { Ipv4PrefixCount: wish.prefixes });
    return AssignedIpv4Prefixes.map((prefix: { Ipv4Prefix: string }) => prefix.Ipv4Prefix);
  }
  const { AssignedPrivateIpAddresses = [] } = await call("AssignPrivateIpAddresses", { SecondaryPrivateIpAddressCount: wish.addresses });
  return AssignedPrivateIpAddresses.map((address: { PrivateIpAddress: string }) => address.PrivateIpAddress);
}

interface Described {
  NetworkInterfaceId?: string;
  SubnetId?: string;
  PrivateIpAddress?: string;
  Description?: string;
  InterfaceType?: string;
  Attachment?: { DeviceIndex?: number; AttachmentId?: string; NetworkCardIndex?: number };
  Groups?: { GroupId?: string }[];
  PrivateIpAddresses?: { PrivateIpAddress?: string; Primary?: boolean }[];
  Ipv4Prefixes?: { Ipv4Prefix?: string }[];
  Ipv6Prefixes?: { Ipv6Prefix?: string }[];
  TagSet?: { Key?: string; Value?: string }[];
  ConnectionTrackingConfiguration?: { TcpEstablishedTimeout?: number; UdpStreamTimeout?: number; UdpTimeout?: number };
}

function facts(described: Described): InterfaceFacts {
  const connectionTracking = trackingOf(described);
  return {
    id: described.NetworkInterfaceId ?? "",
    subnetId: described.SubnetId ?? "",
    primaryIp: described.PrivateIpAddress ?? "",
    deviceIndex: described.Attachment?.DeviceIndex ?? -1,
    cardIndex: described.Attachment?.NetworkCardIndex ?? 0,
    type: described.InterfaceType ?? "interface",
    description: described.Description ?? "",
    attachmentId: described.Attachment?.AttachmentId,
    groups: (described.Groups ?? []).map((group) => group.GroupId ?? ""),
    addresses: (described.PrivateIpAddresses ?? []).filter((address) => !address.Primary).map((address) => address.PrivateIpAddress ?? ""),
    prefixes: (described.Ipv4Prefixes ?? []).map((prefix) => prefix.Ipv4Prefix ?? ""),
    prefixes6: (described.Ipv6Prefixes ?? []).map((prefix) => prefix.Ipv6Prefix ?? ""),
    tags: tagMap(described.TagSet),
    ...(connectionTracking && { connectionTracking }),
  };
}

function trackingOf({ ConnectionTrackingConfiguration: found }: Described): ConnectionTracking | undefined {
  if (!found) return undefined;
  const { TcpEstablishedTimeout: tcpEstablished, UdpStreamTimeout: udpStream, UdpTimeout: udp } = found;
  const timeouts = Object.entries({ tcpEstablished, udpStream, udp }).filter(([, seconds]) => seconds !== undefined);
  return timeouts.length > 0 ? Object.fromEntries(timeouts) : undefined;
}

function trackingSpecification({ tcpEstablished, udpStream, udp }: ConnectionTracking) {
  return {
    ...(tcpEstablished !== undefined && { TcpEstablishedTimeout: tcpEstablished }),
    ...(udpStream !== undefined && { UdpStreamTimeout: udpStream }),
    ...(udp !== undefined && { UdpTimeout: udp }),
  };
}

function tagMap(tags: readonly { Key?: string; Value?: string }[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
