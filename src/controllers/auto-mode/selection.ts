// What the selector terms of a NodeClass select in the cluster's VPC.
import type { SecurityGroup, Subnet } from "@aws-sdk/client-ec2";
import type { AutoCluster } from "./context.ts";

/** One term: tags (a value of `*` means the key), or an id or name. */
export interface Term {
  readonly id?: string;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

interface Named {
  readonly id: string;
  readonly name?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Whether any term selects a resource. */
export function selects(terms: readonly Term[] | undefined, resource: Named): boolean {
  return (terms ?? []).some(({ id, name, tags }) => {
    if (id !== undefined && id !== resource.id) return false;
    if (name !== undefined && name !== resource.name) return false;
    return Object.entries(tags ?? {}).every(([key, value]) => key in resource.tags && (value === "*" || resource.tags[key] === value));
  });
}

const tagMap = (tags: Subnet["Tags"]) => Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));

/** A subnet nodes or pods can use. */
export interface NodeSubnet {
  readonly id: string;
  readonly zone: string;
  readonly zoneID: string;
  readonly free: number;
}

/** A security group of nodes or pods. */
export interface NodeGroup {
  readonly id: string;
  readonly name: string;
}

/** The VPC's subnets and groups, read once per look. */
export interface VpcNetwork {
  subnets(terms: readonly Term[] | undefined): NodeSubnet[];
  groups(terms: readonly Term[] | undefined): NodeGroup[];
}

/** Reads the VPC of a cluster as EKS's service-linked role. */
export async function vpcNetwork({ deps, cluster, asService }: AutoCluster): Promise<VpcNetwork> {
  const Filters = [{ Name: "vpc-id", Values: [cluster.vpcId] }];
  const { Subnets = [] } = await deps.invoke("ec2", "DescribeSubnets", { Filters }, asService());
  const { SecurityGroups = [] } = await deps.invoke("ec2", "DescribeSecurityGroups", { Filters }, asService());
  return {
    subnets: (terms) =>
      Subnets.filter((each) => selects(terms, { id: each.SubnetId ?? "", tags: tagMap(each.Tags) }))
        .map((each) => ({
          ...{ id: each.SubnetId ?? "", zone: each.AvailabilityZone ?? "", zoneID: each.AvailabilityZoneId ?? "" },
          free: each.AvailableIpAddressCount ?? 0,
        }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    groups: (terms) =>
      SecurityGroups.filter((each: SecurityGroup) =>
        selects(terms, { id: each.GroupId ?? "", name: each.GroupName ?? "", tags: tagMap(each.Tags) }),
      )
        .map((each) => ({ id: each.GroupId ?? "", name: each.GroupName ?? "" }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}
