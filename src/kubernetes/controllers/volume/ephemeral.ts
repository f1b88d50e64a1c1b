// Makes the claims of pods' generic ephemeral volumes; each belongs to its pod and goes with it.
import type { KubeObject, NewObject } from "../../api/object.ts";
import { ephemeralClaim } from "../../runtime/claims.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { errorText, isAlreadyExists } from "../../runtime/errors.ts";
import { controllerOf, controllerReference, ownerKeys } from "../../runtime/owners.ts";
import { isPodFinished } from "../../runtime/pods.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";

const claims = "persistentvolumeclaims";

/** The ephemeral volume controller. Keys are pods. */
export function ephemeralVolumeController({ client, stores, events }: ControllerDeps): Controller {
  const volumesOf = (pod: KubeObject) => ((pod.spec?.volumes ?? []) as any[]).filter((volume) => volume.ephemeral);
  const make = async (pod: KubeObject, volume: any) => {
    const { namespace = "", name, uid } = pod.metadata;
    const present = stores.of(claims).get(namespace, ephemeralClaim(name, volume.name));
    if (present) {
      if (controllerOf(present)?.uid === uid) return;
      throw new Error(`PVC ${namespace}/${present.metadata.name} was not created for pod ${namespace}/${name} (pod is not owner)`);
    }
    const { metadata, spec } = volume.ephemeral.volumeClaimTemplate;
    const claim: NewObject = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        name: ephemeralClaim(name, volume.name),
        namespace,
        ...(metadata?.labels && { labels: metadata.labels }),
        ...(metadata?.annotations && { annotations: metadata.annotations }),
        ownerReferences: [controllerReference(pod)],
      },
      spec,
    };
    try {
      stores.of(claims).observe(await client.create(claims, namespace, claim));
    } catch (error) {
      if (!isAlreadyExists(error)) throw new Error(`create PVC ${claim.metadata.name}: ${errorText(error)}`, { cause: error });
    }
  };
  return {
    name: "ephemeral-volume",
    watches: [
      { type: "pods", keys: ({ type, object }) => (type === "ADDED" && volumesOf(object).length > 0 ? [keyOf(object)] : []) },
      {
        type: claims,
        keys: ({ type, object }) => (type === "DELETED" ? ownerKeys(object, "Pod") : []),
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const pod = stores.pods.get(namespace, name);
      if (!pod || pod.metadata.deletionTimestamp || isPodFinished(pod)) return undefined;
      for (const volume of volumesOf(pod)) {
        try {
          await make(pod, volume);
        } catch (error) {
          events.event(pod, "Warning", "FailedBinding", `ephemeral volume ${volume.name}: ${errorText(error)}`);
          return 5000;
        }
      }
      return undefined;
    },
  };
}
