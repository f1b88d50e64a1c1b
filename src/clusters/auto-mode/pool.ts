// A node pool as the provisioner works with it: what its nodes carry, what they may be launched as, and how much is left of its limits.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { Amounts } from "../../kubernetes/runtime/pod-resources.ts";
import { milli } from "../../kubernetes/runtime/quantity.ts";
import type { Offering } from "./instances/offerings.ts";
import { impliedLabels, meets, type Requirement } from "./requirements.ts";

export const POOL_LABEL = "karpenter.sh/nodepool";
const CLASS_LABEL = "eks.amazonaws.com/nodeclass";

/** A taint of nodes. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** A node pool, ready for planning. */
export interface PlanPool {
  readonly name: string;
  readonly weight: number;
  /** What its requirements leave of all offerings, cheapest first. */
  readonly offerings: readonly Offering[];
  readonly requirements: readonly Requirement[];
  /** Requirements on labels that no offering has: nodes get such labels from the pods they are made for. */
  readonly custom: readonly Requirement[];
  /** Labels all nodes carry besides those of their offering. */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Amounts in thousandths; `nodes` counts. Absent resources are not limited. */
  readonly limits: Readonly<Amounts>;
  /** What the pool's nodes have now. */
  readonly usage: Readonly<Amounts>;
}

/** Resources of a node that count towards limits, in thousandths. */
export function limitedAmounts(capacity: Readonly<Record<string, string>> | undefined): Amounts {
  return { ...Object.fromEntries(Object.entries(capacity ?? {}).map(([name, value]) => [name, milli(value)])), nodes: 1000 };
}

/** Labels of every node of a pool's template. */
export function templateLabels(pool: KubeObject): Record<string, string> {
  const { metadata = {}, spec = {} } = pool.spec?.template ?? {};
  return {
    ...metadata.labels,
    [POOL_LABEL]: pool.metadata.name,
    [CLASS_LABEL]: spec.nodeClassRef?.name ?? "",
    "app.kubernetes.io/managed-by": "eks",
  };
}

/** A NodePool object over the offerings of its node class; `usage` sums its claims. */
export function planPool(pool: KubeObject, all: readonly Offering[], usage: Readonly<Amounts>): PlanPool {
  const spec = pool.spec?.template?.spec ?? {};
  const requirements = (spec.requirements ?? []) as Requirement[];
  const labels = templateLabels(pool);
  const known = new Set(Object.keys(all[0]?.labels ?? {}));
  const isCustom = ({ key }: Requirement) => !known.has(key) && !/^eks\.amazonaws\.com\/instance-/.test(key) && !(key in labels);
  const custom = requirements.filter(isCustom);
  const fixed = requirements.filter((each) => !isCustom(each));
  return {
    name: pool.metadata.name,
    weight: pool.spec?.weight ?? 0,
    offerings: all.filter((offering) => meets({ ...offering.labels, ...labels }, fixed)),
    requirements,
    custom,
    labels: { ...labels, ...impliedLabels(custom) },
    taints: spec.taints ?? [],
    limits: Object.fromEntries(Object.entries(pool.spec?.limits ?? {}).map(([name, value]) => [name, milli(value as string)])),
    usage,
  };
}

/** Whether one more node of this capacity stays within the limits. */
export function withinLimits({ limits }: PlanPool, usage: Readonly<Amounts>, capacity: Readonly<Record<string, string>>): boolean {
  const more = limitedAmounts(capacity);
  return Object.entries(limits).every(([name, limit]) => (usage[name] ?? 0) + (more[name] ?? 0) <= limit);
}
