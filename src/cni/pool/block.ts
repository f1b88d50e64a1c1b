// A range of pod addresses: one secondary address, a /28 or a /80 prefix.
import { formatIpv4, parseIpv4 } from "../../vpc/ipv4.ts";
import { formatIpv6, parseIpv6 } from "../../vpc/ipv6.ts";

/** A range by its first address and its number of addresses. */
export interface Block {
  readonly family: 4 | 6;
  readonly base: number | bigint;
  readonly size: number;
  /** False for a single IPv4 address. */
  readonly isPrefix: boolean;
}

/** `10.0.0.7/32`, `10.0.0.16/28` or `2001:db8::/80`; undefined if it is none of those forms. */
export function parseBlock(cidr: string): Block | undefined {
  const [address = "", length = ""] = cidr.split("/");
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : -1;
  const base = parseIpv4(address);
  if (base !== undefined) return bits >= 0 && bits <= 32 ? { family: 4, base, size: 2 ** (32 - bits), isPrefix: bits !== 32 } : undefined;
  const base6 = parseIpv6(address);
  // EC2 gives /80; the size of anything up to /64 is a power of two that numbers hold.
  if (base6 === undefined || bits < 64 || bits > 128) return undefined;
  return { family: 6, base: base6, size: 2 ** (128 - bits), isPrefix: true };
}

/** The address `offset` places after the first. */
export function addressAt({ base }: Block, offset: number): string {
  return typeof base === "number" ? formatIpv4(base + offset) : formatIpv6(base + BigInt(offset));
}

/** Whether the block contains the address. */
export function holds({ base, size }: Block, address: string): boolean {
  if (typeof base === "number") {
    const value = parseIpv4(address);
    return value !== undefined && value >= base && value < base + size;
  }
  const value = parseIpv6(address);
  return value !== undefined && value >= base && value < base + BigInt(size);
}
