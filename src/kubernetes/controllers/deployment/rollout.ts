// One step of a rollout: make the new replica set, grow it and shrink the old ones within the limits, or recreate; then tidy up.
import type { KubeObject, NewObject } from "../../api/object.ts";
import type { ControllerDeps } from "../../runtime/controller.ts";
import { errorText, isAlreadyExists, isNotFound } from "../../runtime/errors.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { controllerOf, controllerReference } from "../../runtime/owners.ts";
import { isPodFinished } from "../../runtime/pods.ts";
import { actualOf, availableOf, limits, newSetSize, total, wantedOf } from "./arithmetic.ts";
import { progressing } from "./progress.ts";
import {
  byAge,
  hashLabel,
  newReplicaSet,
  newSetAnnotations,
  revisionAnnotation,
  revisionOf,
  sameTemplate,
  templateHash,
} from "./revisions.ts";
import { scaleSet, sizeAnnotations } from "./scale.ts";

const type = "replicasets.apps";

/** Splits a deployment's sets. */
export function split(deployment: KubeObject, sets: readonly KubeObject[]): { newSet: KubeObject | undefined; oldSets: KubeObject[] } {
  const newSet = newReplicaSet(deployment, sets);
  return { newSet, oldSets: sets.filter((set) => set.metadata.uid !== newSet?.metadata.uid) };
}

/** One step of a rolling update. Returns the sets as they are afterwards. */
export async function rollingStep(deps: ControllerDeps, deployment: KubeObject, sets: readonly KubeObject[]): Promise<KubeObject[]> {
  const { oldSets } = split(deployment, sets);
  const newSet = await ensureNewSet(deps, deployment, sets, true);
  if (!newSet) return [...sets];
  const all = [...oldSets, newSet];
  const size = wantedOf(newSet) > (deployment.spec.replicas ?? 1) ? (deployment.spec.replicas ?? 1) : newSetSize(deployment, all, newSet);
  if (size !== wantedOf(newSet)) return [...oldSets, await scaleSet(deps, deployment, newSet, size)];
  return [...(await shrinkOld(deps, deployment, oldSets, newSet)), await scaleSet(deps, deployment, newSet, size)];
}

/** One step of a recreate: old pods go first, the new set comes when none is left. */
export async function recreateStep(deps: ControllerDeps, deployment: KubeObject, sets: readonly KubeObject[]): Promise<KubeObject[]> {
  const { oldSets, newSet: present } = split(deployment, sets);
  const active = oldSets.filter((set) => wantedOf(set) > 0);
  if (active.length) {
    const shrunk = await Promise.all(active.map((set) => scaleSet(deps, deployment, set, 0)));
    return [...sets.filter((set) => !active.includes(set)), ...shrunk];
  }
  const remaining = oldSets.flatMap((set) => deps.stores.controlledBy("pods", set.metadata.uid));
  if (remaining.some((pod) => !isPodFinished(pod))) return [...sets];
  const newSet = present ?? (await ensureNewSet(deps, deployment, sets, true));
  if (!newSet) return [...sets];
  return [...oldSets, await scaleSet(deps, deployment, newSet, deployment.spec.replicas ?? 1)];
}

async function shrinkOld(
  deps: ControllerDeps,
  deployment: KubeObject,
  oldSets: readonly KubeObject[],
  newSet: KubeObject,
): Promise<KubeObject[]> {
  const sizes = oldSetSizes(deployment, oldSets, newSet);
  return Promise.all(
    oldSets.map((set) => (sizes.has(set) && sizes.get(set) !== wantedOf(set) ? scaleSet(deps, deployment, set, sizes.get(set)!) : set)),
  );
}

/** Sizes old sets may shrink to: unhealthy pods go at once, healthy ones as the availability limit allows. */
export function oldSetSizes(deployment: KubeObject, oldSets: readonly KubeObject[], newSet: KubeObject): Map<KubeObject, number> {
  const sizes = new Map(oldSets.filter((set) => wantedOf(set) > 0).map((set) => [set, wantedOf(set)]));
  const wanted = deployment.spec.replicas ?? 1;
  const leastAvailable = wanted - limits(deployment).unavailable;
  const sets = [...oldSets, newSet];
  const newUnavailable = wantedOf(newSet) - availableOf(newSet);
  let removable = total(sets, wantedOf) - leastAvailable - newUnavailable;
  if (removable <= 0) return sizes;
  for (const set of byAge([...sizes.keys()])) {
    if (removable <= 0) break;
    if (wantedOf(set) === availableOf(set)) continue;
    const drop = Math.min(removable, wantedOf(set) - availableOf(set));
    if (drop <= 0) continue;
    sizes.set(set, wantedOf(set) - drop);
    removable -= drop;
  }
  let spare = total(sets, availableOf) - leastAvailable;
  for (const set of byAge([...sizes.keys()])) {
    if (spare <= 0) break;
    const drop = Math.min(sizes.get(set)!, spare);
    sizes.set(set, sizes.get(set)! - drop);
    spare -= drop;
  }
  return sizes;
}

/** The set for the current template, with its revision up to date; made if `make` and absent. */
export async function ensureNewSet(
  deps: ControllerDeps,
  deployment: KubeObject,
  sets: readonly KubeObject[],
  make: boolean,
): Promise<KubeObject | undefined> {
  const { client, stores } = deps;
  const { newSet, oldSets } = split(deployment, sets);
  if (newSet) {
    const annotations = newSetAnnotations(deployment, oldSets, newSet.metadata.annotations);
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
    let current = newSet;
    if (!sameSpec(annotations, newSet.metadata.annotations ?? {}) || (newSet.spec.minReadySeconds ?? 0) !== minReadySeconds) {
      current = await client.update(type, {
        ...newSet,
        metadata: { ...newSet.metadata, annotations },
        spec: { ...newSet.spec, minReadySeconds },
      });
      stores.of(type).observe(current);
    }
    await recordRevision(deps, deployment, current);
    return current;
  }
  if (!make) return undefined;
  const made = await createSet(deps, deployment, oldSets);
  if (made) await recordRevision(deps, deployment, made);
  return made;
}

async function createSet(deps: ControllerDeps, deployment: KubeObject, oldSets: readonly KubeObject[]): Promise<KubeObject | undefined> {
  const { client, stores, events, clock } = deps;
  const { namespace = "", name } = deployment.metadata;
  const hash = templateHash(deployment);
  const template = structuredClone(deployment.spec.template);
  template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, [hashLabel]: hash } };
  const selector = { ...deployment.spec.selector, matchLabels: { ...deployment.spec.selector?.matchLabels, [hashLabel]: hash } };
  const draft: NewObject = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata.labels },
      annotations: { ...newSetAnnotations(deployment, oldSets, undefined), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: { replicas: 0, minReadySeconds: deployment.spec.minReadySeconds ?? 0, selector, template },
  };
  const set = draft as KubeObject;
  set.spec.replicas = newSetSize(deployment, [...oldSets, set], set);
  try {
    const created = await client.create(type, namespace, draft);
    stores.of(type).observe(created);
    if (set.spec.replicas > 0) {
      events.event(
        deployment,
        "Normal",
        "ScalingReplicaSet",
        `Scaled up replica set ${created.metadata.name} from 0 to ${set.spec.replicas}`,
      );
    }
    return created;
  } catch (error) {
    if (isAlreadyExists(error)) return sameOrCollision(deps, deployment, `${name}-${hash}`, error);
    const message = `Failed to create new replica set "${name}-${hash}": ${errorText(error)}`;
    const status = progressing(deployment, { status: "False", reason: "ReplicaSetCreateError", message }, clock.now());
    await client.updateStatus("deployments.apps", { ...deployment, status });
    events.event(deployment, "Warning", "ReplicaSetCreateError", message);
    throw error;
  }
}

/** A set of that name is there: it is ours from an earlier try, or another template has the same hash. */
async function sameOrCollision(
  { client, stores }: ControllerDeps,
  deployment: KubeObject,
  name: string,
  error: unknown,
): Promise<KubeObject> {
  const present = client.get(type, deployment.metadata.namespace!, name);
  if (present && controllerOf(present)?.uid === deployment.metadata.uid && sameTemplate(present.spec.template, deployment.spec.template)) {
    stores.of(type).observe(present);
    return present;
  }
  const status = { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
  stores.of("deployments.apps").observe(await client.updateStatus("deployments.apps", { ...deployment, status }));
  throw error;
}

/** Writes the new set's revision on the deployment, where kubectl reads it. */
async function recordRevision({ client, stores }: ControllerDeps, deployment: KubeObject, set: KubeObject): Promise<void> {
  const revision = String(revisionOf(set));
  const { namespace = "", name, uid } = deployment.metadata;
  const present = stores.of("deployments.apps").get(namespace, name);
  const { metadata } = present?.metadata.uid === uid ? present : deployment;
  if (metadata.annotations?.[revisionAnnotation] === revision) return;
  const annotations = { ...metadata.annotations, [revisionAnnotation]: revision };
  stores
    .of("deployments.apps")
    .observe(await client.update("deployments.apps", { ...(present ?? deployment), metadata: { ...metadata, annotations } }));
}

/** Deletes the oldest empty sets beyond `revisionHistoryLimit` once a rollout is complete. */
export async function cleanUp({ client }: ControllerDeps, deployment: KubeObject, oldSets: readonly KubeObject[]): Promise<void> {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const removable = oldSets.filter((set) => !set.metadata.deletionTimestamp).sort((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of removable.slice(0, Math.max(0, removable.length - limit))) {
    if (actualOf(set) !== 0 || wantedOf(set) !== 0 || (set.metadata.generation ?? 1) > (set.status?.observedGeneration ?? 0)) continue;
    await client.delete(type, set.metadata.namespace!, set.metadata.name, { uid: set.metadata.uid }).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }
}
