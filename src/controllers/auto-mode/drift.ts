// Whether a node is still as its pool and class want it (Karpenter documentation, "Drift").
import { meets, type Requirement } from "../../clusters/auto-mode/requirements.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { CLASS_HASH, POOL_HASH, poolHash } from "./claims.ts";
import type { AutoCluster } from "./context.ts";
import { imageOf } from "./launch.ts";
import type { Held } from "./lifecycle.ts";

/** Why a claim has drifted; undefined if it has not. */
export function driftOf(
  { cluster }: Pick<AutoCluster, "cluster">,
  { claim, instance, nodeClass }: Held,
  pool: KubeObject | undefined,
): string | undefined {
  const { annotations = {}, labels = {} } = claim.metadata;
  if (pool) {
    if (annotations[POOL_HASH] !== undefined && annotations[POOL_HASH] !== poolHash(pool)) return "NodePoolDrifted";
    if (!meets(labels, pool.spec.template.spec.requirements as Requirement[])) return "RequirementsDrifted";
  }
  if (!nodeClass || nodeClass.problem !== undefined || !instance) return undefined;
  if (annotations[CLASS_HASH] !== undefined && annotations[CLASS_HASH] !== nodeClass.hash) return "NodeClassDrifted";
  if (claim.status?.imageID !== imageOf(cluster, labels["kubernetes.io/arch"]).id) return "AMIDrift";
  if (!nodeClass.subnets.some(({ id }) => id === instance.SubnetId)) return "SubnetDrift";
  const groups = (instance.SecurityGroups ?? []).map(({ GroupId = "" }) => GroupId).sort();
  const wanted = nodeClass.groups.map(({ id }) => id).sort();
  return groups.join() === wanted.join() ? undefined : "SecurityGroupDrift";
}
