// Whether a node group's subnets let its nodes reach the cluster (spec eks-control-plane §8.7).
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { Failure } from "../issues.ts";
import type { Group } from "./group.ts";

type Deps = Pick<ControllerDeps, "invoke" | "directory" | "sessions">;

/** Throws Failure if a public subnet gives its instances no public address, or a subnet of an IPv6 cluster no IPv6 address. */
export async function checkSubnets(deps: Deps, { cluster, nodegroup }: Group): Promise<void> {
  const service = asService(deps, cluster, "nodegroup");
  const { Subnets: subnets = [] } = await deps.invoke("ec2", "DescribeSubnets", { SubnetIds: [...nodegroup.subnets] }, service);
  const vpc = [{ Name: "vpc-id", Values: [cluster.vpcId] }];
  const { RouteTables: tables = [] } = await deps.invoke("ec2", "DescribeRouteTables", { Filters: vpc }, service);
  const tableOf = (subnetId: string | undefined) =>
    tables.find((table) => table.Associations?.some((association) => association.SubnetId === subnetId)) ??
    tables.find((table) => table.Associations?.some((association) => association.Main));
  const isPublic = (subnetId: string | undefined) =>
    tableOf(subnetId)?.Routes?.some((route) => route.GatewayId?.startsWith("igw-")) === true;

  const closed = subnets.filter(
    (subnet) => isPublic(subnet.SubnetId) && !subnet.MapPublicIpOnLaunch && !subnet.AssignIpv6AddressOnCreation,
  );
  if (closed.length > 0) {
    const ids = closed.map((subnet) => subnet.SubnetId ?? "");
    throw new Failure(
      { cluster: "Other", nodegroup: "Ec2SubnetInvalidConfiguration", update: "Unknown" },
      `One or more Amazon EC2 Subnets of [${ids.join(", ")}] for node group ${nodegroup.name} does not automatically assign public IP addresses to instances launched into it. If you want your instances to be assigned a public IP address, then you need to enable auto-assign public IP address for the subnet. See IP addressing in VPC guide: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html#subnet-public-ip`,
      ids,
    );
  }
  const without = cluster.ipFamily === "ipv6" ? subnets.filter((subnet) => !subnet.AssignIpv6AddressOnCreation) : [];
  if (without.length > 0) {
    const ids = without.map((subnet) => subnet.SubnetId ?? "");
    throw new Failure(
      { cluster: "Other", nodegroup: "Ec2SubnetMissingIpv6Assignment", update: "Unknown" },
      `One or more Amazon EC2 Subnets of [${ids.join(", ")}] for node group ${nodegroup.name} does not automatically assign IPv6 addresses to instances launched into it.`,
      ids,
    );
  }
}
