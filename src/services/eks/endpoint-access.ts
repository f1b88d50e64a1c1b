// Rules for who may reach a cluster's endpoint (spec eks-control-plane §9).
import { contains, parseCidr } from "../../vpc/cidr.ts";
import { RESERVED_BLOCKS, strictBlock } from "./blocks.ts";
import { invalidParameter } from "./errors.ts";

/** Sources allowed when a request names none. */
export const defaultPublicCidrs = (ipFamily: string): string[] => (ipFamily === "ipv6" ? ["0.0.0.0/0", "::/0"] : ["0.0.0.0/0"]);

/** Throws InvalidParameterException if a cluster could not be reached at all. */
export function checkEndpointAccess(publicAccess: boolean, privateAccess: boolean, clusterName: string): void {
  if (!publicAccess && !privateAccess) throw invalidParameter("Both private and public endpoint access cannot be false", { clusterName });
}

/** Blocks of the public internet, host bits zero, at most `limit`; IPv6 only on IPv6 clusters. Throws InvalidParameterException. */
export function checkPublicCidrs(cidrs: readonly string[], ipFamily: string, limit: number, clusterName: string): void {
  const subject = { clusterName };
  if (cidrs.length > limit) throw invalidParameter(`The number of publicAccessCidrs must not exceed ${limit}`, subject);
  for (const cidr of cidrs) {
    if (cidr.includes(":")) {
      if (!parseCidr(cidr) || ipFamily !== "ipv6") {
        throw invalidParameter(`The following CIDRs are invalid in publicAccessCidrs: ${cidr}`, subject);
      }
      continue;
    }
    const block = strictBlock(cidr);
    if (!block) throw invalidParameter(`The following CIDRs are invalid in publicAccessCidrs: ${cidr}`, subject);
    if (RESERVED_BLOCKS.some((reserved) => contains(reserved, block))) {
      throw invalidParameter(`The following CIDRs are not allowed in publicAccessCidrs: ${cidr}`, subject);
    }
  }
}
