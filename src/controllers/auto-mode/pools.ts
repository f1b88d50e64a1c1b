// NodePools: whether nodes can be made for them, what they have, and static ones kept at their size.
import { NODE_CLAIMS, NODE_POOLS } from "../../clusters/auto-mode/built-in.ts";
import type { Requirement } from "../../clusters/auto-mode/requirements.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { formatQuantity, units } from "../../kubernetes/runtime/quantity.ts";
import { mustLeave, unlessGone } from "../nodegroup/node-objects.ts";
import { newClaim, POOL_HASH, poolHash } from "./claims.ts";
import type { AutoCluster } from "./context.ts";
import type { Held } from "./lifecycle.ts";
import type { NodeClass } from "./node-class.ts";
import { type Scene, usageOf } from "./provision.ts";
import { holds, judged, no, type Verdict, writeStatus, yes } from "./status.ts";

/** Labels that nodes of Auto Mode cannot be asked for (spec eks-control-plane §16.2). */
const UNSUPPORTED = new Set(["node.kubernetes.io/windows-build", "karpenter.sh/nodepool", "kubernetes.io/hostname"]);

/** Judges every pool and writes what it has; answers the pools as they are then. */
export async function readPools(auto: AutoCluster, classes: ReadonlyMap<string, NodeClass>, held: readonly Held[]): Promise<KubeObject[]> {
  const pools: KubeObject[] = [];
  for (const pool of auto.kube.list(NODE_POOLS)) pools.push(await judge(auto, pool, classes, held));
  return pools;
}

async function judge(
  { kube, deps }: AutoCluster,
  present: KubeObject,
  classes: ReadonlyMap<string, NodeClass>,
  held: readonly Held[],
): Promise<KubeObject> {
  const { name, annotations = {} } = present.metadata;
  let pool = present;
  const hash = poolHash(pool);
  if (annotations[POOL_HASH] !== hash) {
    const body = { metadata: { annotations: { [POOL_HASH]: hash, "karpenter.sh/nodepool-hash-version": "v3" } } };
    pool = (await kube.patch(NODE_POOLS, "", name, "merge", body).catch(unlessGone)) ?? pool;
  }
  const own = held.filter(({ claim }) => claim.metadata.labels?.["karpenter.sh/nodepool"] === name);
  const usage = usageOf(held, name);
  const resources = Object.fromEntries(
    ["cpu", "memory", "ephemeral-storage", "pods", "nodes"].map((resource) => [resource, formatQuantity(resource, usage[resource] ?? 0)]),
  );
  const conditions = judged(pool, verdictsOf(pool, classes), ["ValidationSucceeded", "NodeClassReady"], deps.clock.now());
  return writeStatus(kube, NODE_POOLS, pool, { conditions, resources, nodes: own.length });
}

function verdictsOf(pool: KubeObject, classes: ReadonlyMap<string, NodeClass>): Verdict[] {
  const { nodeClassRef, requirements = [] } = pool.spec.template.spec;
  const unknown = (requirements as Requirement[]).find(({ key }) => UNSUPPORTED.has(key));
  const valid = unknown
    ? no("ValidationSucceeded", "NodePoolValidationFailed", `label ${unknown.key} is restricted`)
    : yes("ValidationSucceeded");
  const nodeClass = classes.get(nodeClassRef.name);
  if (!nodeClass) return [valid, no("NodeClassReady", "NodeClassNotFound", "NodeClass not found on cluster")];
  if (nodeClass.problem !== undefined) return [valid, no("NodeClassReady", "NodeClassNotReady", nodeClass.problem)];
  return [valid, yes("NodeClassReady")];
}

/** Keeps static pools at their number of replicas, within `limits.nodes`. */
export async function holdStatic(auto: AutoCluster, { pools, classes, held }: Scene): Promise<void> {
  const { kube } = auto;
  for (const pool of pools) {
    const { replicas, limits } = pool.spec;
    if (replicas === undefined || pool.metadata.deletionTimestamp) continue;
    const own = held.filter(
      ({ claim }) => claim.metadata.labels?.["karpenter.sh/nodepool"] === pool.metadata.name && !claim.metadata.deletionTimestamp,
    );
    const wanted = Math.min(replicas, limits?.nodes === undefined ? replicas : units(limits.nodes));
    const nodeClass = classes.get(pool.spec.template.spec.nodeClassRef.name);
    if (own.length < wanted && nodeClass && holds(pool, "Ready")) {
      for (let missing = wanted - own.length; missing > 0; missing--) await kube.create(NODE_CLAIMS, "", newClaim(pool, nodeClass));
    }
    for (const { claim } of emptiestFirst(auto, own).slice(0, Math.max(0, own.length - wanted))) {
      await kube.delete(NODE_CLAIMS, "", claim.metadata.name).catch(unlessGone);
    }
  }
}

function emptiestFirst({ kube }: AutoCluster, held: readonly Held[]): Held[] {
  const load = ({ node }: Held) =>
    node ? kube.list("pods", { fieldSelector: `spec.nodeName=${node.metadata.name}` }).filter(mustLeave).length : -1;
  return held
    .map((each) => ({ each, load: load(each) }))
    .sort((a, b) => a.load - b.load)
    .map(({ each }) => each);
}
