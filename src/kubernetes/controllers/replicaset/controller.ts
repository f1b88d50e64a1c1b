// Keeps the number of pods of replica sets and replication controllers.
import type { KubeObject, ResourceType } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { isConflict, isNotFound } from "../../runtime/errors.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { claim, controllerOf, ownerKeys } from "../../runtime/owners.ts";
import { availableIn, isPodActive, soonest } from "../../runtime/pods.ts";
import { compileSelector, type LabelMatch, matchesMap } from "../../runtime/selectors.ts";
import { type Change, keyOf, splitKey } from "../../runtime/store.ts";
import { createPod, deletePod, inGrowingBatches, podFromTemplate } from "../pod-control.ts";
import { rankForDeletion } from "./ranking.ts";
import { replicaSetStatus } from "./status.ts";

const burst = 500;

/** What differs between the two kinds of replica keepers. */
interface Kind {
  readonly name: string;
  readonly kind: string;
  readonly type: ResourceType;
  matches(set: KubeObject): LabelMatch;
}

const replicaSet: Kind = {
  name: "replicaset",
  kind: "ReplicaSet",
  type: "replicasets.apps",
  matches: (set) => compileSelector(set.spec.selector),
};
const replicationController: Kind = {
  name: "replication",
  kind: "ReplicationController",
  type: "replicationcontrollers",
  matches: (set) => (labels) => matchesMap(set.spec.selector, labels),
};

/** The replica set controller (`replicaset-controller`). */
export function replicaSetController(deps: ControllerDeps): Controller {
  return replicaController(deps, replicaSet);
}

/** The replication controller (`replication-controller`). */
export function replicationControllerController(deps: ControllerDeps): Controller {
  return replicaController(deps, replicationController);
}

function replicaController(deps: ControllerDeps, kind: Kind): Controller {
  const { stores } = deps;
  return {
    name: kind.name,
    workers: 8,
    watches: [
      { type: kind.type, keys: ({ object }) => [keyOf(object)] },
      { type: "pods", keys: (change) => podKeys(deps, kind, change) },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const set = stores.of(kind.type).get(namespace, name);
      if (!set) return undefined;
      const claimed = await claim({
        client: deps.client,
        stores,
        type: "pods",
        owner: set,
        matches: kind.matches(set),
        adoptable: isPodActive,
      });
      const pods = claimed.filter(isPodActive);
      const difference = pods.length - (set.spec.replicas ?? 1);
      const failure = set.metadata.deletionTimestamp ? undefined : await manage(deps, set, pods, difference);
      return writeStatus(deps, kind, set, failure, difference);
    },
  };
}

/** Sets a pod change concerns: its owner, its former owner, or for an orphan all that select it. */
function podKeys({ stores }: ControllerDeps, kind: Kind, { object, old }: Change): string[] {
  const keys = [...ownerKeys(object, kind.kind), ...(old ? ownerKeys(old, kind.kind) : [])];
  if (controllerOf(object) || object.metadata.deletionTimestamp) return keys;
  const sets = stores.of(kind.type).list(object.metadata.namespace);
  return [...keys, ...sets.filter((set) => kind.matches(set)(object.metadata.labels)).map(keyOf)];
}

/** Makes or deletes pods. Returns the failure, if there was one. */
async function manage(deps: ControllerDeps, set: KubeObject, pods: KubeObject[], difference: number): Promise<unknown> {
  if (difference < 0) {
    const template = podFromTemplate(set, set.spec.template);
    const { error } = await inGrowingBatches(Math.min(-difference, burst), () => createPod(deps, set, template));
    return error;
  }
  if (difference === 0) return undefined;
  const related = relatedPods(deps, set);
  const perNode = new Map<string, number>();
  for (const pod of related) if (isPodActive(pod)) perNode.set(pod.spec?.nodeName ?? "", (perNode.get(pod.spec?.nodeName ?? "") ?? 0) + 1);
  const victims = rankForDeletion(pods, (pod) => perNode.get(pod.spec?.nodeName ?? "") ?? 0, deps.clock.now()).slice(
    0,
    Math.min(difference, burst),
  );
  const results = await Promise.allSettled(victims.map((pod) => deletePod(deps, set, pod)));
  return results.find((result) => result.status === "rejected")?.reason;
}

/** Pods of all sets with the same controlling owner: a scale-down spreads over nodes across a deployment's sets. */
function relatedPods({ stores }: ControllerDeps, set: KubeObject): KubeObject[] {
  const owner = controllerOf(set);
  const type = set.kind === "ReplicaSet" ? "replicasets.apps" : "replicationcontrollers";
  const sets = owner ? stores.controlledBy(type, owner.uid) : [set];
  return sets.flatMap((other) => stores.controlledBy("pods", other.metadata.uid));
}

async function writeStatus(
  deps: ControllerDeps,
  kind: Kind,
  set: KubeObject,
  failure: unknown,
  difference: number,
): Promise<number | undefined> {
  const { client, stores, clock } = deps;
  const { namespace, name, uid } = set.metadata;
  const current = stores.of(kind.type).get(namespace!, name);
  if (!current || current.metadata.uid !== uid) return undefined;
  const now = clock.now();
  const matches = kind.matches(current);
  const pods = stores.controlledBy("pods", uid).filter((pod) => isPodActive(pod) && matches(pod.metadata.labels));
  // The status speaks about the generation that was acted upon, not a later one.
  const status = replicaSetStatus(
    { ...current, metadata: { ...current.metadata, generation: set.metadata.generation ?? 1 } },
    pods,
    failure,
    difference,
    now,
  );
  if (!sameSpec({ replicas: 0, ...current.status }, status)) {
    try {
      stores.of(kind.type).observe(await client.updateStatus(kind.type, { ...current, status }));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (!isConflict(error) || failure === undefined) throw error;
    }
  }
  if (failure !== undefined) throw failure;
  if (pods.length !== (set.spec.replicas ?? 1) && !set.metadata.deletionTimestamp) return 1;
  const minReady = set.spec.minReadySeconds ?? 0;
  return soonest(...pods.map((pod) => availableIn(pod, minReady, now)));
}
