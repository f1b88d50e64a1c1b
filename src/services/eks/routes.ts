// Which subnets are private: their route table has no route to an internet gateway (spec eks-control-plane §8.7).
import type { RouteTable } from "@aws-sdk/client-ec2";
import type { CallOptions, Invoke } from "../../aws/operation.ts";

/** Every route table of a VPC. */
export async function readRoutes({ invoke }: { readonly invoke: Invoke }, vpcId: string, options: CallOptions): Promise<RouteTable[]> {
  const tables: RouteTable[] = [];
  let next: string | undefined;
  do {
    const input = { Filters: [{ Name: "vpc-id", Values: [vpcId] }], ...(next ? { NextToken: next } : {}) };
    const output = await invoke("ec2", "DescribeRouteTables", input, options);
    tables.push(...(output.RouteTables ?? []));
    next = output.NextToken;
  } while (next);
  return tables;
}

/** Subnets without a table of their own follow the VPC's main one. */
export function isPrivate(tables: readonly RouteTable[], subnetId: string): boolean {
  const own = tables.find((table) => table.Associations?.some((association) => association.SubnetId === subnetId));
  const table = own ?? tables.find((each) => each.Associations?.some((association) => association.Main));
  return !(table?.Routes ?? []).some((route) => route.GatewayId?.startsWith("igw-"));
}
