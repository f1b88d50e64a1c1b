// One node under the VPC resource controller: its CNINode, its trunk, its pods, and its end (spec vpc-cni §6.3, §6.9).
import type { BranchSet } from "../../cni/branch/branch-set.ts";
import { instanceIdOf } from "../../cni/branch/cni-node.ts";
import { CNI_NODES, POD_ENI } from "../../cni/branch/names.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { advertise } from "./advertise.ts";
import { ensureCniNode, finalizeCniNode, isOurs } from "./cni-nodes.ts";
import { type ClusterContext, type NodeState, nodeReference } from "./context.ts";
import { initNode, isManaged } from "./init-node.ts";
import { servePods } from "./pods.ts";
import { isWindows, reconcileWindows } from "./windows-node.ts";

const VERSION_NOTICE = "The node is managed by VPC resource controller version v1.7.11";
/** How often the interfaces of freed pods are looked through. */
const COLLECT_PERIOD = 30_000;
/** How often EC2 is asked for interfaces that nobody knows. */
const RECONCILE_PERIOD = 15 * 60_000;
/** Branches of a removed node are deleted after this long. */
const GONE_DELAY = 60_000;

/** Pauses after a trunk could not be made. */
const FIRST_RETRY = 500;
const LONGEST_RETRY = 30_000;

const NOBODY: ReadonlyMap<string, KubeObject> = new Map();

/** Brings one node closer to what is wanted; milliseconds until it is to be done again. Rejects with what EC2 or Kubernetes answered: try again. */
export async function reconcileNode(context: ClusterContext, name: string): Promise<number | undefined> {
  const { kube } = context;
  const present = kube.get(CNI_NODES, "", name);
  if (present?.metadata.deletionTimestamp) await finalizeCniNode(context, present);
  const node = kube.get("nodes", "", name);
  if (!node) return endNode(context, name);
  // While the old object goes, its deletion will call again.
  if (!isOurs(node) || node.metadata.deletionTimestamp || present?.metadata.deletionTimestamp) return undefined;
  const cniNode = await ensureCniNode(context, node);
  const state = stateOf(context, node);
  if (isWindows(node)) return reconcileWindows(context, state, node);
  if (!isManaged(node, cniNode) || state.unsupported) return undefined;
  if (!state.branches) {
    const wait = await initialize(context, state, node, cniNode);
    if (wait !== undefined) return wait;
  }
  const { branches } = state;
  if (!branches) return undefined;
  await advertise(context, node, POD_ENI, branches.capacity);
  // First what time has freed: a pod may wait for it.
  await upkeep(context, state, branches);
  const served = await servePods(context, state, branches, context.pods.get(name) ?? NOBODY);
  const due = branches.doomed.length > 0 ? Math.max(1, state.collectedAt + COLLECT_PERIOD - context.clock.now()) : RECONCILE_PERIOD;
  return Math.min(served ?? due, due);
}

/** One attempt, when it is time for one; milliseconds until the next, undefined if none is needed. */
async function initialize(context: ClusterContext, state: NodeState, node: KubeObject, cniNode: KubeObject): Promise<number | undefined> {
  const { clock, log } = context;
  if (clock.now() < state.dueAt) return state.dueAt - clock.now();
  try {
    await initNode(context, state, node, cniNode);
    return undefined;
  } catch (error) {
    const wait = Math.min(FIRST_RETRY * 2 ** state.failures++, LONGEST_RETRY);
    state.dueAt = clock.now() + wait;
    log.info({ node: node.metadata.name, cause: (error as Error).message, retryInMs: wait }, "node has no trunk yet");
    return wait;
  }
}

/** What time brings: deletes what has cooled down, finds what leaked. */
async function upkeep({ clock, cooldown, log }: ClusterContext, state: NodeState, branches: BranchSet): Promise<void> {
  if (clock.now() - state.reconciledAt >= RECONCILE_PERIOD) {
    state.reconciledAt = clock.now();
    await branches.reconcile().catch((error: Error) => log.warn({ trunk: branches.trunkId, error: error.message }, "branches not listed"));
  }
  if (branches.doomed.length > 0 && clock.now() - state.collectedAt >= COLLECT_PERIOD) {
    state.collectedAt = clock.now();
    await branches.collect(clock.now(), cooldown());
  }
}

/** The state of a node; a node of the same name that was made anew begins anew. */
function stateOf({ nodes, events }: ClusterContext, node: KubeObject): NodeState {
  const { name, uid: nodeUid } = node.metadata;
  const known = nodes.get(name);
  if (known?.nodeUid === nodeUid) return known;
  const instanceId = instanceIdOf(node) ?? "";
  const state: NodeState = {
    ...{
      nodeUid,
      instanceId,
      branches: undefined,
      windows: undefined,
      unsupported: false,
      failures: 0,
      dueAt: 0,
      goneAt: undefined,
      attempts: new Map(),
    },
    ...{ collectedAt: Number.NEGATIVE_INFINITY, reconciledAt: Number.NEGATIVE_INFINITY },
  };
  nodes.set(name, state);
  events.event(nodeReference(name), "Normal", "ControllerVersionNotice", VERSION_NOTICE);
  return state;
}

/** A while after a node is gone its branches are, too. */
async function endNode({ nodes, clock }: ClusterContext, name: string): Promise<number | undefined> {
  const state = nodes.get(name);
  if (!state) return undefined;
  state.goneAt ??= clock.now();
  const wait = state.goneAt + GONE_DELAY - clock.now();
  if (wait > 0) return wait;
  nodes.delete(name);
  const { branches } = state;
  for (const uid of branches?.pods ?? []) branches?.revoke(uid);
  await branches?.collect(clock.now(), 0);
  return undefined;
}
