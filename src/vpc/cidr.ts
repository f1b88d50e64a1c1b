// CIDR blocks of both families: parsing, printing, containment and overlap.
import { formatIpv4, parseIpv4 } from "./ipv4.ts";
import { formatIpv6, parseIpv6 } from "./ipv6.ts";

/** A block of addresses. `base` has no host bits set. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly prefix: number;
}

/** An address of either family. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

const bits = (family: 4 | 6) => (family === 4 ? 32 : 128);

/** Number of addresses in a block. */
export function size(cidr: Cidr): bigint {
  return 1n << BigInt(bits(cidr.family) - cidr.prefix);
}

/** An address of either family; undefined if the text is none. */
export function parseAddress(text: string): Address | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return { family: 4, value: BigInt(v4) };
  const v6 = parseIpv6(text);
  return v6 === undefined ? undefined : { family: 6, value: v6 };
}

/** The text of an address. */
export function formatAddress({ family, value }: Address): string {
  return family === 4 ? formatIpv4(Number(value)) : formatIpv6(value);
}

/** Parses `address/length`; host bits are cleared, as EC2 does with every CIDR it is given. Undefined if it is no CIDR. */
export function parseCidr(text: string): Cidr | undefined {
  const [head, tail, rest] = text.split("/");
  if (tail === undefined || rest !== undefined || !/^(0|[1-9]\d{0,2})$/.test(tail)) return undefined;
  const address = parseAddress(head!);
  const prefix = Number(tail);
  if (!address || prefix > bits(address.family)) return undefined;
  return blockOf(address, prefix);
}

/** The block of the given prefix length around an address. */
export function blockOf(address: Address, prefix: number): Cidr {
  const host = BigInt(bits(address.family) - prefix);
  return { family: address.family, base: (address.value >> host) << host, prefix };
}

/** `10.0.0.0/16`. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress({ family: cidr.family, value: cidr.base })}/${cidr.prefix}`;
}

/** Whether an address lies in a block. */
export function containsAddress(cidr: Cidr, address: Address): boolean {
  return cidr.family === address.family && address.value >= cidr.base && address.value < cidr.base + size(cidr);
}

/** Whether `inner` lies wholly in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return (
    outer.family === inner.family && outer.prefix <= inner.prefix && containsAddress(outer, { family: inner.family, value: inner.base })
  );
}

/** Whether two blocks share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a);
}

/** The `index`-th block of length `prefix` inside a block (for carving subnets). */
export function subBlock(cidr: Cidr, prefix: number, index: number | bigint): Cidr {
  return { family: cidr.family, base: cidr.base + (BigInt(index) << BigInt(bits(cidr.family) - prefix)), prefix };
}
