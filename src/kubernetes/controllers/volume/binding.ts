// The volume a simulated provisioner makes for a claim.
import { createHash } from "node:crypto";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { driverOf } from "../../runtime/volumes.ts";

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
