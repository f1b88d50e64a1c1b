// Settings of Windows nodes' address pools in the ConfigMap amazon-vpc-cni (spec vpc-cni §7.3).

/** How pools are to be kept. */
export interface WindowsSettings {
  /** Whether pools consist of /28 prefixes, where the instance type can have them. */
  readonly prefixes: boolean;
  readonly warmIpTarget: number;
  readonly minimumIpTarget: number;
  /** Free prefixes; counts only while the other two are 0. */
  readonly warmPrefixTarget: number;
}

type Data = Readonly<Record<string, string>> | undefined;

const TRUE = /^(1|t|T|true|TRUE|True)$/;
const SECONDARY = { warmIpTarget: 3, minimumIpTarget: 3, warmPrefixTarget: 0 };
const PREFIXES = { warmIpTarget: 1, minimumIpTarget: 3, warmPrefixTarget: 0 };

/** What the ConfigMap's data says for pools of one kind; keys that begin with `windows-` win, what is no count is as if absent. */
export function windowsSettings(data: Data, prefixes: boolean): WindowsSettings {
  const warm = count(data, "warm-ip-target");
  const minimum = count(data, "minimum-ip-target");
  if (!prefixes) {
    if (warm === undefined && !minimum) return { prefixes, ...SECONDARY };
    // A pool that is never warm would never serve a pod beyond its minimum.
    return { prefixes, warmIpTarget: warm || 1, minimumIpTarget: minimum ?? 0, warmPrefixTarget: 0 };
  }
  const warmPrefixTarget = count(data, "warm-prefix-target") ?? 0;
  if (!warm && !minimum)
    return warmPrefixTarget > 0 ? { prefixes, warmIpTarget: 0, minimumIpTarget: 0, warmPrefixTarget } : { prefixes, ...PREFIXES };
  return {
    ...{ prefixes, warmPrefixTarget },
    warmIpTarget: warm || PREFIXES.warmIpTarget,
    minimumIpTarget: minimum || PREFIXES.minimumIpTarget,
  };
}

/** Whether pools are to consist of prefixes. */
export function arePrefixesOn(data: Data): boolean {
  return TRUE.test(data?.["enable-windows-prefix-delegation"] ?? "");
}

function count(data: Data, key: string): number | undefined {
  const text = data?.[`windows-${key}`] ?? data?.[key] ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
