// Network ACL evaluation: numbered rules, the lowest matching one decides, stateless.
import { containsAddress, parseAddress, parseCidr } from "./cidr.ts";

/** One entry of a network ACL. `protocol` is a number as text, `-1` for all. */
export interface AclEntry {
  readonly ruleNumber: number;
  readonly egress: boolean;
  readonly protocol: string;
  readonly action: "allow" | "deny";
  /** IPv4 or IPv6 CIDR of the far side. */
  readonly cidr: string;
  readonly fromPort?: number;
  readonly toPort?: number;
}

/** Whether the list lets a packet through; what no entry matches is denied. `protocol` is a number as text. */
export function aclAllows(
  entries: readonly AclEntry[],
  direction: "ingress" | "egress",
  packet: { readonly protocol: string; readonly port: number; readonly peerAddress: string },
): boolean {
  const peer = parseAddress(packet.peerAddress);
  const matching = entries.filter((entry) => {
    const cidr = parseCidr(entry.cidr);
    if (entry.egress !== (direction === "egress") || !cidr || !peer || !containsAddress(cidr, peer)) return false;
    if (entry.protocol === "-1") return true;
    if (entry.protocol !== packet.protocol) return false;
    return entry.fromPort === undefined || (packet.port >= entry.fromPort && packet.port <= (entry.toPort ?? entry.fromPort));
  });
  return matching.sort((a, b) => a.ruleNumber - b.ruleNumber)[0]?.action === "allow";
}
