// Binds claims to volumes, and plays the provisioner of CSI drivers that are installed (their CSIDriver object exists).
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound, isAlreadyExists } from "../../runtime/errors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { classOf, driverOf, matchingVolume } from "../../runtime/volumes.ts";
import { provisionedVolume } from "./binding.ts";

const type = "persistentvolumeclaims";
const volumes = "persistentvolumes";
const classes = "storageclasses.storage.k8s.io";
const drivers = "csidrivers.storage.k8s.io";
const selectedNode = "volume.kubernetes.io/selected-node";
const bindCompleted = "pv.kubernetes.io/bind-completed";
const boundBy = "pv.kubernetes.io/bound-by-controller";

/** The persistent volume claim controller: binding and provisioning. */
export function claimController(deps: ControllerDeps, external: readonly string[] = []): Controller {
  const { stores } = deps;
  const pending = () =>
    stores
      .of(type)
      .list()
      .filter((claim) => claim.status?.phase !== "Bound")
      .map(keyOf);
  return {
    name: "persistentvolumeclaim",
    watches: [
      { type, keys: ({ object }) => [keyOf(object)] },
      {
        type: volumes,
        keys: ({ object }) => (object.spec?.claimRef ? [`${object.spec.claimRef.namespace}/${object.spec.claimRef.name}`] : pending()),
      },
      { type: classes, keys: pending },
      { type: drivers, keys: pending },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const claim = stores.of(type).get(namespace, name);
      if (!claim || claim.metadata.deletionTimestamp) return undefined;
      if (claim.spec.volumeName) await confirm(deps, claim);
      else await find(deps, claim, external);
      return undefined;
    },
  };
}

/** An unbound claim: a volume that fits, or one made for it. */
async function find(deps: ControllerDeps, claim: KubeObject, external: readonly string[]): Promise<void> {
  const { stores, events, client } = deps;
  const storageClass = classOf(claim) ? stores.of(classes).get("", classOf(claim)) : undefined;
  const delayed = storageClass?.volumeBindingMode === "WaitForFirstConsumer";
  const node = claim.metadata.annotations?.[selectedNode];
  const fitting = delayed && !node ? undefined : matchingVolume(claim, stores.of(volumes).list());
  if (fitting) return bind(deps, claim, fitting);
  if (!claim.status?.phase) await ignoreNotFound(client.updateStatus(type, { ...claim, status: { ...claim.status, phase: "Pending" } }));
  if (delayed && !node) {
    events.event(claim, "Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
    return;
  }
  if (!classOf(claim)) {
    events.event(claim, "Normal", "FailedBinding", "no persistent volumes available for this claim and no storage class is set");
    return;
  }
  if (!storageClass) {
    events.event(claim, "Warning", "ProvisioningFailed", `storageclass.storage.k8s.io "${classOf(claim)}" not found`);
    return;
  }
  const driver = driverOf(storageClass.provisioner);
  const installed = /\.csi\.(eks\.amazon)?aws\.com$|\.csi\.eks\.amazonaws\.com$/.test(driver) && stores.of(drivers).get("", driver);
  if (!installed || external.includes(driver)) {
    const message = `Waiting for a volume to be created either by the external provisioner '${storageClass.provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
    events.event(claim, "Normal", "ExternalProvisioning", message);
    return;
  }
  await provision(deps, claim, storageClass, node);
}

async function provision(deps: ControllerDeps, claim: KubeObject, storageClass: KubeObject, node: string | undefined): Promise<void> {
  const { client, stores, events } = deps;
  const zones = stores
    .of("nodes")
    .list()
    .map((each) => each.metadata.labels?.["topology.kubernetes.io/zone"])
    .filter((zone) => zone !== undefined)
    .sort();
  const zone = node ? stores.of("nodes").get("", node)?.metadata.labels?.["topology.kubernetes.io/zone"] : zones[0];
  const volume = provisionedVolume(claim, storageClass, zone);
  const { namespace, name } = claim.metadata;
  events.event(claim, "Normal", "Provisioning", `External provisioner is provisioning volume for claim "${namespace}/${name}"`);
  try {
    stores.of(volumes).observe(await client.create(volumes, "", volume));
    events.event(claim, "Normal", "ProvisioningSucceeded", `Successfully provisioned volume ${volume.metadata.name}`);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const made = client.get(volumes, "", volume.metadata.name!);
  if (made) await bind(deps, claim, made);
}

async function bind({ client, stores }: ControllerDeps, claim: KubeObject, volume: KubeObject): Promise<void> {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  if (volume.spec.claimRef?.uid !== uid) {
    const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid, resourceVersion };
    const annotations = { ...volume.metadata.annotations, ...(volume.spec.claimRef ? {} : { [boundBy]: "yes" }) };
    const next = { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef } };
    stores.of(volumes).observe(await client.update(volumes, next));
  }
  const annotations = { ...claim.metadata.annotations, [bindCompleted]: "yes", [boundBy]: "yes" };
  const next = { ...claim, metadata: { ...claim.metadata, annotations }, spec: { ...claim.spec, volumeName: volume.metadata.name } };
  const written = await client.update(type, next);
  stores.of(type).observe(written);
  await confirm({ client, stores } as ControllerDeps, written);
}

/** A claim that names its volume: its phase follows. */
async function confirm({ client, stores }: ControllerDeps, claim: KubeObject): Promise<void> {
  const volume = stores.of(volumes).get("", claim.spec.volumeName);
  const mine = volume?.spec.claimRef?.uid === claim.metadata.uid;
  const free = volume && !volume.spec.claimRef;
  if (free || (volume && !volume.spec.claimRef?.uid && volume.spec.claimRef?.name === claim.metadata.name)) {
    await bind({ client, stores } as ControllerDeps, claim, volume);
    return;
  }
  const phase = mine ? "Bound" : claim.status?.phase === "Bound" ? "Lost" : "Pending";
  if (claim.status?.phase === phase) return;
  const bound = mine ? { accessModes: volume.spec.accessModes, capacity: volume.spec.capacity } : {};
  stores.of(type).observe(await client.updateStatus(type, { ...claim, status: { ...claim.status, phase, ...bound } }));
}
