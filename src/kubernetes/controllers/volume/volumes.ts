// The phases of persistent volumes: available, bound, released, and gone when their reclaim policy says so.
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";
import { timestamp } from "../../runtime/time.ts";

const type = "persistentvolumes";
const claims = "persistentvolumeclaims";
const provisionedBy = "pv.kubernetes.io/provisioned-by";

/** The persistent volume controller. */
export function volumeController(deps: ControllerDeps): Controller {
  const { client, stores, clock } = deps;
  return {
    name: "persistentvolume",
    watches: [
      { type, keys: ({ object }) => [object.metadata.name] },
      { type: claims, keys: ({ object }) => (object.spec?.volumeName ? [object.spec.volumeName] : []) },
    ],
    async reconcile(name) {
      const volume = stores.of(type).get("", name);
      if (!volume) return undefined;
      const phase = phaseOf(deps, volume);
      if (volume.status?.phase !== phase) {
        const status = { ...volume.status, phase, lastPhaseTransitionTime: timestamp(clock.now()) };
        stores.of(type).observe(await client.updateStatus(type, { ...volume, status }));
        return undefined;
      }
      // Only volumes that a provisioner made can be reclaimed here; others keep what they hold.
      if (volume.metadata.deletionTimestamp) return undefined;
      if (phase === "Released" && volume.spec.persistentVolumeReclaimPolicy === "Delete" && volume.metadata.annotations?.[provisionedBy]) {
        await ignoreNotFound(client.delete(type, "", name));
      }
      return undefined;
    },
  };
}

function phaseOf({ client }: ControllerDeps, volume: KubeObject): string {
  const reference = volume.spec.claimRef;
  if (!reference?.uid) return "Available";
  const claim = client.get(claims, reference.namespace, reference.name);
  return claim?.metadata.uid === reference.uid ? "Bound" : "Released";
}
