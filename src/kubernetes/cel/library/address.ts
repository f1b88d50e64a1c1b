// IP addresses as numbers.
import { isIP } from "node:net";

/** An address: 32 or 128 bits and its value. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Reads an address the strict way: no zone, no IPv4 inside IPv6. */
export function parseAddress(text: string): Address | undefined {
  const family = isIP(text);
  if (family === 4) return { bits: 32, value: text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
  if (family !== 6 || text.includes("%") || text.includes(".")) return undefined;
  const [head = "", tail] = text.split("::");
  const left = head ? head.split(":") : [];
  const right = tail ? tail.split(":") : [];
  const groups = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill("0"), ...right];
  return { bits: 128, value: groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n) };
}

/** Reads `address/length`. */
export function parseBlock(text: string): { address: Address; length: number } | undefined {
  const [ip = "", length = ""] = text.split("/", 2);
  const address = parseAddress(ip);
  if (!address || text.split("/").length !== 2 || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > address.bits) return undefined;
  return { address, length: Number(length) };
}

/** The canonical text (RFC 5952). */
export function addressText({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - i * 16)) & 0xffffn).toString(16));
  const zeros = [...groups.join(":").matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run).sort((a, b) => b.length - a.length)[0];
  if (!zeros) return groups.join(":");
  const [left = "", ...rest] = groups.join(":").split(zeros);
  return `${left}::${rest.join(zeros).replace(/^:/, "")}`;
}
