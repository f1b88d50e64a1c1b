// Volumes for claims: made in EC2 when a pod is placed, enlarged when the claim grows, deleted with their PersistentVolume.
import { AwsError } from "../../aws/errors.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { provisionedVolume } from "../../kubernetes/controllers/volume/binding.ts";
import { isAlreadyExists } from "../../kubernetes/runtime/errors.ts";
import { classOf, driverOf } from "../../kubernetes/runtime/volumes.ts";
import { unlessGone } from "../nodegroup/node-objects.ts";
import type { BlockStorage } from "./context.ts";
import type { Driver } from "./driver.ts";
import { DriverError, gibOf, volumeOf } from "./parameters.ts";

export const FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer";
const CLAIMS = "persistentvolumeclaims";
const VOLUMES = "persistentvolumes";
const SELECTED = "volume.kubernetes.io/selected-node";

/** PersistentVolumes of a driver. */
const volumesOf = ({ kube }: BlockStorage, { name }: Driver) => kube.list(VOLUMES).filter(({ spec }) => spec?.csi?.driver === name);

/** Makes volumes for the driver's claims that wait for one. Answers how many could not be served. */
export async function provisionClaims(storage: BlockStorage, driver: Driver): Promise<number> {
  const { kube } = storage;
  let refused = 0;
  for (const claim of kube.list(CLAIMS)) {
    if (claim.spec.volumeName || claim.metadata.deletionTimestamp) continue;
    const storageClass = kube.get("storageclasses.storage.k8s.io", "", classOf(claim));
    if (!storageClass || driverOf(storageClass.provisioner) !== driver.name) continue;
    const node = claim.metadata.annotations?.[SELECTED];
    if (storageClass.volumeBindingMode === "WaitForFirstConsumer" && node === undefined) continue;
    if (kube.get(VOLUMES, "", `pvc-${claim.metadata.uid}`)) continue;
    const zone = zoneOf(storage, node);
    try {
      await provision(storage, driver, claim, storageClass, zone);
    } catch (error) {
      if (!(error instanceof AwsError) && !(error instanceof DriverError)) throw error;
      refused++;
      const cause =
        error instanceof DriverError
          ? error.message
          : new DriverError("Internal", `Could not create volume "pvc-${claim.metadata.uid}": ${error.code}: ${error.message}`).message;
      storage.tell(
        claim,
        "Warning",
        "ProvisioningFailed",
        `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${cause}`,
      );
    }
  }
  return refused;
}

/** The zone of a node; without one, the first of the cluster's. */
function zoneOf({ kube, cluster }: BlockStorage, node: string | undefined): string {
  const object = node === undefined ? undefined : kube.get("nodes", "", node);
  return object?.metadata.labels?.["topology.kubernetes.io/zone"] ?? cluster.availabilityZones[0] ?? "";
}

async function provision(storage: BlockStorage, driver: Driver, claim: KubeObject, storageClass: KubeObject, zone: string): Promise<void> {
  const { kube, deps } = storage;
  const { namespace = "", name, uid } = claim.metadata;
  const size = gibOf(claim.spec.resources?.requests?.storage);
  const wanted = volumeOf(storageClass.parameters ?? {}, size);
  const volumeName = `pvc-${uid}`;
  const tags = {
    ...driver.tags,
    CSIVolumeName: volumeName,
    "kubernetes.io/created-for/pv/name": volumeName,
    "kubernetes.io/created-for/pvc/name": name,
    "kubernetes.io/created-for/pvc/namespace": namespace,
  };
  const request = {
    ...wanted,
    AvailabilityZone: zone,
    ClientToken: volumeName,
    TagSpecifications: [{ ResourceType: "volume" as const, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }],
  };
  const made = await deps.invoke("ec2", "CreateVolume", request, await driver.asWriter());
  const draft = provisionedVolume(claim, storageClass, zone);
  const { fsType = "ext4" } = draft.spec.csi;
  const object = {
    ...draft,
    metadata: { ...draft.metadata, finalizers: [...(draft.metadata.finalizers ?? []), FINALIZER] },
    spec: {
      ...draft.spec,
      capacity: { storage: `${size}Gi` },
      csi: {
        ...draft.spec.csi,
        fsType,
        volumeHandle: made.VolumeId,
        volumeAttributes: { "storage.kubernetes.io/csiProvisionerIdentity": driver.name },
      },
    },
  };
  await kube.create(VOLUMES, "", object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  storage.tell(claim, "Normal", "ProvisioningSucceeded", `Successfully provisioned volume ${volumeName}`);
}

/** Deletes the EC2 volumes of PersistentVolumes that go; those to be retained stay. */
export async function deleteVolumes(storage: BlockStorage, driver: Driver): Promise<void> {
  const { kube, deps } = storage;
  for (const volume of volumesOf(storage, driver)) {
    const { name, deletionTimestamp, finalizers = [] } = volume.metadata;
    if (!deletionTimestamp || !finalizers.includes(FINALIZER)) continue;
    const bound =
      kube.get(CLAIMS, volume.spec.claimRef?.namespace ?? "", volume.spec.claimRef?.name ?? "")?.metadata.uid === volume.spec.claimRef?.uid;
    if (bound || kube.list("volumeattachments.storage.k8s.io").some(({ spec }) => spec?.source?.persistentVolumeName === name)) continue;
    if (volume.spec.persistentVolumeReclaimPolicy === "Delete") {
      const options = await driver.asDeleter();
      await deps.invoke("ec2", "DeleteVolume", { VolumeId: volume.spec.csi.volumeHandle }, options).catch((error: unknown) => {
        if (!(error instanceof AwsError) || !error.code.startsWith("InvalidVolume")) throw error;
      });
    }
    const rest = finalizers.filter((each) => each !== FINALIZER);
    await kube.patch(VOLUMES, "", name, "merge", { metadata: { finalizers: rest } }).catch(unlessGone);
  }
}

/** Enlarges volumes whose claims have grown, where the class allows it. */
export async function expandVolumes(storage: BlockStorage, driver: Driver): Promise<void> {
  const { kube, deps } = storage;
  for (const volume of volumesOf(storage, driver)) {
    const { namespace = "", name = "" } = volume.spec.claimRef ?? {};
    const claim = kube.get(CLAIMS, namespace, name);
    if (claim?.spec.volumeName !== volume.metadata.name || claim?.status?.phase !== "Bound") continue;
    const wanted = gibOf(claim.spec.resources?.requests?.storage);
    if (wanted <= gibOf(claim.status.capacity?.storage)) continue;
    try {
      if (wanted > gibOf(volume.spec.capacity?.storage)) {
        await deps.invoke("ec2", "ModifyVolume", { VolumeId: volume.spec.csi.volumeHandle, Size: wanted }, await driver.asWriter());
        await kube.patch(VOLUMES, "", volume.metadata.name, "merge", { spec: { capacity: { storage: `${wanted}Gi` } } });
      }
      await kube.patch(CLAIMS, namespace, name, "merge", { status: { capacity: { storage: `${wanted}Gi` } } }, { subresource: "status" });
      storage.tell(claim, "Normal", "FileSystemResizeSuccessful", "MountVolume.NodeExpandVolume succeeded for volume");
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      storage.tell(
        claim,
        "Warning",
        "VolumeResizeFailed",
        `resize volume "${volume.metadata.name}" failed: ${error.code}: ${error.message}`,
      );
    }
  }
}
