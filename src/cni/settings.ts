// aws-node's environment as ipamd reads it (spec vpc-cni §3.1; Amazon VPC CNI README, "CNI configuration variables").
import { boolean, type Environment, integer, list, tags } from "./settings/parse.ts";

export type { Environment } from "./settings/parse.ts";

/** The settings that bear on addresses. Times are milliseconds. */
export interface IpamSettings {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly warmEniTarget: number;
  readonly warmIpTarget: number;
  readonly minimumIpTarget: number;
  readonly warmPrefixTarget: number;
  readonly prefixDelegation: boolean;
  /** Upper bound on interfaces; undefined: the instance type's. */
  readonly maxEni: number | undefined;
  readonly cooldown: number;
  readonly subnetDiscovery: boolean;
  readonly manageNonSchedulable: boolean;
  /** Whether interfaces without the CNI's tags are its own. */
  readonly manageUntagged: boolean;
  /** False: ipamd changes nothing in EC2. */
  readonly provisioning: boolean;
  /** Whether interfaces that nobody uses are looked for and deleted. */
  readonly leakSweep: boolean;
  /** Whether interfaces are made as ENIConfig says. */
  readonly customNetworking: boolean;
  readonly eniConfigLabel: string;
  readonly eniConfigAnnotation: string;
  /** Security groups for pods. */
  readonly podEni: boolean;
  /** Pods that ask for it get an address of every network card. */
  readonly multiNic: boolean;
  /** Whether pods' addresses are written to an annotation of theirs. */
  readonly annotatePodIp: boolean;
  readonly clusterName: string | undefined;
  readonly additionalTags: Readonly<Record<string, string>>;
  readonly networkPolicyMode: string;
  readonly externalSnat: boolean;
  readonly excludeSnatCidrs: readonly string[];
}

const ENI_CONFIG_KEY = "k8s.amazonaws.com/eniConfig";

/** Reads the variables. What cannot be parsed counts as absent, as upstream does. */
export function readSettings(env: Environment): IpamSettings {
  const warmEni = integer(env.WARM_ENI_TARGET, 1);
  const maxEni = integer(env.MAX_ENI, 0);
  const imdsOnly = boolean(env.ENABLE_IMDS_ONLY_MODE, false);
  const provisioning = !imdsOnly && !boolean(env.DISABLE_NETWORK_RESOURCE_PROVISIONING, false);
  const ipv6 = boolean(env.ENABLE_IPv6, false);
  const externalSnat = boolean(env.AWS_VPC_K8S_CNI_EXTERNALSNAT, false);
  return {
    ipv4: boolean(env.ENABLE_IPv4, false),
    ipv6,
    warmEniTarget: warmEni < 0 ? 1 : warmEni,
    warmIpTarget: Math.max(0, integer(env.WARM_IP_TARGET, 0)),
    minimumIpTarget: Math.max(0, integer(env.MINIMUM_IP_TARGET, 0)),
    warmPrefixTarget: Math.max(0, integer(env.WARM_PREFIX_TARGET, 0)),
    prefixDelegation: boolean(env.ENABLE_PREFIX_DELEGATION, false),
    maxEni: maxEni >= 1 ? maxEni : undefined,
    cooldown: Math.max(0, integer(env.IP_COOLDOWN_PERIOD, 30)) * 1000,
    subnetDiscovery: boolean(env.ENABLE_SUBNET_DISCOVERY, true),
    manageNonSchedulable: boolean(env.AWS_MANAGE_ENIS_NON_SCHEDULABLE, false),
    manageUntagged: boolean(env.MANAGE_UNTAGGED_ENI, true),
    provisioning,
    leakSweep: provisioning && !ipv6 && !boolean(env.DISABLE_LEAKED_ENI_CLEANUP, false),
    customNetworking: boolean(env.AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG, false),
    eniConfigLabel: env.ENI_CONFIG_LABEL_DEF || ENI_CONFIG_KEY,
    eniConfigAnnotation: env.ENI_CONFIG_ANNOTATION_DEF || ENI_CONFIG_KEY,
    podEni: boolean(env.ENABLE_POD_ENI, false),
    multiNic: boolean(env.ENABLE_MULTI_NIC, false),
    annotatePodIp: boolean(env.ANNOTATE_POD_IP, false),
    clusterName: env.CLUSTER_NAME || undefined,
    additionalTags: tags(env.ADDITIONAL_ENI_TAGS),
    networkPolicyMode: env.NETWORK_POLICY_ENFORCING_MODE ?? "",
    externalSnat,
    excludeSnatCidrs: externalSnat ? [] : list(env.AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS),
  };
}

/** True if WARM_IP_TARGET or MINIMUM_IP_TARGET rule the pool. */
export function hasIpTargets(settings: Pick<IpamSettings, "warmIpTarget" | "minimumIpTarget">): boolean {
  return settings.warmIpTarget > 0 || settings.minimumIpTarget > 0;
}

/** Interfaces the node may have: MAX_ENI counts only below the instance type's limit. */
export function interfaceLimit(settings: IpamSettings, ofType: number): number {
  return settings.maxEni === undefined ? ofType : Math.min(settings.maxEni, ofType);
}
