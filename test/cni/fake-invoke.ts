// The call path of the process, answered by the small EC2.
import type { Invoke } from "../../src/aws/operation.ts";
import type { InterfaceFacts } from "../../src/cni/ipamd/ec2.ts";
import type { FakeEc2 } from "../support/fake-ec2.ts";

type Tag = { Key: string; Value: string };

const toTags = (list: readonly Tag[] = []) => Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
const fromTags = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** Translates between EC2's API and the fake. `seen` gets every operation with its input. */
export function fakeInvoke(ec2: FakeEc2, seen: { operation: string; input: any; options: any }[] = []): Invoke {
  const operations: Record<string, (input: any) => Promise<unknown>> = {
    async DescribeNetworkInterfaces({ Filters = [], NetworkInterfaceIds }) {
      const filter = (name: string) => Filters.find((each: any) => each.Name === name)?.Values[0];
      const instance = filter("attachment.instance-id");
      if (instance) return { NetworkInterfaces: (await ec2.interfacesOf(instance)).map(described) };
      if (NetworkInterfaceIds) return { NetworkInterfaces: (await ec2.describe(NetworkInterfaceIds)).map(described) };
      const unused = await ec2.unusedInterfaces(filter("vpc-id"), filter("tag:cluster.k8s.amazonaws.com/name"));
      return { NetworkInterfaces: unused.map(described) };
    },
    DescribeSubnets: async () => ({
      Subnets: (await ec2.subnets()).map(({ id, available, tags }) => ({
        SubnetId: id,
        AvailableIpAddressCount: available,
        Tags: fromTags(tags),
      })),
    }),
    CreateNetworkInterface: async (input) => ({
      NetworkInterface: described(
        await ec2.createInterface({
          subnetId: input.SubnetId,
          groups: input.Groups,
          description: input.Description,
          tags: toTags(input.TagSpecifications[0].Tags),
          addresses: input.SecondaryPrivateIpAddressCount ?? 0,
          prefixes: input.Ipv4PrefixCount ?? 0,
        }),
      ),
    }),
    AttachNetworkInterface: async (input) => ({
      AttachmentId: await ec2.attach(input.NetworkInterfaceId, input.InstanceId, input.DeviceIndex, input.NetworkCardIndex),
    }),
    ModifyNetworkInterfaceAttribute: async ({ NetworkInterfaceId, Groups }) =>
      Groups ? ec2.setGroups(NetworkInterfaceId, Groups) : ec2.deleteOnTermination(NetworkInterfaceId),
    async AssignPrivateIpAddresses({ NetworkInterfaceId, SecondaryPrivateIpAddressCount: addresses, Ipv4PrefixCount: prefixes }) {
      const granted = await ec2.assign(NetworkInterfaceId, prefixes ? { prefixes } : { addresses });
      return prefixes
        ? { AssignedIpv4Prefixes: granted.map((Ipv4Prefix) => ({ Ipv4Prefix })) }
        : { AssignedPrivateIpAddresses: granted.map((PrivateIpAddress) => ({ PrivateIpAddress })) };
    },
    AssignIpv6Addresses: async ({ NetworkInterfaceId, Ipv6PrefixCount }) => ({
      AssignedIpv6Prefixes: await ec2.assign(NetworkInterfaceId, { prefixes6: Ipv6PrefixCount }),
    }),
    UnassignPrivateIpAddresses: async ({ NetworkInterfaceId, PrivateIpAddresses = [], Ipv4Prefixes = [] }) =>
      ec2.unassign(NetworkInterfaceId, PrivateIpAddresses, Ipv4Prefixes),
    DetachNetworkInterface: async ({ AttachmentId }) => ec2.detach(AttachmentId),
    DeleteNetworkInterface: async ({ NetworkInterfaceId }) => ec2.delete(NetworkInterfaceId),
    CreateTags: async ({ Resources, Tags }) => ec2.createTags(Resources[0], toTags(Tags)),
  };
  const invoke = async (_service: string, operation: string, input: object, options: object) => {
    seen.push({ operation, input, options });
    const run = operations[operation];
    if (!run) throw new Error(`${operation} is not expected`);
    return (await run(input)) ?? {};
  };
  return invoke as unknown as Invoke;
}

function described(eni: InterfaceFacts): object {
  return {
    NetworkInterfaceId: eni.id,
    SubnetId: eni.subnetId,
    PrivateIpAddress: eni.primaryIp,
    Description: eni.description,
    InterfaceType: eni.type,
    ...(eni.attachmentId && {
      Attachment: { DeviceIndex: eni.deviceIndex, AttachmentId: eni.attachmentId, NetworkCardIndex: eni.cardIndex },
    }),
    Groups: eni.groups.map((GroupId) => ({ GroupId })),
    PrivateIpAddresses: [
      { PrivateIpAddress: eni.primaryIp, Primary: true },
      ...eni.addresses.map((PrivateIpAddress) => ({ PrivateIpAddress, Primary: false })),
    ],
    Ipv4Prefixes: eni.prefixes.map((Ipv4Prefix) => ({ Ipv4Prefix })),
    Ipv6Prefixes: eni.prefixes6.map((Ipv6Prefix) => ({ Ipv6Prefix })),
    TagSet: fromTags(eni.tags),
    ...(eni.connectionTracking && {
      ConnectionTrackingConfiguration: {
        TcpEstablishedTimeout: eni.connectionTracking.tcpEstablished,
        UdpTimeout: eni.connectionTracking.udp,
      },
    }),
  };
}
