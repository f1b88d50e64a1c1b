// The control plane's interfaces in the customer's subnets (spec eks-control-plane §8.5).
import type { NetworkInterface } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions, Invoke } from "../../aws/operation.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { Failure } from "../issues.ts";

interface Ec2 {
  readonly invoke: Invoke;
}

/** Interfaces wanted: where, and with which groups besides the cluster security group. */
export interface Placement {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/**
 * Subnets that get an interface: at most four, in the order of the request but one zone after another, so that the first two lie in
 * different zones.
 */
export function placeInterfaces(subnets: readonly { readonly id: string; readonly zone: string }[]): string[] {
  const zones = new Map<string, string[]>();
  for (const { id, zone } of subnets) zones.set(zone, [...(zones.get(zone) ?? []), id]);
  const rounds = Math.max(0, ...[...zones.values()].map((ids) => ids.length));
  const order = Array.from({ length: rounds }, (_, round) => [...zones.values()].map((ids) => ids[round])).flat();
  return order.filter((id) => id !== undefined).slice(0, 4);
}

/** The cluster's interfaces as EC2 has them. */
export async function listInterfaces({ invoke }: Ec2, cluster: ClusterRecord, service: CallOptions): Promise<NetworkInterface[]> {
  if (!cluster.clusterSecurityGroupId) return [];
  const filters = [
    { Name: "group-id", Values: [cluster.clusterSecurityGroupId] },
    { Name: "description", Values: [`Amazon EKS ${cluster.name}`] },
  ];
  const output = await invoke("ec2", "DescribeNetworkInterfaces", { Filters: filters }, service);
  return (output.NetworkInterfaces ?? []).filter((found) => found.RequesterManaged !== false);
}

/**
 * Makes a set of interfaces for a placement, reusing those that an interrupted attempt has left, without touching the ones in force.
 * Returns the new set's ids. Throws Failure SubnetNotFound if a subnet is gone.
 */
export async function makeInterfaces(ec2: Ec2, cluster: ClusterRecord, placement: Placement, service: CallOptions): Promise<string[]> {
  const { invoke } = ec2;
  const output = await invoke("ec2", "DescribeSubnets", { SubnetIds: [...placement.subnetIds] }, service).catch(subnetGone);
  const zoneOf = new Map(output.Subnets?.map((subnet) => [subnet.SubnetId, subnet.AvailabilityZone ?? ""]));
  const targets = placeInterfaces(placement.subnetIds.map((id) => ({ id, zone: zoneOf.get(id) ?? "" })));
  const leftOver = (await listInterfaces(ec2, cluster, service)).filter(
    (found) => !cluster.interfaces?.ids.includes(found.NetworkInterfaceId ?? ""),
  );
  const ids: string[] = [];
  for (const subnetId of targets) {
    const usable = leftOver.find((found) => found.SubnetId === subnetId && !ids.includes(found.NetworkInterfaceId ?? ""));
    if (usable) {
      ids.push(usable.NetworkInterfaceId!);
      continue;
    }
    const input = {
      SubnetId: subnetId,
      Description: `Amazon EKS ${cluster.name}`,
      Groups: [...placement.securityGroupIds, cluster.clusterSecurityGroupId!],
      ...(cluster.ipFamily === "ipv6" ? { Ipv6AddressCount: 1 } : {}),
    };
    const made = await invoke("ec2", "CreateNetworkInterface", input, service).catch(subnetGone);
    ids.push(made.NetworkInterface!.NetworkInterfaceId!);
  }
  return ids;
}

/** Deletes the cluster's interfaces except those to keep. */
export async function deleteInterfaces(ec2: Ec2, cluster: ClusterRecord, keep: readonly string[], service: CallOptions): Promise<void> {
  for (const { NetworkInterfaceId: id } of await listInterfaces(ec2, cluster, service)) {
    if (!id || keep.includes(id)) continue;
    await ec2.invoke("ec2", "DeleteNetworkInterface", { NetworkInterfaceId: id }, service).catch((error: unknown) => {
      if (!(error instanceof AwsError) || !error.code.startsWith("InvalidNetworkInterfaceID")) throw error;
    });
  }
}

function subnetGone(error: unknown): never {
  if (error instanceof AwsError && error.code.startsWith("InvalidSubnet")) {
    const [id] = error.message.match(/subnet-[0-9a-f]+/) ?? [];
    throw new Failure(
      { cluster: "Ec2SubnetNotFound", nodegroup: "Ec2SubnetNotFound", update: "SubnetNotFound" },
      `${id ?? "subnet"} was deleted: could not create network interface`,
      id ? [id] : [],
    );
  }
  throw error;
}
