// Whether security groups let traffic through (spec vpc-cni §2.6): allow rules only, stateful, groups of an interface add up.
import { containsAddress, parseAddress, parseCidr } from "./cidr.ts";

/** One allow rule; exactly one of the four sources is set. */
export interface GroupRule {
  readonly groupId: string;
  readonly egress: boolean;
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number as text, or `-1` for all. */
  readonly protocol: string;
  /** First port, or ICMP type; -1 for all. */
  readonly fromPort: number;
  /** Last port, or ICMP code; -1 for all. */
  readonly toPort: number;
  readonly cidr?: string;
  readonly cidr6?: string;
  readonly prefixListId?: string;
  readonly referencedGroupId?: string;
}

/** One packet as a rule sees it: the far side's address and groups. */
export interface Traffic {
  readonly protocol: string;
  /** Destination port, or ICMP type. */
  readonly port: number;
  readonly peerAddress: string;
  readonly peerGroups: readonly string[];
}

const numbers: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", all: "-1" };

/** The name EC2 prints for a protocol given by name or number. */
export function protocolName(protocol: string): string {
  const lower = protocol.toLowerCase();
  return numbers[lower] ?? lower;
}

function peerMatches(rule: GroupRule, traffic: Traffic, prefixLists: Readonly<Record<string, readonly string[]>>): boolean {
  if (rule.referencedGroupId !== undefined) return traffic.peerGroups.includes(rule.referencedGroupId);
  const address = parseAddress(traffic.peerAddress);
  if (!address) return false;
  const blocks = rule.prefixListId !== undefined ? (prefixLists[rule.prefixListId] ?? []) : [rule.cidr ?? rule.cidr6 ?? ""];
  return blocks.some((block) => {
    const cidr = parseCidr(block);
    return cidr !== undefined && containsAddress(cidr, address);
  });
}

/** The first rule of the groups that lets the packet through in the given direction; undefined: dropped. */
export function allowingRule(
  rules: readonly GroupRule[],
  groups: readonly string[],
  direction: "ingress" | "egress",
  traffic: Traffic,
  prefixLists: Readonly<Record<string, readonly string[]>> = {},
): GroupRule | undefined {
  return rules.find((rule) => {
    if (!groups.includes(rule.groupId) || rule.egress !== (direction === "egress")) return false;
    if (rule.protocol !== "-1") {
      if (protocolName(rule.protocol) !== protocolName(traffic.protocol)) return false;
      if (rule.fromPort !== -1 && (traffic.port < rule.fromPort || traffic.port > Math.max(rule.toPort, rule.fromPort))) return false;
    }
    return peerMatches(rule, traffic, prefixLists);
  });
}
