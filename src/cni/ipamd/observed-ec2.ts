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
  setGroups: "ModifyNetworkInterfaceAttribute",
  assign: "AssignPrivateIpAddresses",
  unassign: "UnassignPrivateIpAddresses",
  detach: "DetachNetworkInterface",
  delete: "DeleteNetworkInterface",
  createTags: "CreateTags",
};

/** Hears of every call, by the API's name, of its answer's time in milliseconds, and of those that reject. */
export interface Ec2Observer {
  now(): number;
  called(operation: string): void;
  answered(operation: string, milliseconds: number, error?: unknown): void;
  failed(operation: string, error: unknown): void;
}

/** The same EC2, observed. */
export function observedEc2(ec2: Ec2, { now, called, answered, failed }: Ec2Observer): Ec2 {
  const calls = Object.entries(OPERATIONS).map(([method, operation]) => {
    const call = ec2[method as keyof Ec2].bind(ec2) as (...input: unknown[]) => Promise<unknown>;
    const observed = async (...input: unknown[]) => {
      called(operation);
      const since = now();
      try {
        const answer = await call(...input);
        answered(operation, now() - since);
        return answer;
      } catch (error) {
        answered(operation, now() - since, error);
        failed(operation, error);
        throw error;
      }
    };
    return [method, observed];
  });
  return Object.fromEntries(calls);
}
