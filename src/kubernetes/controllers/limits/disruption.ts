// Keeps the status of pod disruption budgets: how many pods may go now.
import type { KubeObject } from "../../api/object.ts";
import { withCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { controllerOf } from "../../runtime/owners.ts";
import { scaled } from "../../runtime/percent.ts";
import { isPodActive, isPodReady, soonest } from "../../runtime/pods.ts";
import { compileSelector } from "../../runtime/selectors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { parseTime } from "../../runtime/time.ts";

const type = "poddisruptionbudgets.policy";
/** An eviction that was granted but whose pod did not go counts this long. */
const patience = 120_000;
const scales: Record<string, string> = {
  ReplicaSet: "replicasets.apps",
  StatefulSet: "statefulsets.apps",
  ReplicationController: "replicationcontrollers",
};

/** The disruption controller. */
export function disruptionController(deps: ControllerDeps): Controller {
  const { client, stores, clock, events } = deps;
  const budgetsOf = (pod: KubeObject) =>
    stores
      .of(type)
      .list(pod.metadata.namespace)
      .filter((budget) => compileSelector(budget.spec.selector)(pod.metadata.labels))
      .map(keyOf);
  return {
    name: "disruption",
    watches: [
      { type, keys: ({ object }) => [keyOf(object)] },
      {
        type: "pods",
        keys: ({ object, old }) => [...budgetsOf(object), ...(old && old.metadata.labels !== object.metadata.labels ? budgetsOf(old) : [])],
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const budget = stores.of(type).get(namespace, name);
      if (!budget || budget.metadata.deletionTimestamp) return undefined;
      const now = clock.now();
      const matches = compileSelector(budget.spec.selector);
      const pods = stores.pods.list(namespace).filter((pod) => matches(pod.metadata.labels));
      if (!pods.length) events.event(budget, "Normal", "NoPods", "No matching pods found");
      const { expected, desired } = expectation(deps, budget, pods);
      const { disruptedPods, recheck } = stillDisrupted(budget, pods, now);
      const healthy = pods.filter((pod) => isPodActive(pod) && isPodReady(pod) && !(pod.metadata.name in disruptedPods)).length;
      const disruptionsAllowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
      const enough = disruptionsAllowed > 0;
      const observedGeneration = budget.metadata.generation ?? 1;
      const condition = {
        type: "DisruptionAllowed",
        status: enough ? "True" : "False",
        reason: enough ? "SufficientPods" : "InsufficientPods",
        message: "",
        observedGeneration,
      };
      const status = {
        ...(Object.keys(disruptedPods).length ? { disruptedPods } : {}),
        currentHealthy: healthy,
        desiredHealthy: desired,
        expectedPods: expected,
        disruptionsAllowed,
        observedGeneration,
        conditions: withCondition(budget.status?.conditions, condition, now),
      };
      if (!sameSpec(budget.status ?? {}, status)) stores.of(type).observe(await client.updateStatus(type, { ...budget, status }));
      return recheck;
    },
  };
}

/** How many pods there should be, by the scale of their owners, and how many must stay healthy. */
function expectation(deps: ControllerDeps, budget: KubeObject, pods: readonly KubeObject[]): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec;
  if (maxUnavailable !== undefined) {
    const expected = expectedScale(deps, pods);
    return { expected, desired: Math.max(0, expected - scaled(maxUnavailable, expected, "up")) };
  }
  if (typeof minAvailable === "string" && minAvailable.endsWith("%")) {
    const expected = expectedScale(deps, pods);
    return { expected, desired: scaled(minAvailable, expected, "up") };
  }
  return { expected: pods.length, desired: scaled(minAvailable, pods.length, "up", 1) };
}

function expectedScale({ stores }: ControllerDeps, pods: readonly KubeObject[]): number {
  const scaleOf = new Map<string, number>();
  let unowned = 0;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const kind = owner && scales[owner.kind];
    const keeper = kind ? stores.of(kind).get(pod.metadata.namespace!, owner.name) : undefined;
    if (!keeper) {
      unowned++;
      continue;
    }
    const above = controllerOf(keeper);
    const deployment = above?.kind === "Deployment" ? stores.of("deployments.apps").get(pod.metadata.namespace!, above.name) : undefined;
    const top = deployment ?? keeper;
    scaleOf.set(top.metadata.uid, top.spec.replicas ?? 1);
  }
  return unowned + [...scaleOf.values()].reduce((sum, count) => sum + count, 0);
}

/** Granted evictions whose pods are still there. */
function stillDisrupted(
  budget: KubeObject,
  pods: readonly KubeObject[],
  now: number,
): { disruptedPods: Record<string, string>; recheck: number | undefined } {
  const disruptedPods: Record<string, string> = {};
  const delays: number[] = [];
  for (const pod of pods) {
    const at = budget.status?.disruptedPods?.[pod.metadata.name];
    if (!at || pod.metadata.deletionTimestamp) continue;
    const left = parseTime(at) + patience - now;
    if (left <= 0) continue;
    disruptedPods[pod.metadata.name] = at;
    delays.push(left);
  }
  return { disruptedPods, recheck: soonest(...delays) };
}
