// The Auto Mode controller: node pools and classes, nodes for pods, and the end of nodes nobody needs. Keyed by cluster.

import { NODE_CLAIMS, NODE_CLASSES, NODE_POOLS } from "../../clusters/auto-mode/built-in.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { Activity } from "../../kubernetes/runtime/activity.ts";
import { createEventRecorder, type EventRecorder } from "../../kubernetes/runtime/events.ts";
import { childKey } from "../../services/eks/arn.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import { ClusterWatches } from "../cluster-watches.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { instanceOf, unlessGone } from "../nodegroup/node-objects.ts";
import { claimsOf, expiryOf } from "./claims.ts";
import { ClusterRoleSessions } from "./cluster-role.ts";
import { type AutoCluster, COMPONENT, type Memory } from "./context.ts";
import { disrupt } from "./disrupt.ts";
import { mark } from "./disruption-marks.ts";
import { installAutoMode } from "./install.ts";
import { instanceIdOf, managedInstances } from "./instances.ts";
import { advance, type Held } from "./lifecycle.ts";
import { type NodeClass, readClasses } from "./node-class.ts";
import { holdStatic, readPools } from "./pools.ts";
import { provision } from "./provision.ts";
import { holds } from "./status.ts";
import { terminate } from "./terminate.ts";

const SOON_MS = 200;
/** Pods that leave and nodes that start are heard of; this is for what goes unheard. */
const LATER_MS = 1000;
/** A launch that was refused is tried again after this long. */
const RETRY_MS = 5000;
/** Budgets open by schedule and roles are mended without anybody telling. */
const RESYNC_MS = 30_000;
const WATCHED = [NODE_POOLS, NODE_CLAIMS, NODE_CLASSES, "nodes", "pods"];

interface Watched {
  readonly memory: Memory;
  readonly events: EventRecorder;
}

/** Makes the loop; the caller feeds it cluster keys. */
export function autoModeLoop(deps: ControllerDeps): Loop & { stop(): void } {
  const { state, clusters, clock } = deps;
  const sessions = new ClusterRoleSessions(deps);
  const watches = new ClusterWatches<Watched>({
    ...{ clock, batch: deps.timing.autoModeBatch, types: WATCHED },
    look: (key) => loop.add(key),
    remember: (kube) => ({
      memory: { seen: new Map(), commands: [], told: new Map(), soldOut: new Map() },
      events: createEventRecorder({ client: kube, clock, activity: new Activity() }, COMPONENT),
    }),
  });

  const loop = new Loop("auto-mode", clock, deps.log, async (key): Promise<Again | undefined> => {
    const cluster = state.clusters.get(key);
    if (!cluster?.autoMode || !isRunning(deps, cluster)) {
      watches.forget(key);
      return undefined;
    }
    const kube = clusters.kube(key);
    if (!kube) return { after: SOON_MS };
    await installAutoMode(deps, kube, cluster);
    const { memory, events } = watches.of(key, cluster, kube);
    return look({
      ...{ deps, key, cluster, kube, events, memory },
      asClusterRole: () => sessions.of(cluster),
      asService: () => asService(deps, cluster),
    });
  });
  return Object.assign(loop, {
    stop: () => watches.stop(),
  });
}

/** Whether Auto Mode acts: not while it is being switched, nor while the cluster comes or goes. */
export function isRunning({ state }: ControllerDeps, cluster: ClusterRecord): boolean {
  if (cluster.status === "ACTIVE") return true;
  if (cluster.status !== "UPDATING" || !cluster.activeUpdate) return false;
  return state.updates.get(childKey(cluster, cluster.name, cluster.activeUpdate))?.type !== "AutoModeUpdate";
}

/** One look at a cluster: every step goes as far as it can now. */
async function look(auto: AutoCluster): Promise<Again> {
  const { kube, deps } = auto;
  const now = deps.clock.now();
  const claims = claimsOf(kube);
  const classes = await readClasses(auto, claims);
  let again = RESYNC_MS;
  const within = (milliseconds: number) => {
    again = Math.min(again, Math.max(1, milliseconds));
  };
  let held = await holdings(auto, claims, classes);
  const pools = await readPools(auto, classes, held);
  const kept: Held[] = [];
  for (const each of held) {
    within(await step(auto, each, now));
    const claim = kube.get(NODE_CLAIMS, "", each.claim.metadata.name);
    if (!claim) continue;
    const node = each.node && kube.get("nodes", "", each.node.metadata.name);
    const pool = pools.find(({ metadata }) => metadata.name === claim.metadata.labels?.["karpenter.sh/nodepool"]);
    const marked = await mark(auto, { ...each, claim, node }, pool);
    within(marked.after);
    kept.push({ ...each, claim: marked.claim, node });
  }
  held = kept;
  const scene = { pools, classes, held };
  await holdStatic(auto, scene);
  await provision(auto, scene);
  await disrupt(auto, scene);
  return { after: again };
}

/** Claims with their instances and nodes. */
async function holdings(auto: AutoCluster, claims: readonly KubeObject[], classes: ReadonlyMap<string, NodeClass>): Promise<Held[]> {
  if (claims.length === 0) return [];
  const instances = await managedInstances(auto.deps, auto.cluster);
  const nodes = new Map(auto.kube.list("nodes").map((node) => [instanceOf(node), node]));
  return claims.map((claim) => {
    const id = instanceIdOf(claim);
    const nodeClass = classes.get(claim.spec?.nodeClassRef?.name);
    return { claim, nodeClass, instance: instances.get(id), node: id === "" ? undefined : nodes.get(id) };
  });
}

/** Moves one claim on. Answers after how many milliseconds it is to be looked at again. */
async function step(auto: AutoCluster, held: Held, now: number): Promise<number> {
  const { kube, events } = auto;
  const { claim, node } = held;
  if (claim.metadata.deletionTimestamp) return (await terminate(auto, held)) ? RESYNC_MS : LATER_MS;
  const expired = now >= expiryOf(claim);
  if (expired || node?.metadata.deletionTimestamp) {
    if (expired) events.event(claim, "Normal", "Expired", "NodeClaim has expired");
    await kube.delete(NODE_CLAIMS, "", claim.metadata.name).catch(unlessGone);
    return SOON_MS;
  }
  const next = await advance(auto, held);
  if (!next) return SOON_MS;
  if (!holds(next, "Launched")) return RETRY_MS;
  return holds(next, "Initialized") ? expiryOf(next) - now : LATER_MS;
}
