// Keeps the ordered, named pods of stateful sets and rolls template changes out from the highest ordinal down.
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { errorText, ignoreNotFound, isAlreadyExists } from "../../runtime/errors.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { claim, controllerOf, controllerReference, ownerKeys } from "../../runtime/owners.ts";
import { scaled } from "../../runtime/percent.ts";
import { availableIn, isPodAvailable, isPodFinished, isPodReady, soonest } from "../../runtime/pods.ts";
import { compileSelector } from "../../runtime/selectors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { currentRevision, revisionsOf, trimRevisions } from "../revisions.ts";
import { claimsFor, firstOrdinal, ordinalOf, podFor, revisionLabel } from "./identity.ts";

const type = "statefulsets.apps";
const hashLabel = "controller.kubernetes.io/hash";

/** What one look at a set works with. */
interface View {
  readonly set: KubeObject;
  readonly current: KubeObject;
  readonly update: KubeObject;
  readonly pods: readonly KubeObject[];
}

/** The stateful set controller. */
export function statefulSetController(deps: ControllerDeps): Controller {
  const { stores } = deps;
  return {
    name: "statefulset",
    watches: [
      { type, keys: ({ object }) => [keyOf(object)] },
      {
        type: "pods",
        keys: ({ object, old }) => {
          const keys = [...ownerKeys(object, "StatefulSet"), ...(old ? ownerKeys(old, "StatefulSet") : [])];
          if (controllerOf(object)) return keys;
          const sets = stores.of(type).list(object.metadata.namespace);
          return [...keys, ...sets.filter((set) => compileSelector(set.spec.selector)(object.metadata.labels)).map(keyOf)];
        },
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const set = stores.of(type).get(namespace, name);
      if (!set) return undefined;
      const matches = compileSelector(set.spec.selector);
      const adoptable = (pod: KubeObject) => ordinalOf(set, pod) !== undefined;
      const pods = (await claim({ client: deps.client, stores, type: "pods", owner: set, matches, adoptable })).filter(adoptable);
      if (set.metadata.deletionTimestamp) return undefined;
      const update = await currentRevision(deps, set, { ...set.spec.template.metadata?.labels }, hashLabel);
      const current = revisionsOf(deps, set).find((revision) => revision.metadata.name === set.status?.currentRevision) ?? update;
      const view = { set, current, update, pods };
      let failure: unknown;
      try {
        await step(deps, view);
      } catch (error) {
        failure = error;
      }
      const after = stores.controlledBy("pods", set.metadata.uid).filter((pod) => matches(pod.metadata.labels) && adoptable(pod));
      const again = await writeStatus(deps, { ...view, pods: after });
      if (failure !== undefined) throw failure;
      const used = new Set([
        update.metadata.name,
        current.metadata.name,
        ...after.map((pod) => pod.metadata.labels?.[revisionLabel] ?? ""),
      ]);
      await trimRevisions(deps, set, used);
      return again;
    },
  };
}

/** One step: failed pods go, missing ones come, surplus ones go, outdated ones are replaced; one at a time unless Parallel. */
async function step(deps: ControllerDeps, { set, current, update, pods }: View): Promise<void> {
  const { clock } = deps;
  const parallel = set.spec.podManagementPolicy === "Parallel";
  const first = firstOrdinal(set);
  const end = first + (set.spec.replicas ?? 1);
  const minReady = set.spec.minReadySeconds ?? 0;
  const available = (pod: KubeObject) => isPodAvailable(pod, minReady, clock.now()) && !pod.metadata.deletionTimestamp;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod)!, pod]));
  for (let ordinal = first; ordinal < end; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod && isPodFinished(pod) && !pod.metadata.deletionTimestamp) {
      await remove(
        deps,
        set,
        pod,
        `StatefulSet ${set.metadata.namespace}/${set.metadata.name} is recreating ${pod.status.phase} Pod ${pod.metadata.name}`,
      );
      if (!parallel) return;
      continue;
    }
    if (!pod) {
      // A pod made while the set rolls out belongs to the side of the rollout its ordinal is on.
      await createOrdinal(deps, set, revisionFor(set, current, update, ordinal), ordinal);
      if (!parallel) return;
      continue;
    }
    if (!parallel && (pod.metadata.deletionTimestamp || !available(pod))) return;
  }
  const condemned = pods
    .filter((pod) => ordinalOf(set, pod)! >= end || ordinalOf(set, pod)! < first)
    .sort((a, b) => ordinalOf(set, b)! - ordinalOf(set, a)!);
  for (const pod of condemned) {
    if (pod.metadata.deletionTimestamp) {
      if (!parallel) return;
      continue;
    }
    await remove(deps, set, pod);
    if (!parallel) return;
  }
  await applyClaimRetention(deps, set, end);
  if (set.spec.updateStrategy?.type === "OnDelete" || condemned.length) return;
  await replaceOutdated(deps, set, update, byOrdinal, first, end, available);
}

function revisionFor(set: KubeObject, current: KubeObject, update: KubeObject, ordinal: number): KubeObject {
  if (set.spec.updateStrategy?.type === "OnDelete") return update;
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  return ordinal < firstOrdinal(set) + partition ? current : update;
}

async function replaceOutdated(
  deps: ControllerDeps,
  set: KubeObject,
  update: KubeObject,
  byOrdinal: ReadonlyMap<number, KubeObject>,
  first: number,
  end: number,
  available: (pod: KubeObject) => boolean,
): Promise<void> {
  const { partition = 0, maxUnavailable } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const allowed = Math.max(1, scaled(maxUnavailable, end - first, "up", 1));
  let unavailable = [...byOrdinal.values()].filter((pod) => !available(pod)).length;
  for (let ordinal = end - 1; ordinal >= first + partition; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (!pod) return;
    if (pod.metadata.labels?.[revisionLabel] !== update.metadata.name && !pod.metadata.deletionTimestamp) {
      // A pod that is broken anyway may be replaced even if the limit is used up.
      if (available(pod) && unavailable >= allowed) return;
      await remove(deps, set, pod);
      if (available(pod)) unavailable++;
      if (unavailable >= allowed) return;
      continue;
    }
    if (!available(pod) && unavailable >= allowed) return;
  }
}

async function createOrdinal(deps: ControllerDeps, set: KubeObject, revision: KubeObject, ordinal: number): Promise<void> {
  const { client, stores, events } = deps;
  const { namespace = "", name } = set.metadata;
  for (const draft of claimsFor(set, ordinal)) {
    const what = `Claim ${draft.metadata.name} Pod ${name}-${ordinal} in StatefulSet ${name}`;
    if (client.get("persistentvolumeclaims", namespace, draft.metadata.name!)) continue;
    try {
      await client.create("persistentvolumeclaims", namespace, draft);
      events.event(set, "Normal", "SuccessfulCreate", `create ${what} success`);
    } catch (error) {
      if (isAlreadyExists(error)) continue;
      events.event(set, "Warning", "FailedCreate", `create ${what} failed error: ${errorText(error)}`);
      throw error;
    }
  }
  const { $patch: _, ...template } = revision.data.spec.template;
  const what = `Pod ${name}-${ordinal} in StatefulSet ${name}`;
  try {
    stores.pods.observe(await client.create("pods", namespace, podFor(set, template, revision.metadata.name, ordinal)));
    events.event(set, "Normal", "SuccessfulCreate", `create ${what} successful`);
  } catch (error) {
    if (isAlreadyExists(error)) return;
    events.event(set, "Warning", "FailedCreate", `create ${what} failed error: ${errorText(error)}`);
    throw error;
  }
}

async function remove({ client, events }: ControllerDeps, set: KubeObject, pod: KubeObject, because?: string): Promise<void> {
  const { namespace = "", name, uid } = pod.metadata;
  if (because) events.event(set, "Warning", "RecreatingFailedPod", because);
  await ignoreNotFound(client.delete("pods", namespace, name, { uid }));
  events.event(set, "Normal", "SuccessfulDelete", `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`);
}

/** persistentVolumeClaimRetentionPolicy: claims of removed ordinals go, and with whenDeleted the set owns the others. */
async function applyClaimRetention({ client, stores }: ControllerDeps, set: KubeObject, end: number): Promise<void> {
  const { whenScaled = "Retain", whenDeleted = "Retain" } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  if (whenScaled === "Retain" && whenDeleted === "Retain") return;
  const templates = (set.spec.volumeClaimTemplates ?? []) as any[];
  const { namespace = "", name, uid } = set.metadata;
  for (const claimed of stores.of("persistentvolumeclaims").list(namespace)) {
    const template = templates.find((each) => claimed.metadata.name.startsWith(`${each.metadata.name}-${name}-`));
    const ordinal = template && /-(\d+)$/.exec(claimed.metadata.name)?.[1];
    if (!template || ordinal === undefined || claimed.metadata.name !== `${template.metadata.name}-${name}-${ordinal}`) continue;
    if (Number(ordinal) >= end && whenScaled === "Delete") {
      if (!claimed.metadata.deletionTimestamp)
        await ignoreNotFound(client.delete("persistentvolumeclaims", namespace, claimed.metadata.name));
    } else if (whenDeleted === "Delete" && !claimed.metadata.ownerReferences?.some((owner) => owner.uid === uid)) {
      const ownerReferences = [...(claimed.metadata.ownerReferences ?? []), controllerReference(set)];
      const owned = { ...claimed, metadata: { ...claimed.metadata, ownerReferences } };
      await ignoreNotFound(client.update("persistentvolumeclaims", owned));
    }
  }
}

async function writeStatus({ client, stores, clock }: ControllerDeps, { set, current, update, pods }: View): Promise<number | undefined> {
  const now = clock.now();
  const minReady = set.spec.minReadySeconds ?? 0;
  const created = pods.filter((pod) => pod.status?.phase);
  const live = created.filter((pod) => !pod.metadata.deletionTimestamp);
  const of = (revision: KubeObject) => live.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision.metadata.name).length;
  const ready = created.filter((pod) => isPodReady(pod) && pod.status.phase === "Running");
  const wanted = set.spec.replicas ?? 1;
  const updated = of(update);
  const rolling = (set.spec.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate";
  const done = rolling && updated === created.length && updated === wanted && ready.length === wanted;
  const stored = stores.of(type).get(set.metadata.namespace!, set.metadata.name);
  if (!stored || stored.metadata.uid !== set.metadata.uid) return undefined;
  const currentRevision = done ? update : current;
  const some = (name: string, value: number) => (value ? { [name]: value } : {});
  const status = {
    observedGeneration: set.metadata.generation ?? 1,
    replicas: created.length,
    ...some("readyReplicas", ready.length),
    availableReplicas: ready.filter((pod) => isPodAvailable(pod, minReady, now)).length,
    ...some("currentReplicas", of(currentRevision)),
    ...some("updatedReplicas", updated),
    currentRevision: currentRevision.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: set.status?.collisionCount ?? 0,
  };
  if (!sameSpec(stored.status ?? {}, status)) stores.of(type).observe(await client.updateStatus(type, { ...stored, status }));
  return soonest(...live.map((pod) => availableIn(pod, minReady, now)));
}
