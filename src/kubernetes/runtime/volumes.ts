// Which volumes suit which claims, and whose driver makes them.
import type { KubeObject } from "../api/object.ts";
import { milli } from "./quantity.ts";
import { compileSelector } from "./selectors.ts";

const betaClass = "volume.beta.kubernetes.io/storage-class";

/** A claim's or volume's storage class; empty means none. */
export function classOf(object: KubeObject): string {
  return object.metadata.annotations?.[betaClass] ?? object.spec.storageClassName ?? "";
}

/** The smallest available volume that suits a claim; one reserved for it wins. */
export function matchingVolume(claim: KubeObject, volumes: readonly KubeObject[]): KubeObject | undefined {
  const { namespace, name, uid } = claim.metadata;
  const wanted = milli(claim.spec.resources?.requests?.storage);
  const matches = claim.spec.selector ? compileSelector(claim.spec.selector) : () => true;
  const modes = (claim.spec.accessModes ?? []) as string[];
  const fits = volumes.filter((volume) => {
    const reserved = volume.spec.claimRef;
    if (volume.metadata.deletionTimestamp || (claim.spec.volumeName && claim.spec.volumeName !== volume.metadata.name)) return false;
    if (reserved && (reserved.namespace !== namespace || reserved.name !== name || (reserved.uid && reserved.uid !== uid))) return false;
    if (!reserved && volume.status?.phase !== "Available") return false;
    return (
      classOf(volume) === classOf(claim) &&
      milli(volume.spec.capacity?.storage) >= wanted &&
      modes.every((mode) => volume.spec.accessModes?.includes(mode)) &&
      (volume.spec.volumeMode ?? "Filesystem") === (claim.spec.volumeMode ?? "Filesystem") &&
      matches(volume.metadata.labels)
    );
  });
  const size = (volume: KubeObject) => (volume.spec.claimRef ? -1 : milli(volume.spec.capacity?.storage));
  return fits.sort((a, b) => size(a) - size(b) || a.metadata.name.localeCompare(b.metadata.name))[0];
}

/** The CSI driver behind a provisioner: in-tree names are served by their successors. */
export function driverOf(provisioner: string): string {
  return provisioner === "kubernetes.io/aws-ebs" ? "ebs.csi.aws.com" : provisioner;
}
