// What is wrong or surprising about a plan for one instance type.
import type { PlanRequest, PlanRow } from "../../base/net-plan.ts";
import type { InstanceType } from "../../vpc/instance-types.ts";
import type { IpamSettings } from "../settings.ts";
import type { NodeProfile } from "./node-profile.ts";

/** A row and how it came about. */
export interface PlannedRow {
  readonly row: Omit<PlanRow, "warnings">;
  readonly type: InstanceType;
  /** As asked for, and as the type can do it. */
  readonly wanted: IpamSettings;
  readonly settings: IpamSettings;
  readonly request: PlanRequest;
  readonly profile: NodeProfile;
  /** Pods the kubelet would admit. */
  readonly allowed: number;
}

/** Warnings, gravest first. */
export function rowWarnings(planned: PlannedRow): string[] {
  return [stuck(planned), xen(planned), keptMaxPods(planned), noPrefixes(planned), branches(planned), unplaced(planned)].flat();
}

function stuck({ profile, settings, allowed, row }: PlannedRow): string[] {
  if (profile.stuckAt === undefined) return [];
  const served = profile.stuckAt - 1;
  if (settings.minimumIpTarget > 0 && settings.warmIpTarget === 0) {
    return [
      `MINIMUM_IP_TARGET=${settings.minimumIpTarget} without WARM_IP_TARGET never grows beyond it: pod ${profile.stuckAt} of a node gets no address; set WARM_IP_TARGET to 1 or more`,
    ];
  }
  const cause =
    settings.maxEni !== undefined ? `MAX_ENI=${settings.maxEni}` : settings.podEni ? "the trunk interface" : "the interface limit";
  return [
    `max pods ${row.maxPods} lets the scheduler place ${allowed} pods on a node, but ${cause} leaves addresses for ${served}: the others stay in ContainerCreating; set max pods to ${served + 2}`,
  ];
}

const xen = ({ wanted, settings, type }: PlannedRow): string[] =>
  wanted.prefixDelegation && !settings.prefixDelegation
    ? [`${type.name} is not a Nitro type: ENABLE_PREFIX_DELEGATION has no effect, secondary addresses are used`]
    : [];

const keptMaxPods = ({ settings, request, row }: PlannedRow): string[] =>
  settings.prefixDelegation && request.maxPods !== undefined && request.maxPods < Math.min(row.podsByAddresses, 110)
    ? ["max pods is fixed when a node boots: nodes and node groups from before prefix delegation keep the small value, make new ones"]
    : [];

function noPrefixes({ settings, row }: PlannedRow): string[] {
  if (!settings.prefixDelegation) return [];
  return row.subnets
    .filter(({ cidr }) => Number(cidr.split("/")[1]) >= 27)
    .map(({ name }) => `${name} is too small for prefixes: the first and the last /28 of a subnet hold addresses that EC2 keeps`);
}

function branches({ settings, type }: PlannedRow): string[] {
  if (!settings.podEni) return [];
  return [
    type.branches === 0
      ? `${type.name} cannot carry a trunk interface: pods with security groups of their own stay Pending`
      : `at most ${type.branches} pods of a node can have security groups of their own; each keeps its address for 60 to 90 s after its end (branch-eni-cooldown), which is not planned here`,
  ];
}

function unplaced({ row }: PlannedRow): string[] {
  const { shortage, surgeShortage } = row;
  if (shortage) {
    const what = shortage.operation === "RunInstances" ? "instances cannot be launched" : "pods of that node stay in ContainerCreating";
    return [`node ${shortage.node} of ${row.nodes}: ${shortage.operation} in ${shortage.subnet} answers ${shortage.code}; ${what}`];
  }
  if (surgeShortage)
    return [`a rolling update does not fit: ${surgeShortage.operation} in ${surgeShortage.subnet} answers ${surgeShortage.code}`];
  return [];
}
