// aws-node's environment as ipamd reads it (spec vpc-cni §3.1; Amazon VPC CNI README, "CNI configuration variables").

/** The settings that bear on addresses. Times are milliseconds. */
export interface IpamSettings {
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
  readonly clusterName: string | undefined;
  readonly additionalTags: Readonly<Record<string, string>>;
}

/** Variables by name, as the container sees them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the variables. What cannot be parsed counts as absent, as upstream does. */
export function readSettings(env: Environment): IpamSettings {
  const warmEni = integer(env.WARM_ENI_TARGET, 1);
  const maxEni = integer(env.MAX_ENI, 0);
  return {
    warmEniTarget: warmEni < 0 ? 1 : warmEni,
    warmIpTarget: Math.max(0, integer(env.WARM_IP_TARGET, 0)),
    minimumIpTarget: Math.max(0, integer(env.MINIMUM_IP_TARGET, 0)),
    warmPrefixTarget: Math.max(0, integer(env.WARM_PREFIX_TARGET, 0)),
    prefixDelegation: boolean(env.ENABLE_PREFIX_DELEGATION, false),
    maxEni: maxEni >= 1 ? maxEni : undefined,
    cooldown: Math.max(0, integer(env.IP_COOLDOWN_PERIOD, 30)) * 1000,
    subnetDiscovery: boolean(env.ENABLE_SUBNET_DISCOVERY, true),
    manageNonSchedulable: boolean(env.AWS_MANAGE_ENIS_NON_SCHEDULABLE, false),
    clusterName: env.CLUSTER_NAME || undefined,
    additionalTags: tags(env.ADDITIONAL_ENI_TAGS),
  };
}

/** True if WARM_IP_TARGET or MINIMUM_IP_TARGET rule the pool. */
export function hasIpTargets(settings: IpamSettings): boolean {
  return settings.warmIpTarget > 0 || settings.minimumIpTarget > 0;
}

function integer(text: string | undefined, fallback: number): number {
  return text !== undefined && /^[+-]?\d{1,9}$/.test(text) ? Number(text) : fallback;
}

/** Go's strconv.ParseBool. */
function boolean(text: string | undefined, fallback: boolean): boolean {
  if (text !== undefined && ["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (text !== undefined && ["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  return fallback;
}

function tags(text: string | undefined): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return {};
  }
}
