// EC2's errors as ipamd reacts to them (spec vpc-cni §2.11).

const SHORTAGE_CODES = new Set(["InsufficientFreeAddressesInSubnet", "InsufficientCidrBlocks"]);

/** EC2's error code; empty for other errors. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "";
}

/** Whether a subnet is used up: growth then pauses. */
export function isShortage(error: unknown): boolean {
  return SHORTAGE_CODES.has(codeOf(error));
}

/** Whether the interface holds more than ipamd knows. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === "PrivateIpAddressLimitExceeded";
}

export function isGone(error: unknown): boolean {
  return codeOf(error) === "InvalidNetworkInterfaceID.NotFound";
}

/** Whether EC2 has had too many calls of the account. */
export function isThrottled(error: unknown): boolean {
  return codeOf(error) === "RequestLimitExceeded";
}

/** Whether IAM refused the call. */
export function isDenied(error: unknown): boolean {
  return codeOf(error) === "UnauthorizedOperation";
}
