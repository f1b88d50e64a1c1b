// What to do about a plan (spec vpc-cni §10.3; EKS Best Practices Guide, "VPC and Subnet Considerations").
import type { PlanRequest, PlanRow } from "../../base/net-plan.ts";
import { hasIpTargets, type IpamSettings } from "../settings.ts";

/** Advice that applies, most important first. */
export function adviceFor(request: PlanRequest, settings: IpamSettings, rows: readonly PlanRow[]): string[] {
  const isShort = rows.some(({ shortage, surgeShortage, exhaustion }) => shortage || surgeShortage || exhaustion?.day !== undefined);
  return [
    ...(isShort ? wayOut(settings) : []),
    ...fragmentation(settings, rows),
    ...warmTargets(request, settings, rows),
    ...maxPods(rows),
    ...cooldown(request, settings),
    ...probes(request, settings),
    ...zones(request),
  ];
}

function wayOut({ ipv6, prefixDelegation, customNetworking }: IpamSettings): string[] {
  if (ipv6) return ["Only the nodes' own IPv4 addresses are short: use larger node subnets or larger instances."];
  const ways = [
    "an IPv6 cluster",
    ...(prefixDelegation ? [] : ["prefix delegation in dedicated subnets with `prefix` reservations"]),
    "further subnets tagged kubernetes.io/role/cni=1, which subnet discovery takes",
    ...(customNetworking ? [] : ["custom networking on a secondary CIDR of 100.64.0.0/10 or 198.19.0.0/16"]),
  ];
  return [`The subnets are too small. In order of preference: ${ways.join("; ")}.`];
}

function fragmentation(settings: IpamSettings, rows: readonly PlanRow[]): string[] {
  if (!settings.prefixDelegation) return [];
  const worn = new Set(
    rows
      .flatMap(({ subnets }) => subnets.filter((each) => each.available >= 16 && each.unusableForPrefixes > each.available / 2))
      .map(({ name }) => name),
  );
  if (worn.size === 0) return [];
  return [
    `Fragmentation: more than half of the free addresses of ${[...worn].join(", ")} cannot form a /28. Reserve a range (aws ec2 create-subnet-cidr-reservation --reservation-type prefix) or use fresh subnets; move to prefix delegation with new node groups.`,
  ];
}

function warmTargets({ pods }: PlanRequest, settings: IpamSettings, rows: readonly PlanRow[]): string[] {
  if (settings.ipv6) return [];
  if (settings.prefixDelegation) {
    return hasIpTargets(settings) ? ["With prefix delegation WARM_PREFIX_TARGET=1 and no IP targets is best for almost everyone."] : [];
  }
  const advice: string[] = [];
  const wasteful = rows.find(({ stranded, atRest }) => stranded > pods && stranded > atRest / 2);
  if (wasteful && !hasIpTargets(settings)) {
    const expected = Math.max(1, Math.ceil(pods / wasteful.nodes));
    advice.push(
      `The warm pool holds ${wasteful.stranded} addresses that no pod uses. In small subnets set MINIMUM_IP_TARGET=${expected} (pods expected on a node) and WARM_IP_TARGET=2 to 5.`,
    );
  }
  if (settings.warmIpTarget === 1) advice.push("WARM_IP_TARGET=1 costs an EC2 call for nearly every pod; with high churn take 2 to 5.");
  return advice;
}

function maxPods(rows: readonly PlanRow[]): string[] {
  const values = new Set(rows.map((row) => row.maxPods));
  return values.size > 1
    ? [`A managed node group of all these types gets the smallest max pods for every node: ${Math.min(...values)}.`]
    : [];
}

/** Seconds for which conntrack remembers an unanswered SYN. */
const SYN_TIMEOUT = 120;

function cooldown({ environment }: PlanRequest, settings: IpamSettings): string[] {
  if (environment?.IP_COOLDOWN_PERIOD === undefined || settings.cooldown >= SYN_TIMEOUT * 1000) return [];
  return [
    `IP_COOLDOWN_PERIOD=${environment.IP_COOLDOWN_PERIOD} is below the ${SYN_TIMEOUT} s for which conntrack remembers an unanswered SYN: traffic of a Service may still be sent to an address that another pod has by then.`,
  ];
}

function probes({ environment = {} }: PlanRequest, settings: IpamSettings): string[] {
  const isStrict = environment.POD_SECURITY_GROUP_ENFORCING_MODE !== "standard";
  if (!settings.podEni || !isStrict || environment.DISABLE_TCP_EARLY_DEMUX === "true") return [];
  return [
    "Kubelet's TCP and HTTP probes of pods with security groups fail in strict mode: set DISABLE_TCP_EARLY_DEMUX=true on aws-node's init container, and let the pods' groups admit the node on the probes' ports.",
  ];
}

function zones({ subnets }: PlanRequest): string[] {
  return subnets.length === 1 ? ["Plan subnets in two zones or more, each large enough to take the other's pods."] : [];
}
