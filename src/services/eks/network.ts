// Subnets and security groups a cluster or node group names, looked up in EC2 and held against EKS's rules (spec eks-control-plane §8.3).
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions, Invoke } from "../../aws/operation.ts";
import { invalidParameter, invalidRequest, unsupportedZone } from "./errors.ts";

/** A subnet as EKS sees it. */
export interface SubnetFacts {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly freeAddresses: number;
  readonly ipv6: boolean;
  readonly onOutpost: boolean;
  readonly mapsPublicIp: boolean;
  readonly assignsIpv6: boolean;
}

interface Ec2 {
  readonly invoke: Invoke;
}

const codeOf = (error: unknown) => (error instanceof AwsError ? error.code : "");

/** Subnets by id, in the order asked. Throws InvalidParameterException for one that does not exist. */
export async function readSubnets(
  { invoke }: Ec2,
  ids: readonly string[],
  options: CallOptions,
  clusterName: string,
): Promise<SubnetFacts[]> {
  const output = await invoke("ec2", "DescribeSubnets", { SubnetIds: [...ids] }, options).catch((error: unknown) => {
    if (!codeOf(error).startsWith("InvalidSubnet")) throw error;
    const missing = ids.find((id) => (error as Error).message.includes(id)) ?? ids[0];
    throw invalidParameter(`The subnet ID '${missing}' does not exist`, { clusterName });
  });
  return ids.map((id) => {
    const subnet = output.Subnets?.find((candidate) => candidate.SubnetId === id);
    if (!subnet) throw invalidParameter(`The subnet ID '${id}' does not exist`, { clusterName });
    return {
      id,
      vpcId: subnet.VpcId ?? "",
      zone: subnet.AvailabilityZone ?? "",
      zoneId: subnet.AvailabilityZoneId ?? "",
      freeAddresses: subnet.AvailableIpAddressCount ?? 0,
      ipv6: (subnet.Ipv6CidrBlockAssociationSet ?? []).some((association) => association.Ipv6CidrBlockState?.State === "associated"),
      onOutpost: subnet.OutpostArn !== undefined,
      mapsPublicIp: subnet.MapPublicIpOnLaunch === true,
      assignsIpv6: subnet.AssignIpv6AddressOnCreation === true,
    };
  });
}

/** Everything §8.3 asks of cluster subnets except free addresses. */
export function checkClusterSubnets(
  subnets: readonly SubnetFacts[],
  clusterName: string,
  { ipv6, excludedZoneIds, zones }: { ipv6: boolean; excludedZoneIds: readonly string[]; zones: readonly ZoneFacts[] },
): void {
  const subject = { clusterName };
  if (new Set(subnets.map((subnet) => subnet.zoneId)).size < 2) {
    throw invalidParameter("Subnets specified must be in at least two different AZs", subject);
  }
  if (new Set(subnets.map((subnet) => subnet.vpcId)).size > 1) {
    throw invalidParameter("Subnets specified must belong to the same VPC", subject);
  }
  const excluded = subnets.find((subnet) => excludedZoneIds.includes(subnet.zoneId));
  if (excluded) {
    const valid = zones.filter((zone) => zone.type === "availability-zone" && !excludedZoneIds.includes(zone.id)).map((zone) => zone.name);
    throw unsupportedZone(
      `Cannot create cluster '${clusterName}' because ${excluded.zone}, the targeted availability zone, does not currently have sufficient capacity to support the cluster. Retry and choose from these availability zones: ${valid.join(", ")}`,
      clusterName,
      valid,
    );
  }
  for (const subnet of subnets) {
    if (subnet.onOutpost) throw invalidParameter(`Subnet ${subnet.id} is on an Outpost, where a cluster cannot be created`, subject);
    const type = zones.find((zone) => zone.id === subnet.zoneId)?.type ?? "availability-zone";
    if (type !== "availability-zone")
      throw invalidParameter(`Subnet ${subnet.id} is in a ${type}, where a cluster cannot be created`, subject);
    if (ipv6 && !subnet.ipv6)
      throw invalidParameter(`Subnet ${subnet.id} must have an IPv6 CIDR block for a cluster of IP family ipv6`, subject);
  }
}

/** A zone of the region. */
export interface ZoneFacts {
  readonly name: string;
  readonly id: string;
  readonly type: string;
}

export async function readZones({ invoke }: Ec2, options: CallOptions): Promise<ZoneFacts[]> {
  const output = await invoke("ec2", "DescribeAvailabilityZones", {}, options);
  return (output.AvailabilityZones ?? []).map((zone) => ({
    name: zone.ZoneName ?? "",
    id: zone.ZoneId ?? "",
    type: zone.ZoneType ?? "availability-zone",
  }));
}

/** At creation every subnet needs six free addresses. Throws InvalidParameterException. */
export function checkFreeAtCreate(subnets: readonly SubnetFacts[], clusterName: string): void {
  const short = subnets.filter((subnet) => subnet.freeAddresses < 6);
  if (short.length > 0) {
    const list = short.map((subnet) => `${subnet.id} Free IPs: ${subnet.freeAddresses}`).join(" ");
    throw invalidParameter(`Provided subnets ${list} , need at least 6 IPs in each subnet to be free for this operation`, { clusterName });
  }
}

/** Updates that replace control-plane interfaces need five free addresses in every subnet. Throws InvalidRequestException. */
export function checkFreeAtUpdate(subnets: readonly SubnetFacts[], clusterName: string): void {
  const short = subnets.filter((subnet) => subnet.freeAddresses < 5);
  if (short.length > 0) {
    // The blank before the comma is EKS's.
    const list = short.map((subnet) => `${subnet.id} Free IPs: ${subnet.freeAddresses}`).join(" ");
    throw invalidRequest(`Provided subnets ${list} , need at least 5 IPs in each subnet to be free for this operation`, { clusterName });
  }
}

/** Security groups must exist in the subnets' VPC. Throws InvalidParameterException. */
export async function checkSecurityGroups(
  { invoke }: Ec2,
  ids: readonly string[],
  vpcId: string,
  options: CallOptions,
  clusterName: string,
): Promise<void> {
  if (ids.length === 0) return;
  const output = await invoke("ec2", "DescribeSecurityGroups", { GroupIds: [...ids] }, options).catch((error: unknown) => {
    if (!/^InvalidGroup/.test(codeOf(error))) throw error;
    throw invalidParameter((error as Error).message, { clusterName });
  });
  const foreign = ids.filter((id) => output.SecurityGroups?.find((group) => group.GroupId === id)?.VpcId !== vpcId);
  if (foreign.length > 0) {
    throw invalidParameter(
      `Security group(s) [${foreign.join(", ")}] are not in the same VPC as the subnets. Please specify a security group that is associated with the VPC: ${vpcId}.`,
      { clusterName },
    );
  }
}

/** Blocks of a VPC. */
export async function readVpcCidrs({ invoke }: Ec2, vpcId: string, options: CallOptions): Promise<{ ipv4: string[]; ipv6: string[] }> {
  const output = await invoke("ec2", "DescribeVpcs", { VpcIds: [vpcId] }, options);
  const vpc = output.Vpcs?.[0];
  const associated = (state: string | undefined) => state === undefined || state === "associated" || state === "associating";
  const ipv4 = (vpc?.CidrBlockAssociationSet ?? [])
    .filter((set) => associated(set.CidrBlockState?.State))
    .map((set) => set.CidrBlock ?? "");
  const ipv6 = (vpc?.Ipv6CidrBlockAssociationSet ?? [])
    .filter((set) => associated(set.Ipv6CidrBlockState?.State))
    .map((set) => set.Ipv6CidrBlock ?? "");
  return { ipv4: [...new Set([...(vpc?.CidrBlock ? [vpc.CidrBlock] : []), ...ipv4])], ipv6 };
}
