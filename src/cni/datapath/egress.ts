// The egress plugin: traffic of the family a cluster's pods do not have (spec vpc-cni §4.1, §4.6).
import { boolean, type Environment } from "../settings/parse.ts";

/** What the plugin gives pods besides their own address. */
export interface Egress {
  readonly enabled: boolean;
  /** Family of the traffic. */
  readonly family: 4 | 6;
  /** The pod's further interface. */
  readonly link: "v4if0" | "v6if0";
  /** Block its addresses come from, the same on every node. */
  readonly subnet: string;
  readonly destination: string;
  readonly dataDir: string;
  /** The setting that switches it. */
  readonly setting: "ENABLE_V4_EGRESS" | "ENABLE_V6_EGRESS";
  /** How the names of a container's chains begin. */
  readonly chain: "CNI-E4-" | "CNI-E6-";
}

/** Egress of the family the cluster does not have: IPv4 unless switched off, IPv6 only when switched on. */
export function egressOf(env: Environment): Egress {
  if (boolean(env.ENABLE_IPv6, false)) {
    return {
      ...{ enabled: boolean(env.ENABLE_V4_EGRESS, true), family: 4, setting: "ENABLE_V4_EGRESS", link: "v4if0", chain: "CNI-E4-" },
      ...{ subnet: "169.254.172.0/22", destination: "0.0.0.0/0", dataDir: "/run/cni/v6pd/egress-v4-ipam" },
    };
  }
  return {
    ...{ enabled: boolean(env.ENABLE_V6_EGRESS, false), family: 6, setting: "ENABLE_V6_EGRESS", link: "v6if0", chain: "CNI-E6-" },
    ...{ subnet: "fd00::ac:00/118", destination: "::/0", dataDir: "/run/cni/v4pd/egress-v6-ipam" },
  };
}
