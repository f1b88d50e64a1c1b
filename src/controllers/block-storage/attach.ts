// VolumeAttachments: volumes follow the pods that use them from machine to machine.
import { createHash } from "node:crypto";
import { AwsError } from "../../aws/errors.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { claimsOf } from "../../kubernetes/runtime/claims.ts";
import { isAlreadyExists } from "../../kubernetes/runtime/errors.ts";
import { isPodFinished } from "../../kubernetes/runtime/pods.ts";
import { instanceOf, unlessGone } from "../nodegroup/node-objects.ts";
import type { BlockStorage } from "./context.ts";
import type { Driver } from "./driver.ts";

const ATTACHMENTS = "volumeattachments.storage.k8s.io";
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** One volume on one node. */
interface Wanted {
  readonly volume: KubeObject;
  readonly node: string;
  readonly pod: KubeObject;
}

const nameOf = (handle: string, driver: string, node: string) =>
  `csi-${createHash("sha256").update(`${handle}${driver}${node}`).digest("hex")}`;

/** Attaches what pods on nodes use, and detaches what none uses any more. Answers how many attachments failed. */
export async function followPods(storage: BlockStorage, driver: Driver): Promise<number> {
  const { kube } = storage;
  const wanted = wantedAttachments(storage, driver);
  let failed = 0;
  for (const [name, each] of wanted) {
    const present = kube.get(ATTACHMENTS, "", name);
    if (present?.status?.attached || present?.metadata.deletionTimestamp) continue;
    if (!(await attach(storage, driver, name, each))) failed++;
  }
  for (const attachment of kube.list(ATTACHMENTS)) {
    if (attachment.spec?.attacher !== driver.name || wanted.has(attachment.metadata.name)) continue;
    if (!(await detach(storage, driver, attachment))) failed++;
  }
  return failed;
}

function wantedAttachments({ kube }: BlockStorage, driver: Driver): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const pod of kube.list("pods")) {
    const node: string | undefined = pod.spec?.nodeName;
    if (node === undefined || isPodFinished(pod)) continue;
    for (const claimName of claimsOf(pod)) {
      const claim = kube.get("persistentvolumeclaims", pod.metadata.namespace ?? "", claimName);
      const volume = claim?.spec.volumeName ? kube.get("persistentvolumes", "", claim.spec.volumeName) : undefined;
      if (volume?.spec.csi?.driver === driver.name)
        wanted.set(nameOf(volume.spec.csi.volumeHandle, driver.name, node), { volume, node, pod });
    }
  }
  return wanted;
}

async function attach(storage: BlockStorage, driver: Driver, name: string, { volume, node, pod }: Wanted): Promise<boolean> {
  const { kube, deps } = storage;
  const object = {
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: { name, annotations: { "csi.alpha.kubernetes.io/node-id": instanceIdOf(storage, node) } },
    spec: { attacher: driver.name, nodeName: node, source: { persistentVolumeName: volume.metadata.name } },
  };
  await kube.create(ATTACHMENTS, "", object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  const VolumeId: string = volume.spec.csi.volumeHandle;
  const InstanceId = instanceIdOf(storage, node);
  try {
    const options = await driver.asWriter();
    const { Volumes = [] } = await deps.invoke("ec2", "DescribeVolumes", { VolumeIds: [VolumeId] }, storage.asObserver());
    const there = Volumes[0]?.Attachments?.find((each) => each.InstanceId === InstanceId);
    const device = there?.Device ?? (await freeDevice(storage, InstanceId));
    if (!there) await deps.invoke("ec2", "AttachVolume", { VolumeId, InstanceId, Device: device }, options);
    const status = { attached: true, attachmentMetadata: { devicePath: device } };
    await kube.patch(ATTACHMENTS, "", name, "merge", { status }, { subresource: "status" }).catch(unlessGone);
    storage.tell(pod, "Normal", "SuccessfulAttachVolume", `AttachVolume.Attach succeeded for volume "${volume.metadata.name}"`);
    return true;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const cause = `rpc error: code = Internal desc = Could not attach volume "${VolumeId}" to node "${InstanceId}": ${error.code}: ${error.message}`;
    storage.tell(pod, "Warning", "FailedAttachVolume", `AttachVolume.Attach failed for volume "${volume.metadata.name}" : ${cause}`);
    return false;
  }
}

const instanceIdOf = ({ kube }: BlockStorage, node: string): string => {
  const object = kube.get("nodes", "", node);
  return object ? instanceOf(object) : "";
};

/** The first device name the instance does not use: /dev/xvdaa and on. */
async function freeDevice(storage: BlockStorage, instanceId: string): Promise<string> {
  const { Reservations = [] } = await storage.deps.invoke("ec2", "DescribeInstances", { InstanceIds: [instanceId] }, storage.asObserver());
  const used = new Set(Reservations[0]?.Instances?.[0]?.BlockDeviceMappings?.map(({ DeviceName }) => DeviceName));
  const names = [..."abcd"].flatMap((first) => [...LETTERS].map((second) => `/dev/xvd${first}${second}`));
  return names.find((name) => !used.has(name)) ?? names[0]!;
}

async function detach(storage: BlockStorage, driver: Driver, attachment: KubeObject): Promise<boolean> {
  const { kube, deps } = storage;
  const { nodeName, source } = attachment.spec;
  const volume = kube.get("persistentvolumes", "", source?.persistentVolumeName ?? "");
  const InstanceId = instanceIdOf(storage, nodeName);
  const VolumeId: string | undefined = volume?.spec.csi?.volumeHandle;
  try {
    if (VolumeId !== undefined && InstanceId !== "") {
      await deps.invoke("ec2", "DetachVolume", { VolumeId, InstanceId }, await driver.asWriter()).catch((error: unknown) => {
        if (!(error instanceof AwsError) || !/^(IncorrectState|InvalidAttachment|InvalidVolume|InvalidInstanceID)/.test(error.code))
          throw error;
      });
    }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    storage.tell(attachment, "Warning", "FailedDetachVolume", `${error.code}: ${error.message}`);
    return false;
  }
  await kube.delete(ATTACHMENTS, "", attachment.metadata.name).catch(unlessGone);
  return true;
}
