// Identifiers that only EKS hands out (spec eks-control-plane §3.2).
import { type Random, randomString } from "../../base/random.ts";

/** The digits at the end of a cluster security group's name. */
export const groupSuffix = (random: Random) => `${randomString(random, "123456789", 1)}${randomString(random, "0123456789", 9)}`;

/** A service network of an IPv6 cluster: a random unique local /108 (spec eks-control-plane §10.3). */
export function serviceIpv6Cidr(random: Random): string {
  const hex = Buffer.from(random.bytes(5)).toString("hex");
  const groups = [`fd${hex.slice(0, 2)}`, hex.slice(2, 6), hex.slice(6, 10)].map((group) => group.replace(/^0+(?=.)/, ""));
  return `${groups.join(":")}::/108`;
}
