// What makes nodes candidates for disruption: Consolidatable and Drifted, as conditions of their claims.
import { NODE_CLAIMS } from "../../clusters/auto-mode/built-in.ts";
import { durationMs } from "../../clusters/auto-mode/duration.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { findCondition, withCondition, withoutCondition } from "../../kubernetes/runtime/conditions.ts";
import { parseTime, timestamp } from "../../kubernetes/runtime/time.ts";
import { mustLeave } from "../nodegroup/node-objects.ts";
import type { AutoCluster } from "./context.ts";
import { driftOf } from "./drift.ts";
import type { Held } from "./lifecycle.ts";
import { holds, writeStatus } from "./status.ts";

/** Pods that keep a node from being empty. */
export const podsOf = ({ kube }: AutoCluster, { node }: Held): readonly KubeObject[] =>
  node ? kube.list("pods", { fieldSelector: `spec.nodeName=${node.metadata.name}` }).filter(mustLeave) : [];

/** Writes the marks of one claim. Answers it, and after how many milliseconds it may become consolidatable. */
export async function mark(auto: AutoCluster, held: Held, pool: KubeObject | undefined): Promise<{ claim: KubeObject; after: number }> {
  const { claim } = held;
  if (!holds(claim, "Initialized") || claim.metadata.deletionTimestamp) return { claim, after: Number.POSITIVE_INFINITY };
  const now = auto.deps.clock.now();
  const lastPodEventTime = lastEvent(auto, held, now);
  const quiet =
    now - Math.max(parseTime(lastPodEventTime), parseTime(findCondition(claim.status.conditions, "Initialized")?.lastTransitionTime));
  const isDynamic = pool !== undefined && pool.spec.replicas === undefined;
  const wait = isDynamic ? (durationMs(pool.spec.disruption?.consolidateAfter) ?? 0) - quiet : Number.POSITIVE_INFINITY;
  let conditions = claim.status.conditions;
  const set = (type: string, reason: string | undefined) => {
    const present = findCondition(conditions, type);
    if (reason === undefined) {
      if (present) conditions = withoutCondition(conditions, type);
    } else if (present?.status !== "True" || present.reason !== reason) {
      conditions = withCondition(
        conditions,
        { type, status: "True", reason, message: "", observedGeneration: claim.metadata.generation ?? 1 },
        now,
      );
    }
  };
  set("Consolidatable", wait <= 0 ? "Consolidatable" : undefined);
  set("Drifted", driftOf(auto, held, pool));
  const written = await writeStatus(auto.kube, NODE_CLAIMS, claim, { conditions, lastPodEventTime });
  return { claim: written, after: wait > 0 ? wait : Number.POSITIVE_INFINITY };
}

/** When pods last came or went. What happened while Atoll did not run counts from now. */
function lastEvent(auto: AutoCluster, held: Held, now: number): string {
  const { seen } = auto.memory;
  const { uid } = held.claim.metadata;
  const present = podsOf(auto, held)
    .map(({ metadata }) => metadata.uid)
    .sort()
    .join();
  const before = seen.get(uid);
  seen.set(uid, present);
  const recorded: string | undefined = held.claim.status?.lastPodEventTime;
  return recorded !== undefined && (before === undefined || before === present) ? recorded : timestamp(now);
}
