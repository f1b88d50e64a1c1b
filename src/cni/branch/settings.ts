// Settings of the resource controller in the ConfigMap amazon-vpc-cni (spec vpc-cni §6.5, §7.3).

const DEFAULT = 60;
const LEAST = 30;

type Data = Readonly<Record<string, string>> | undefined;

/** Seconds for which a freed branch interface rests before it is deleted: the ARP caches of others must forget it first. */
export function branchCooldown(data: Data): number {
  const text = data?.["branch-eni-cooldown"] ?? "";
  return /^\d+$/.test(text) ? Math.max(LEAST, Number(text)) : DEFAULT;
}

/** Whether the controller manages the addresses of Windows pods. */
export function isWindowsIpamOn(data: Data): boolean {
  return data?.["enable-windows-ipam"] === "true";
}
