// Which volume suits a claim, and the volume a simulated provisioner makes for one.
import { createHash } from "node:crypto";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { milli } from "../../runtime/quantity.ts";
import { compileSelector } from "../../runtime/selectors.ts";

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

/** The volume a provisioner makes for a claim; block volumes are reachable from one zone only. */
export function provisionedVolume(claim: KubeObject, storageClass: KubeObject, zone: string | undefined): NewObject {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const driver = driverOf(storageClass.provisioner);
  const shared = driver.startsWith("efs.");
  const id = createHash("sha256").update(uid).digest("hex").slice(0, 17);
  const affinity =
    zone && !shared
      ? {
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values: [zone] }] }],
            },
          },
        }
      : {};
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: `pvc-${uid}`,
      annotations: { "pv.kubernetes.io/provisioned-by": driver },
      finalizers: ["kubernetes.io/pv-protection"],
    },
    spec: {
      accessModes: claim.spec.accessModes,
      capacity: { storage: claim.spec.resources?.requests?.storage },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid, resourceVersion },
      csi: {
        driver,
        volumeHandle: shared ? `fs-${id}::fsap-${id}` : `vol-${id}`,
        ...(storageClass.parameters?.["csi.storage.k8s.io/fstype"] ? { fsType: storageClass.parameters["csi.storage.k8s.io/fstype"] } : {}),
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? "Filesystem",
      ...affinity,
    },
  };
}
