// Identifiers EC2 hands out.
import { type Random, randomInt, randomString } from "../../base/random.ts";

/** `<prefix>-` and 17 hexadecimal digits. */
export function newId(random: Random, prefix: string): string {
  return `${prefix}-0${randomString(random, "0123456789abcdef", 16)}`;
}

/** A locally administered unicast MAC address, as EC2's interfaces have. */
export function newMac(random: Random): string {
  const bytes = [...random.bytes(6)];
  bytes[0] = 0x02 + (randomInt(random, 16) << 4);
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** A public IPv4 address out of a range Amazon announces. */
export function newPublicIp(random: Random): string {
  return `52.${10 + randomInt(random, 80)}.${randomInt(random, 256)}.${1 + randomInt(random, 254)}`;
}

/** A /56 for a VPC, out of 2600:1f00::/24. */
export function newIpv6Block(random: Random): string {
  const part = (bound: number) => randomInt(random, bound).toString(16);
  return `2600:1f${(0x10 + randomInt(random, 0xe0)).toString(16)}:${part(0x10000)}:${(randomInt(random, 256) << 8).toString(16)}::/56`;
}
