// Owner references between objects.
import type { KubeObject, OwnerReference, ResourceType } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import type { LabelMatch } from "./selectors.ts";
import type { Stores } from "./stores.ts";

/** The reference a controller puts on what it makes. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind } = owner;
  return { apiVersion, kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** The controlling owner of an object, if it has one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller);
}

/** Keys of the controlling owner if it is of `kind` in an API group; for watches of dependents. */
export function ownerKeys(object: KubeObject, kind: string): string[] {
  const owner = controllerOf(object);
  return owner?.kind === kind ? [`${object.metadata.namespace}/${owner.name}`] : [];
}

/** What {@link claim} needs to know. */
export interface Claim {
  readonly client: KubeClient;
  readonly stores: Stores;
  readonly type: ResourceType;
  readonly owner: KubeObject;
  readonly matches: LabelMatch;
  /** May an orphan be adopted; all matching ones unless given. */
  readonly adoptable?: (object: KubeObject) => boolean;
}

/**
 * The dependents of `owner`: those it controls and that match, after adopting matching orphans and releasing what no longer matches
 * (ControllerRefManager). An owner being deleted adopts nothing.
 */
export async function claim({ client, stores, type, owner, matches, adoptable }: Claim): Promise<KubeObject[]> {
  const { namespace = "", uid, deletionTimestamp } = owner.metadata;
  const claimed: KubeObject[] = [];
  for (const object of stores.controlledBy(type, uid)) {
    if (matches(object.metadata.labels)) claimed.push(object);
    else if (!deletionTimestamp && !object.metadata.deletionTimestamp) {
      const ownerReferences = object.metadata.ownerReferences!.filter((reference) => reference.uid !== uid);
      stores.of(type).observe(await patchOwners(client, type, object, ownerReferences));
    }
  }
  if (deletionTimestamp) return claimed;
  for (const object of stores.orphans(type, namespace)) {
    if (object.metadata.deletionTimestamp || !matches(object.metadata.labels) || adoptable?.(object) === false) continue;
    const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)];
    const adopted = await patchOwners(client, type, object, ownerReferences);
    stores.of(type).observe(adopted);
    claimed.push(adopted);
  }
  return claimed;
}

function patchOwners(client: KubeClient, type: ResourceType, object: KubeObject, ownerReferences: OwnerReference[]): Promise<KubeObject> {
  const { namespace = "", name, uid, resourceVersion } = object.metadata;
  return client.patch(type, namespace, name, "merge", {
    metadata: { uid, resourceVersion, ownerReferences: ownerReferences.length ? ownerReferences : null },
  });
}
