// Gives Windows pods their addresses (spec vpc-cni §7.3; Amazon VPC resource controller).
import { WINDOWS_ADDRESS } from "../../cni/branch/names.ts";
import { isFinished } from "../../cni/branch/pod-claims.ts";
import type { WindowsCapacity } from "../../cni/windows/capacity.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { isNotFound } from "../../kubernetes/runtime/errors.ts";
import type { ClusterContext, NodeState } from "./context.ts";
import type { WindowsState } from "./windows-state.ts";

/** Pauses between what is told of a pod without an address. */
const FIRST_RETRY = 600;
const LONGEST_RETRY = 30_000;

/** Serves the node's pods from its pool. Milliseconds until one that went without is to be served again; undefined: none did. */
export async function serveAddresses(
  context: ClusterContext,
  state: NodeState,
  windows: WindowsState,
  capacity: WindowsCapacity,
  pods: ReadonlyMap<string, KubeObject>,
): Promise<number | undefined> {
  const now = context.clock.now();
  for (const uid of state.attempts.keys()) if (!pods.has(uid)) state.attempts.delete(uid);
  let again: number | undefined;
  for (const pod of pods.values()) {
    const { uid, annotations, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp || isFinished(pod) || annotations?.[WINDOWS_ADDRESS] !== undefined) continue;
    const address = windows.pools.assign(uid);
    if (address !== undefined && (await annotate(context, windows, pod, address))) {
      state.attempts.delete(uid);
      continue;
    }
    const { count, due } = state.attempts.get(uid) ?? { count: 0, due: 0 };
    let next = due - now;
    if (next <= 0) {
      next = Math.min(FIRST_RETRY * 2 ** count, LONGEST_RETRY);
      state.attempts.set(uid, { count: count + 1, due: now + next });
      if (address === undefined) context.events.event(pod, "Warning", "ResourceAllocationFailed", whyNone(windows, capacity));
    }
    again = Math.min(next, again ?? next);
  }
  return again;
}

/** Tells the pod its address; false if it could not be told: then the address is warm again. A pod that is gone needs none. */
async function annotate(
  { kube, events, log }: ClusterContext,
  { pools }: WindowsState,
  pod: KubeObject,
  address: string,
): Promise<boolean> {
  const { namespace = "", name, uid } = pod.metadata;
  try {
    await kube.patch("pods", namespace, name, "merge", { metadata: { uid, annotations: { [WINDOWS_ADDRESS]: address } } });
  } catch (error) {
    // The pool learns with the next look that the pod is gone.
    if (isNotFound(error)) return true;
    pools.serving.revoke(uid);
    log.info({ pod: `${namespace}/${name}`, cause: (error as Error).message }, "pod could not be annotated with its address");
    return false;
  }
  events.event(pod, "Normal", "ResourceAllocated", `Allocated Resource ${WINDOWS_ADDRESS}: ${address} to the pod`);
  return true;
}

function whyNone({ pools, failure }: WindowsState, capacity: WindowsCapacity): string {
  const { used, cooling } = pools.serving.counts;
  if (cooling > 0 && used + cooling >= capacity.addresses) return `Resource ${WINDOWS_ADDRESS} are being cooled down, will retry in 20s`;
  if (failure === "InsufficientCidrBlocks")
    return `Warm pool for resource ${WINDOWS_ADDRESS} is currently empty because the specified subnet does not have enough free cidr blocks, will retry in 2m0s`;
  return `Warm pool for resource ${WINDOWS_ADDRESS} is currently empty, will retry in 600ms`;
}
