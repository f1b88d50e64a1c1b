// The chains that translate and mark pods' traffic (spec vpc-cni §4.6, iptables). Comments are part of a rule's identity.
import { CONNMARK } from "./host.ts";

/** A rule of a chain. */
export interface ChainRule {
  readonly comment: string;
  /** Absent: any destination. */
  readonly destination?: string;
  readonly inInterface?: string;
  /** Not by interfaces of this pattern. */
  readonly notOutInterface?: string;
  /** Whether the destination must be (or must not be) an address of the host. */
  readonly localDestination?: boolean;
  readonly action: Action;
}

/** What a rule does. */
export type Action =
  | { readonly kind: "return" }
  | { readonly kind: "jump"; readonly chain: string }
  | { readonly kind: "snat"; readonly to: string; readonly random: "--random-fully" | "--random" | "" }
  | { readonly kind: "setMark" | "restoreMark"; readonly mark: string };

/** A chain's rules from the top. */
export interface Chain {
  readonly table: "nat" | "mangle";
  readonly name: string;
  readonly rules: readonly ChainRule[];
}

/** What the chains depend on. */
export interface NatSettings {
  readonly externalSnat: boolean;
  readonly excludedCidrs: readonly string[];
  readonly randomizeSnat: string;
  readonly nodePort: boolean;
  readonly vethPrefix: string;
  /** {@link CONNMARK} if absent. */
  readonly connmark?: string;
}

/** What the node is. */
export interface NatFacts {
  readonly primaryIp: string;
  readonly primaryLink: string;
  readonly vpcCidrs: readonly string[];
}

const SNAT_CHAIN = "AWS-SNAT-CHAIN-0";
const CONNMARK_CHAIN = "AWS-CONNMARK-CHAIN-0";

/** CIDRs to which pods speak with their own address: the VPC's, and those excluded while the node translates. */
export function untranslatedCidrs(settings: Pick<NatSettings, "externalSnat" | "excludedCidrs">, vpcCidrs: readonly string[]): string[] {
  return settings.externalSnat ? [...vpcCidrs] : [...vpcCidrs, ...settings.excludedCidrs];
}

/** The chains of an IPv4 node that are the plugin's, and its rules in the kernel's. */
export function natChains(settings: NatSettings, facts: NatFacts): Chain[] {
  const pods = `${settings.vethPrefix}+`;
  const { connmark = CONNMARK } = settings;
  const mangle: Chain = { table: "mangle", name: "PREROUTING", rules: mangleRules(settings, facts, pods) };
  if (settings.externalSnat) return [mangle];
  return [
    { table: "nat", name: "POSTROUTING", rules: [{ comment: "AWS SNAT CHAIN", action: { kind: "jump", chain: SNAT_CHAIN } }] },
    { table: "nat", name: SNAT_CHAIN, rules: snatRules(settings, facts) },
    {
      table: "nat",
      name: "PREROUTING",
      rules: [
        { comment: "AWS, outbound connections", inInterface: pods, action: { kind: "jump", chain: CONNMARK_CHAIN } },
        { comment: "AWS, CONNMARK", action: { kind: "restoreMark", mark: connmark } },
      ],
    },
    {
      table: "nat",
      name: CONNMARK_CHAIN,
      rules: [
        ...returns(settings, facts, "AWS CONNMARK CHAIN", "AWS CONNMARK CHAIN"),
        { comment: "AWS, CONNMARK", action: { kind: "setMark", mark: masked(connmark) } },
      ],
    },
    mangle,
  ];
}

/** Value and mask. */
const masked = (mark: string) => `${mark}/${mark}`;

function snatRules(settings: NatSettings, facts: NatFacts): ChainRule[] {
  const random = { prng: "--random-fully", hashrandom: "--random" } as const;
  const how = settings.randomizeSnat === "none" ? "" : settings.randomizeSnat === "hashrandom" ? random.hashrandom : random.prng;
  return [
    ...returns(settings, facts, "AWS SNAT CHAIN EXCLUSION", "AWS SNAT CHAIN"),
    {
      comment: "AWS, SNAT",
      notOutInterface: "vlan+",
      localDestination: false,
      action: { kind: "snat", to: facts.primaryIp, random: how },
    },
  ];
}

/** Each rule is put on top of those before it, so the last configured comes first. */
function returns(settings: NatSettings, facts: NatFacts, excluded: string, vpc: string): ChainRule[] {
  const rule = (comment: string) => (cidr: string) =>
    ({ comment, ...(cidr !== "0.0.0.0/0" && { destination: cidr }), action: { kind: "return" } }) satisfies ChainRule;
  return [...settings.excludedCidrs.toReversed().map(rule(excluded)), ...facts.vpcCidrs.toReversed().map(rule(vpc))];
}

function mangleRules({ nodePort, connmark = CONNMARK }: NatSettings, { primaryLink }: NatFacts, pods: string): ChainRule[] {
  const comment = "AWS, primary ENI";
  const restore = (inInterface: string): ChainRule => ({ comment, inInterface, action: { kind: "restoreMark", mark: connmark } });
  if (!nodePort) return [restore(pods)];
  return [
    { comment, inInterface: primaryLink, localDestination: true, action: { kind: "setMark", mark: masked(connmark) } },
    restore(pods),
    restore("vlan+"),
  ];
}
