// Arithmetic of the service address range, IPv4 and IPv6.
import { isIPv6 } from "node:net";

/** An address range. */
export interface Range {
  readonly first: bigint;
  readonly size: bigint;
  readonly six: boolean;
}

/** Parses `10.100.0.0/16` or `fd00::/108`. Throws Error for anything else. */
export function parseRange(cidr: string): Range {
  const [address = "", length] = cidr.split("/");
  const six = isIPv6(address);
  const bits = six ? 128 : 32;
  const prefix = Number(length);
  const value = addressValue(address);
  if (value === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > bits) throw new Error(`bad address range ${cidr}`);
  const size = 1n << BigInt(bits - prefix);
  return { first: value - (value % size), size, six };
}

/** An address as a number; undefined if the text is no address. */
export function addressValue(text: string): bigint | undefined {
  if (isIPv6(text)) {
    const [head = "", tail] = text.split("::");
    const left = head.split(":").filter(Boolean);
    const right = tail === undefined ? [] : tail.split(":").filter(Boolean);
    const groups = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
    if (groups.some((group) => group.includes("."))) return undefined;
    return groups.reduce((value, group) => (value << 16n) + BigInt(Number.parseInt(group, 16)), 0n);
  }
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((value, part) => (value << 8n) + BigInt(part), 0n);
}

/** The address at an offset into the range. */
export function addressAt(range: Range, offset: bigint): string {
  const value = range.first + offset;
  if (!range.six) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  return compressed(groups);
}

/** RFC 5952: the longest run of two or more zero groups becomes "::". */
function compressed(groups: readonly string[]): string {
  let best = { at: -1, length: 1 };
  for (let i = 0; i < groups.length; i++) {
    let length = 0;
    while (groups[i + length] === "0") length++;
    if (length > best.length) best = { at: i, length };
  }
  if (best.at < 0) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.length).join(":")}`;
}

/** Whether an address lies in the range and may be given to a service. */
export function isUsable(range: Range, address: string): boolean {
  const value = addressValue(address);
  return value !== undefined && value > range.first && value < range.first + range.size - (range.six ? 0n : 1n);
}
