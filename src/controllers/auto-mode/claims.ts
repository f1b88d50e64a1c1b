// NodeClaims: making them out of plans and templates, and what follows from them.
import { createHash } from "node:crypto";
import { NODE_CLAIMS } from "../../clusters/auto-mode/built-in.ts";
import { durationMs } from "../../clusters/auto-mode/duration.ts";
import type { PlannedNode } from "../../clusters/auto-mode/plan.ts";
import { POOL_LABEL, templateLabels } from "../../clusters/auto-mode/pool.ts";
import { impliedLabels, type Requirement } from "../../clusters/auto-mode/requirements.ts";
import type { KubeObject, NewObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { formatQuantity } from "../../kubernetes/runtime/quantity.ts";
import { parseTime } from "../../kubernetes/runtime/time.ts";
import { compact } from "../../services/eks/checks.ts";
import type { NodeClass } from "./node-class.ts";

export const TERMINATION = "karpenter.sh/termination";
export const POOL_HASH = "karpenter.sh/nodepool-hash";
export const CLASS_HASH = "eks.amazonaws.com/nodeclass-hash";
export const DISRUPTED = { key: "karpenter.sh/disrupted", effect: "NoSchedule" };
export const UNREGISTERED = { key: "karpenter.sh/unregistered", effect: "NoExecute" };

/** Instance types a claim leaves to choose from. */
const MOST_TYPES = 60;
/** Nobody's node lives longer (EKS User Guide, "EKS Auto Mode managed instances"). */
const LONGEST_LIFE = 21 * 24 * 3_600_000;

/** A digest of what the nodes of a pool are made of. */
export function poolHash(pool: KubeObject): string {
  const { metadata = {}, spec = {} } = pool.spec?.template ?? {};
  const { requirements: _, ...rest } = spec;
  return String(
    BigInt(
      `0x${createHash("sha256")
        .update(JSON.stringify([metadata.labels ?? {}, metadata.annotations ?? {}, rest]))
        .digest("hex")
        .slice(0, 16)}`,
    ),
  );
}

/** Claims of a pool, or all. */
export const claimsOf = (kube: KubeClient, pool?: string) =>
  kube.list(NODE_CLAIMS, pool === undefined ? {} : { labelSelector: `${POOL_LABEL}=${pool}` });

/** When a node must go, in epoch milliseconds: by its pool's word, and in any case after 21 days. */
export function expiryOf(claim: KubeObject): number {
  return parseTime(claim.metadata.creationTimestamp) + Math.min(durationMs(claim.spec?.expireAfter) ?? LONGEST_LIFE, LONGEST_LIFE);
}

/** A claim for a planned node, or with only a pool's template for a static one. */
export function newClaim(pool: KubeObject, nodeClass: NodeClass, planned?: PlannedNode): NewObject {
  const template = pool.spec.template;
  const { expireAfter, nodeClassRef, requirements, startupTaints, taints, terminationGracePeriod } = template.spec;
  const labels = { ...impliedLabels(requirements), ...templateLabels(pool), ...(planned?.labels ?? {}) };
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      generateName: `${pool.metadata.name}-`,
      labels,
      annotations: {
        ...template.metadata?.annotations,
        [POOL_HASH]: poolHash(pool),
        "karpenter.sh/nodepool-hash-version": "v3",
        [CLASS_HASH]: nodeClass.hash,
      },
      finalizers: [TERMINATION],
      ownerReferences: [
        { apiVersion: "karpenter.sh/v1", kind: "NodePool", name: pool.metadata.name, uid: pool.metadata.uid, blockOwnerDeletion: true },
      ],
    },
    spec: compact({
      ...{ expireAfter, nodeClassRef, startupTaints, taints, terminationGracePeriod },
      requirements: planned ? plannedRequirements(requirements, planned) : requirements,
      resources: planned && { requests: requestsOf(planned) },
    }),
  };
}

function plannedRequirements(requirements: readonly Requirement[], { offering, offerings }: PlannedNode): Requirement[] {
  const distinct = (values: readonly string[]) => [...new Set(values)];
  const types = distinct(offerings.map(({ type }) => type)).slice(0, MOST_TYPES);
  const kept = offerings.filter(({ type }) => types.includes(type));
  const chosen: Requirement[] = [
    { key: "node.kubernetes.io/instance-type", operator: "In", values: types },
    // The planned zone comes first: of equally cheap offerings it is taken.
    { key: "topology.kubernetes.io/zone", operator: "In", values: distinct([offering.zone, ...kept.map(({ zone }) => zone)]) },
    { key: "karpenter.sh/capacity-type", operator: "In", values: distinct(kept.map(({ capacityType }) => capacityType)) },
  ];
  const replaced = new Set(chosen.map(({ key }) => key));
  const minimums = new Map(requirements.flatMap(({ key, minValues }) => (minValues === undefined ? [] : [[key, minValues]])));
  const withMinimum = chosen.map((each) => (minimums.has(each.key) ? { ...each, minValues: minimums.get(each.key)! } : each));
  return [...requirements.filter(({ key }) => !replaced.has(key)), ...withMinimum];
}

function requestsOf({ requests }: PlannedNode): Record<string, string> {
  return Object.fromEntries(Object.entries(requests).map(([name, amount]) => [name, formatQuantity(name, amount)]));
}
