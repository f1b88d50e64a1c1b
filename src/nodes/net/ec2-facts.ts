// What the network tools read from EC2: as the EKS service would, without anybody's permission, and nothing is changed.
import type { ServiceCaller } from "../../aws/caller.ts";
import type { Invoke } from "../../aws/operation.ts";
import { NetError } from "./errors.ts";

/** Where EC2 is asked. */
export interface NetScope {
  readonly invoke: Invoke;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

const SERVICE = "eks.amazonaws.com";

/** Call options of the tools. */
export function readerOf({ partition, account, region }: NetScope): { caller: ServiceCaller; region: string } {
  return { caller: { kind: "service", service: SERVICE, partition, accountId: account, arn: SERVICE, userId: SERVICE }, region };
}

/** Every interface that matches the filters. */
export async function interfacesWhere(scope: NetScope, name: string, values: readonly string[]) {
  const found: NonNullable<Awaited<ReturnType<typeof page>>["NetworkInterfaces"]> = [];
  const page = (token: string | undefined) =>
    scope.invoke(
      "ec2",
      "DescribeNetworkInterfaces",
      { Filters: [{ Name: name, Values: [...values] }], MaxResults: 1000, ...(token && { NextToken: token }) },
      readerOf(scope),
    );
  for (let token: string | undefined; ; ) {
    const { NetworkInterfaces = [], NextToken } = await page(token);
    found.push(...NetworkInterfaces);
    if (!NextToken) return found;
    token = NextToken;
  }
}

/** A subnet by id. Throws NetError with EC2's message if there is none. */
export async function subnetById(scope: NetScope, id: string) {
  try {
    const { Subnets = [] } = await scope.invoke("ec2", "DescribeSubnets", { SubnetIds: [id] }, readerOf(scope));
    if (Subnets[0]) return Subnets[0];
  } catch (error) {
    throw new NetError((error as Error).message);
  }
  throw new NetError(`There is no subnet ${id} in ${scope.region}.`);
}
