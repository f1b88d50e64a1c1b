// Identifiers EKS hands out (spec eks-control-plane §3.2).
import { type Random, randomString } from "../../base/random.ts";

const LOWER_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A lower-case version 4 uuid: update ids and the last part of many ARNs. */
export function uuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The 32 upper-case hex digits that name a cluster in its endpoint and its OIDC issuer. */
export const clusterHex = (random: Random) => Buffer.from(random.bytes(16)).toString("hex").toUpperCase();

/** `a-` and 17 lower-case letters and digits. */
export const associationId = (random: Random) => `a-${randomString(random, LOWER_ALPHANUMERIC, 17)}`;

/** The digits at the end of a cluster security group's name. */
export const groupSuffix = (random: Random) => `${randomString(random, "123456789", 1)}${randomString(random, "0123456789", 9)}`;

/** A service network of an IPv6 cluster: a random unique local /108 (spec eks-control-plane §10.3). */
export function serviceIpv6Cidr(random: Random): string {
  const hex = Buffer.from(random.bytes(5)).toString("hex");
  const groups = [`fd${hex.slice(0, 2)}`, hex.slice(2, 6), hex.slice(6, 10)].map((group) => group.replace(/^0+(?=.)/, ""));
  return `${groups.join(":")}::/108`;
}
