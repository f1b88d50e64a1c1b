// Gives pods their branch interfaces and takes them back (spec vpc-cni §6.5).
import { AtCapacity, type BranchSet } from "../../cni/branch/branch-set.ts";
import { GROUP_POLICIES, POD_ENI } from "../../cni/branch/names.ts";
import { readPodEni, writePodEni } from "../../cni/branch/pod-annotation.ts";
import { isFinished, wantedBranches } from "../../cni/branch/pod-claims.ts";
import { type GroupPolicy, groupsOfPod } from "../../cni/branch/pod-groups.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { isNotFound } from "../../kubernetes/runtime/errors.ts";
import type { ClusterContext, NodeState } from "./context.ts";

const FIRST_RETRY = 1000;
const LONGEST_RETRY = 30_000;

/** Brings a node's branches in step with its pods. Milliseconds until a pod that went without is to be served again; undefined: none did. */
export async function servePods(
  context: ClusterContext,
  state: NodeState,
  branches: BranchSet,
  pods: ReadonlyMap<string, KubeObject>,
): Promise<number | undefined> {
  const now = context.clock.now();
  for (const uid of branches.pods) {
    const pod = pods.get(uid);
    if (!pod || isFinished(pod)) branches.release(uid, now);
  }
  for (const uid of state.attempts.keys()) if (!pods.has(uid)) state.attempts.delete(uid);
  let again: number | undefined;
  for (const pod of pods.values()) {
    const { uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp || isFinished(pod) || branches.of(uid)) continue;
    const held = readPodEni(pod.metadata.annotations?.[POD_ENI]);
    if (held) {
      branches.adopt(uid, held);
      continue;
    }
    const wait = (state.attempts.get(uid)?.due ?? 0) - now;
    const next = wait > 0 ? wait : await serve(context, state, branches, pod);
    if (next !== undefined) again = Math.min(next, again ?? next);
  }
  return again;
}

/** One attempt for one pod; milliseconds until the next, undefined if it succeeded. */
async function serve(context: ClusterContext, state: NodeState, branches: BranchSet, pod: KubeObject): Promise<number | undefined> {
  const { kube, events, clock, cooldown, log } = context;
  const { namespace = "", name, uid } = pod.metadata;
  const failed = (reason: string, message: string): number => {
    events.event(pod, "Warning", reason, message);
    const count = state.attempts.get(uid)?.count ?? 0;
    const pause = Math.min(FIRST_RETRY * 2 ** count, LONGEST_RETRY);
    state.attempts.set(uid, { count: count + 1, due: clock.now() + pause });
    return pause;
  };
  const groups = groupsFor(context, pod);
  const told = `Pod will get the following Security Groups [${groups.join(" ")}]`;
  events.event(pod, groups.length > 0 ? "Normal" : "Warning", "SecurityGroupRequested", told);
  let annotation: string;
  try {
    annotation = writePodEni(await branches.allocate(uid, groups, wantedBranches(pod)));
  } catch (error) {
    if (error instanceof AtCapacity) {
      log.info({ pod: `${namespace}/${name}` }, error.message);
      return cooldown();
    }
    return failed("BranchAllocationFailed", `failed to allocate branch ENI to pod: ${(error as Error).message}`);
  }
  try {
    await kube.patch("pods", namespace, name, "merge", { metadata: { uid, annotations: { [POD_ENI]: annotation } } });
  } catch (error) {
    branches.revoke(uid);
    if (isNotFound(error)) return undefined;
    return failed("BranchENIAnnotationFailed", `failed to annotate pod with branch ENI details: ${(error as Error).message}`);
  }
  state.attempts.delete(uid);
  events.event(pod, "Normal", "ResourceAllocated", `Allocated ${annotation} to the pod`);
  return undefined;
}

/** Groups of the policies that select the pod now. */
function groupsFor({ kube }: ClusterContext, { metadata, spec }: KubeObject): string[] {
  const { namespace = "", labels } = metadata;
  const policies = kube.list(GROUP_POLICIES, { namespace }).map((each): GroupPolicy => each.spec ?? {});
  const account = kube.get("serviceaccounts", namespace, spec.serviceAccountName || "default");
  return groupsOfPod(policies, labels, account?.metadata.labels);
}
