// Which addresses may connect to a cluster's endpoint (EKS User Guide, "Cluster API server endpoint"; spec eks-control-plane §9).
import { type Address, containsAddress, parseAddress, parseCidr } from "../vpc/cidr.ts";
import type { ClusterFacts } from "./provider.ts";

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;
const LOOPBACK = parseCidr("127.0.0.0/8")!;
const LOCAL = parseAddress("127.0.0.1")!;

/**
 * Whether a connection from `remote` is let in. This machine's loopback addresses stand for the inside of the VPC: they may connect
 * while private access is on, and like everybody while public access is on and its blocks contain 127.0.0.1.
 */
export function admitsConnection(
  facts: Pick<ClusterFacts, "endpointPublicAccess" | "endpointPrivateAccess" | "publicAccessCidrs">,
  remote: string | undefined,
): boolean {
  const address = addressOf(remote);
  if (!address) return false;
  if (facts.endpointPrivateAccess && address.family === 4 && containsAddress(LOOPBACK, address)) return true;
  return (
    facts.endpointPublicAccess &&
    facts.publicAccessCidrs.some((text) => {
      const block = parseCidr(text);
      return block?.family === address.family && containsAddress(block, address);
    })
  );
}

/** The IPv6 loopback address counts as the IPv4 one, and mapped addresses as what they map. */
function addressOf(remote: string | undefined): Address | undefined {
  const text = (remote ?? "").replace(MAPPED, "");
  return text === "::1" ? LOCAL : parseAddress(text);
}
