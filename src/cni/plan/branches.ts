// Security groups for pods in a plan: the trunk of every node, and an address for every branch (spec vpc-cni §10.2).
import type { PlanRequest } from "../../base/net-plan.ts";
import type { InstanceType } from "../../vpc/instance-types.ts";
import type { IpamSettings } from "../settings.ts";
import { PlanError } from "./errors.ts";
import type { NodeProfile } from "./node-profile.ts";

/** How many pods of a node have branch interfaces. Throws PlanError if the type or the settings do not allow so many. */
export function branchPodsOf({ branchPodsPerNode = 0 }: PlanRequest, { name, branches }: InstanceType, { podEni }: IpamSettings): number {
  if (branchPodsPerNode === 0) return 0;
  if (!podEni) throw new PlanError("pods with security groups of their own need ENABLE_POD_ENI=true");
  if (branchPodsPerNode > branches) throw new PlanError(`${name} carries at most ${branches} pods with security groups of their own`);
  return branchPodsPerNode;
}

/** A node whose first pods have branches: those take no address of the pool. `profile` is of the pool alone. */
export function withBranches({ holdings, stuckAt }: NodeProfile, pods: number, branchPods: number): NodeProfile {
  const pool = (count: number) => holdings[Math.min(Math.max(0, count - branchPods), holdings.length - 1)]!;
  return {
    holdings: Array.from({ length: pods + 1 }, (_, count) => {
      const { interfaces, addresses, prefixes } = pool(count);
      return { interfaces: interfaces + 1, addresses: addresses + Math.min(count, branchPods), prefixes };
    }),
    stuckAt: stuckAt === undefined ? undefined : stuckAt + branchPods,
  };
}
