// Tells of EC2's refusals as ipamd's metrics and events name them.
import type { Ec2 } from "./ec2.ts";

const OPERATIONS: Readonly<Record<keyof Ec2, string>> = {
  interfacesOf: "DescribeNetworkInterfaces",
  describe: "DescribeNetworkInterfaces",
  unusedInterfaces: "DescribeNetworkInterfaces",
  subnets: "DescribeSubnets",
  createInterface: "CreateNetworkInterface",
  attach: "AttachNetworkInterface",
  deleteOnTermination: "ModifyNetworkInterfaceAttribute",
  assign: "AssignPrivateIpAddresses",
  unassign: "UnassignPrivateIpAddresses",
  detach: "DetachNetworkInterface",
  delete: "DeleteNetworkInterface",
  createTags: "CreateTags",
};

/** The same EC2; `failed` hears of every call that rejects, with the API's name. */
export function observedEc2(ec2: Ec2, failed: (operation: string, error: unknown) => void): Ec2 {
  const calls = Object.entries(OPERATIONS).map(([method, operation]) => {
    const call = ec2[method as keyof Ec2].bind(ec2) as (...input: unknown[]) => Promise<unknown>;
    return [
      method,
      (...input: unknown[]) =>
        call(...input).catch((error) => {
          failed(operation, error);
          throw error;
        }),
    ];
  });
  return Object.fromEntries(calls);
}
