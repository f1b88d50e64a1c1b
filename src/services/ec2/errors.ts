// EC2's errors, by code (EC2 API Reference, "Error codes"; spec data/ec2-errors.json).
import { AwsError } from "../../aws/errors.ts";

/** An EC2 client error: HTTP 400. */
export function ec2Error(code: string, message: string): AwsError {
  return new AwsError(code, message, {}, 400);
}

export const invalidValue = (message: string) => ec2Error("InvalidParameterValue", message);
export const invalidCombination = (message: string) => ec2Error("InvalidParameterCombination", message);
export const missingParameter = (name: string) => ec2Error("MissingParameter", `The request must contain the parameter ${name}`);

/** Interfaces that a DependencyViolation names at most. */
const NAMED = 5;

/** A resource cannot go. EC2's text, and after it the interfaces in the way, which EC2 leaves the user to find. */
export function dependencyViolation(
  message: string,
  interfaces: readonly { readonly id: string; readonly description: string }[] = [],
): AwsError {
  if (interfaces.length === 0) return ec2Error("DependencyViolation", message);
  const names = interfaces.slice(0, NAMED).map(({ id, description }) => (description === "" ? id : `${id} (${description})`));
  const more = interfaces.length > NAMED ? ` and ${interfaces.length - NAMED} more` : "";
  return ec2Error("DependencyViolation", `${message.replace(/\.$/, "")}. Network interfaces: ${names.join(", ")}${more}.`);
}
export const notPermitted = (message: string) => ec2Error("OperationNotPermitted", message);
export const unsupported = (message: string) => ec2Error("UnsupportedOperation", message);

/** The value, or MissingParameter naming it. */
export function required<T>(value: T | undefined | null, name: string): T {
  if (value === undefined || value === null || value === "") throw missingParameter(name);
  return value;
}

/** Shortages of a subnet (spec vpc-cni §2.3). */
export const shortage = {
  addresses: () =>
    ec2Error("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request."),
  "prefix-addresses": () => invalidValue("There aren't sufficient free Ipv4 addresses or prefixes"),
  "prefix-blocks": () =>
    ec2Error("InsufficientCidrBlocks", "The specified subnet does not have enough free cidr blocks to satisfy the request."),
};
