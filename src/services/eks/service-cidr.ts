// The network of a cluster's Services: its rules and its default (spec eks-control-plane §10.1, §10.2).
import { type Cidr, contains, overlaps, parseCidr } from "../../vpc/cidr.ts";
import { PRIVATE_BLOCKS, strictBlock } from "./blocks.ts";
import { invalidParameter } from "./errors.ts";

const DEFAULTS = ["10.100.0.0/16", "172.20.0.0/16"] as const;

const blocks = (cidrs: readonly string[]): Cidr[] => cidrs.map(parseCidr).filter((block) => block !== undefined);

function refuse(cidr: string, vpcId: string | undefined, clusterName: string): never {
  throw invalidParameter(
    `The serviceIpv4Cidr ${cidr} is not valid: it must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 with a prefix length between /12 and /24 and must not overlap with the CIDR blocks of ${vpcId ? `VPC ${vpcId}` : "the cluster's VPC"}`,
    { clusterName },
  );
}

/** Form and range. Throws InvalidParameterException. */
export function checkServiceCidrForm(cidr: string, clusterName: string): void {
  const block = strictBlock(cidr);
  const valid = block && block.prefix >= 12 && block.prefix <= 24;
  if (!valid || !PRIVATE_BLOCKS.some((outer) => contains(outer, block))) refuse(cidr, undefined, clusterName);
}

/** No overlap with `taken`: the VPC's blocks and remote networks. Throws InvalidParameterException. */
export function checkServiceCidrFree(cidr: string, taken: readonly string[], vpcId: string, clusterName: string): void {
  const block = parseCidr(cidr);
  if (!block || blocks(taken).some((other) => overlaps(block, other))) refuse(cidr, vpcId, clusterName);
}

/**
 * The service network when the request names none: 172.20.0.0/16 if a block of the VPC begins with 10., otherwise 10.100.0.0/16, and
 * the other one if that collides. Throws InvalidParameterException if both do.
 */
export function defaultServiceCidr(vpcCidrs: readonly string[], taken: readonly string[], vpcId: string, clusterName: string): string {
  const preferred = vpcCidrs.some((cidr) => cidr.startsWith("10.")) ? [DEFAULTS[1], DEFAULTS[0]] : DEFAULTS;
  const free = preferred.find((cidr) => !blocks([...vpcCidrs, ...taken]).some((other) => overlaps(parseCidr(cidr)!, other)));
  return free ?? refuse(preferred[0]!, vpcId, clusterName);
}
