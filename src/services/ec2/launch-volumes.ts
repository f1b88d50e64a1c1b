// The volumes instances are launched with, and what becomes of them at the end.
import type { BlockDeviceMapping } from "@aws-sdk/client-ec2";
import { newId } from "./ids.ts";
import type { LaunchSettings } from "./launch-settings.ts";
import type { InstanceRecord, Tags, VolumeRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { detachVolume } from "./volume-attachments.ts";
import { volumeFigures } from "./volume-rules.ts";

/** Size of a root volume that the launch does not size, as in the images of EKS; GiB. */
const IMAGE_SIZE = 20;

/** Makes the root volume and the further volumes of a launch. Call inside a change. Throws EC2's errors about sizes and types. */
export function launchVolumes(
  scope: Scope,
  instanceId: string,
  settings: LaunchSettings,
  tags: Tags,
  operator: string | undefined,
): Pick<InstanceRecord, "rootVolume" | "volumes"> {
  const [root = {}, ...others] = (settings.data.BlockDeviceMappings ?? []).filter((mapping) => mapping.Ebs) as BlockDeviceMapping[];
  const make = (mapping: BlockDeviceMapping, fallback: string): VolumeRecord => {
    const ebs = mapping.Ebs ?? {};
    return scope.put("volume", {
      id: newId(scope.random, "vol"),
      tags,
      zone: settings.subnet.zone,
      zoneId: settings.subnet.zoneId,
      ...volumeFigures({ type: ebs.VolumeType ?? "gp3", size: ebs.VolumeSize ?? IMAGE_SIZE, iops: ebs.Iops, throughput: ebs.Throughput }),
      encrypted: ebs.Encrypted ?? false,
      ...(ebs.KmsKeyId ? { kmsKeyId: ebs.KmsKeyId } : {}),
      multiAttach: false,
      createdAt: scope.clock.now(),
      attachments: [
        {
          instanceId,
          device: mapping.DeviceName ?? fallback,
          deleteOnTermination: ebs.DeleteOnTermination ?? true,
          attachedAt: scope.clock.now(),
        },
      ],
      ...(operator === undefined ? {} : { operator }),
    });
  };
  const first = make(root, "/dev/xvda");
  const { device, deleteOnTermination } = first.attachments[0]!;
  return {
    rootVolume: { id: first.id, device, deleteOnTermination },
    volumes: others.map((mapping, index) => make(mapping, `/dev/sd${String.fromCharCode(102 + index)}`).id),
  };
}

/** At an instance's end its volumes go or become available, as each attachment says. Call inside a change. */
export function releaseVolumes(scope: Scope, instance: InstanceRecord): void {
  for (const id of [instance.rootVolume.id, ...(instance.volumes ?? [])]) {
    const volume = scope.get("volume", id);
    const attachment = volume?.attachments.find((each) => each.instanceId === instance.id);
    if (!volume || !attachment) continue;
    if (attachment.deleteOnTermination && volume.attachments.length === 1) scope.delete("volume", id);
    else detachVolume(scope, volume, instance.id);
  }
}
