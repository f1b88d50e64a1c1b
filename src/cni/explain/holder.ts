// Which interface holds an address.
import { containsAddress, parseAddress, parseCidr } from "../../vpc/cidr.ts";
import type { PathEni } from "./path-facts.ts";

/** The interface that holds an address, itself or in a prefix. */
export function holderOf(enis: readonly PathEni[], address: string): PathEni | undefined {
  return enis.find(({ addresses }) => addresses.some((each) => covers(each, address)));
}

/** Whether an address or a block is or contains the address. */
export function covers(held: string, address: string): boolean {
  if (!held.includes("/")) return held === address;
  const block = parseCidr(held);
  const value = parseAddress(address);
  return block !== undefined && value !== undefined && containsAddress(block, value);
}
