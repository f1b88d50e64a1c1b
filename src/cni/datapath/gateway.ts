// The gateways of subnets.
import { formatAddress, parseCidr } from "../../vpc/cidr.ts";

/** The VPC router's link-local address: every IPv6 subnet's gateway. */
export const IPV6_GATEWAY = "fe80:ec2::1";

/** The second address of an IPv4 subnet's block; empty if the text is no block. */
export function gatewayOf(cidr: string): string {
  const block = parseCidr(cidr);
  return block ? formatAddress({ family: block.family, value: block.base + 1n }) : "";
}
