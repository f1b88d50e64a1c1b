// The EC2 calls of the resource controller (spec vpc-cni §2.10): as the cluster role, but trunks are associated by EKS's own account.
import type { NetworkInterface } from "@aws-sdk/client-ec2";
import type { CallOptions, Invoke } from "../../aws/operation.ts";
import { codeOf, isGone } from "../ipamd/errors.ts";
import type { ControllerEc2, MadeInterface } from "./ec2.ts";
import { TRUNK_TAG } from "./names.ts";

/** The account EKS attaches interfaces from: interfaces are opened to it by a permission. */
export const EKS_ACCOUNT = "602401143452";

/** In whose name calls are made; asked at every call. */
export interface ControllerIdentity {
  /** A session of the cluster role. Rejects if EKS may not assume it. */
  asClusterRole(): Promise<CallOptions>;
  /** EKS's own account, which alone may associate trunks. */
  asEks(): CallOptions;
  /** EKS's service-linked role. */
  asServiceLinkedRole(): CallOptions;
}

/** EC2 through the process's own call path, decided by IAM. */
export function controllerEc2(invoke: Invoke, { asClusterRole, asEks, asServiceLinkedRole }: ControllerIdentity): ControllerEc2 {
  const interfaces = async (filters: Readonly<Record<string, readonly string[]>>): Promise<NetworkInterface[]> => {
    const Filters = Object.entries(filters).map(([Name, Values]) => ({ Name, Values: [...Values] }));
    const found: NetworkInterface[] = [];
    for (let NextToken: string | undefined; ; ) {
      const input = { Filters, MaxResults: 1000, ...(NextToken && { NextToken }) };
      const page = await invoke("ec2", "DescribeNetworkInterfaces", input, await asClusterRole());
      found.push(...(page.NetworkInterfaces ?? []));
      NextToken = page.NextToken;
      if (!NextToken) return found;
    }
  };
  return {
    async instance(instanceId) {
      const { Reservations = [] } = await invoke("ec2", "DescribeInstances", { InstanceIds: [instanceId] }, await asClusterRole());
      const instance = Reservations[0]?.Instances?.[0];
      if (!instance) throw new Error(`instance ${instanceId} not found`);
      const attached = instance.NetworkInterfaces ?? [];
      const primary = attached.find(({ Attachment }) => Attachment?.DeviceIndex === 0 && (Attachment.NetworkCardIndex ?? 0) === 0);
      return {
        ...{ instanceId, instanceType: instance.InstanceType ?? "", subnetId: primary?.SubnetId ?? instance.SubnetId ?? "" },
        groups: (primary?.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
        interfaces: attached.map(({ NetworkInterfaceId = "", InterfaceType: type, Attachment, Status: status = "" }) => ({
          ...{ id: NetworkInterfaceId, type, status },
          ...{ deviceIndex: Attachment?.DeviceIndex ?? 0, cardIndex: Attachment?.NetworkCardIndex ?? 0 },
        })),
      };
    },
    async subnet(subnetId) {
      const { Subnets = [] } = await invoke("ec2", "DescribeSubnets", { SubnetIds: [subnetId] }, await asClusterRole());
      const cidr6 = Subnets[0]?.Ipv6CidrBlockAssociationSet?.find(({ Ipv6CidrBlockState }) => Ipv6CidrBlockState?.State === "associated");
      return { cidr: Subnets[0]?.CidrBlock ?? "", cidr6: cidr6?.Ipv6CidrBlock ?? "" };
    },
    async create({ subnetId, groups, description, type, tags }) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const input = {
        ...{ SubnetId: subnetId, Groups: [...groups], Description: description, ...(type && { InterfaceType: type }) },
        TagSpecifications: [{ ResourceType: "network-interface" as const, Tags }],
      };
      const role = await asClusterRole();
      const { NetworkInterface: made = {} } = await invoke("ec2", "CreateNetworkInterface", input, role);
      const NetworkInterfaceId = made.NetworkInterfaceId ?? "";
      const permission = { NetworkInterfaceId, Permission: "INSTANCE-ATTACH" as const, AwsAccountId: EKS_ACCOUNT };
      try {
        await invoke("ec2", "CreateNetworkInterfacePermission", permission, role);
      } catch (error) {
        await invoke("ec2", "DeleteNetworkInterface", { NetworkInterfaceId }, role).catch(() => {});
        throw error;
      }
      return madeOf(made);
    },
    async attach(NetworkInterfaceId, InstanceId, DeviceIndex) {
      const role = await asClusterRole();
      const { AttachmentId } = await invoke("ec2", "AttachNetworkInterface", { NetworkInterfaceId, InstanceId, DeviceIndex }, role);
      const Attachment = { AttachmentId, DeleteOnTermination: true };
      await invoke("ec2", "ModifyNetworkInterfaceAttribute", { NetworkInterfaceId, Attachment }, role);
    },
    async status(id) {
      const { NetworkInterfaces = [] } = await invoke(
        "ec2",
        "DescribeNetworkInterfaces",
        { NetworkInterfaceIds: [id] },
        await asClusterRole(),
      );
      return NetworkInterfaces[0]?.Status ?? "";
    },
    async branchesOf(trunkId, subnetId) {
      return (await interfaces({ [`tag:${TRUNK_TAG}`]: [trunkId], "subnet-id": [subnetId] })).map(madeOf);
    },
    async associations(trunkId) {
      const found = new Map<string, string>();
      for (let NextToken: string | undefined; ; ) {
        const input = { MaxResults: 255, ...(NextToken && { NextToken }) };
        const page = await invoke("ec2", "DescribeTrunkInterfaceAssociations", input, asServiceLinkedRole());
        for (const { AssociationId = "", BranchInterfaceId = "", TrunkInterfaceId } of page.InterfaceAssociations ?? [])
          if (TrunkInterfaceId === trunkId) found.set(BranchInterfaceId, AssociationId);
        NextToken = page.NextToken;
        if (!NextToken) return found;
      }
    },
    async associate(BranchInterfaceId, TrunkInterfaceId, VlanId) {
      const input = { BranchInterfaceId, TrunkInterfaceId, VlanId };
      const { InterfaceAssociation } = await invoke("ec2", "AssociateTrunkInterface", input, asEks());
      return InterfaceAssociation?.AssociationId ?? "";
    },
    async disassociate(AssociationId) {
      try {
        await invoke("ec2", "DisassociateTrunkInterface", { AssociationId }, asEks());
      } catch (error) {
        if (codeOf(error) !== "InvalidAssociationID.NotFound") throw error;
      }
    },
    async delete(NetworkInterfaceId) {
      try {
        await invoke("ec2", "DeleteNetworkInterface", { NetworkInterfaceId }, await asClusterRole());
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    },
    async available(tags) {
      const wanted = Object.entries(tags).map(([key, values]) => [`tag:${key}`, values] as const);
      const found = await interfaces({ status: ["available"], ...Object.fromEntries(wanted) });
      return found.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []);
    },
  };
}

function madeOf({
  NetworkInterfaceId = "",
  MacAddress = "",
  PrivateIpAddress = "",
  Ipv6Addresses,
  TagSet,
}: NetworkInterface): MadeInterface {
  return {
    ...{ id: NetworkInterfaceId, mac: MacAddress, privateIp: PrivateIpAddress, ipv6Address: Ipv6Addresses?.[0]?.Ipv6Address ?? "" },
    tags: Object.fromEntries((TagSet ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
  };
}
