// Well-known IPv4 blocks, and the strict reading of a block that EKS wants: no host bits.
import { type Cidr, formatCidr, parseCidr } from "../../vpc/cidr.ts";

/** Parses an IPv4 block; undefined if it is none or has host bits. */
export function strictBlock(text: string): Cidr | undefined {
  const block = parseCidr(text);
  return block?.family === 4 && formatCidr(block) === text ? block : undefined;
}

const known = (text: string) => parseCidr(text)!;

/** RFC 1918. */
export const PRIVATE_BLOCKS: readonly Cidr[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(known);

/** Blocks that are not addresses of the public internet (RFC 6890), which a public endpoint cannot be limited to. */
export const RESERVED_BLOCKS: readonly Cidr[] = [
  ...PRIVATE_BLOCKS,
  ...["100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"].map(known),
];
