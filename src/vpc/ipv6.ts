// IPv6 addresses as 128-bit bigints, printed as RFC 5952 says.
import { parseIpv4 } from "./ipv4.ts";

const group = /^[0-9a-fA-F]{1,4}$/;

function groups(text: string): bigint[] | undefined {
  if (text === "") return [];
  const values: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (group.test(part)) {
      values.push(BigInt(`0x${part}`));
    } else if (index === parts.length - 1 && part.includes(".")) {
      const quad = parseIpv4(part);
      if (quad === undefined) return undefined;
      values.push(BigInt(quad >>> 16), BigInt(quad & 0xffff));
    } else {
      return undefined;
    }
  }
  return values;
}

/** `2600:1f13::1` to its number; undefined if it is not an IPv6 address. */
export function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(halves[0]!);
  const tail = halves.length === 2 ? groups(halves[1]!) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...new Array<bigint>(missing).fill(0n), ...tail];
  return all.reduce((value, part) => (value << 16n) | part, 0n);
}

/** The canonical text of a 128-bit address. */
export function formatIpv6(value: bigint): string {
  const parts = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(16 * (7 - index))) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && parts[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = (from: number, to: number) =>
    parts
      .slice(from, to)
      .map((part) => part.toString(16))
      .join(":");
  return best.start < 0 ? text(0, 8) : `${text(0, best.start)}::${text(best.start + best.length, 8)}`;
}
