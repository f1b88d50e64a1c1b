// Volumes as EC2 prints them, and the filters of DescribeVolumes.
import type { Volume, VolumeAttachment, VolumeAttachmentState } from "@aws-sdk/client-ec2";
import type { Fields } from "./filters.ts";
import { operatorView } from "./managed.ts";
import type { VolumeAttachmentRecord, VolumeRecord } from "./records.ts";
import { tagList } from "./tags.ts";

/** One attachment in a state. */
export function attachmentView(
  volume: VolumeRecord,
  attachment: VolumeAttachmentRecord,
  State: VolumeAttachmentState = "attached",
): VolumeAttachment {
  return {
    VolumeId: volume.id,
    InstanceId: attachment.instanceId,
    Device: attachment.device,
    State,
    AttachTime: new Date(attachment.attachedAt),
    DeleteOnTermination: attachment.deleteOnTermination,
  };
}

/** A volume as DescribeVolumes prints it. */
export function volumeView(volume: VolumeRecord): Volume {
  return {
    VolumeId: volume.id,
    AvailabilityZone: volume.zone,
    AvailabilityZoneId: volume.zoneId,
    CreateTime: new Date(volume.createdAt),
    Encrypted: volume.encrypted,
    ...(volume.kmsKeyId === undefined ? {} : { KmsKeyId: volume.kmsKeyId }),
    Size: volume.size,
    SnapshotId: "",
    State: volume.attachments.length > 0 ? "in-use" : "available",
    VolumeType: volume.type,
    ...(volume.iops === undefined ? {} : { Iops: volume.iops }),
    ...(volume.throughput === undefined ? {} : { Throughput: volume.throughput }),
    MultiAttachEnabled: volume.multiAttach,
    Attachments: volume.attachments.map((each) => attachmentView(volume, each)),
    Operator: operatorView(volume.operator),
    Tags: tagList(volume.tags),
  };
}

const attached =
  (pick: (each: VolumeAttachment) => string | boolean | undefined) =>
  (view: Volume): (string | boolean | undefined)[] =>
    (view.Attachments ?? []).map(pick);

/** Filters of DescribeVolumes. */
export const volumeFields: Fields<Volume> = {
  "attachment.attach-time": attached((each) => each.AttachTime?.toISOString()),
  "attachment.delete-on-termination": attached((each) => each.DeleteOnTermination),
  "attachment.device": attached((each) => each.Device),
  "attachment.instance-id": attached((each) => each.InstanceId),
  "attachment.status": attached((each) => each.State),
  "availability-zone": (view) => view.AvailabilityZone,
  "availability-zone-id": (view) => view.AvailabilityZoneId,
  "create-time": (view) => view.CreateTime?.toISOString(),
  encrypted: (view) => view.Encrypted,
  "multi-attach-enabled": (view) => view.MultiAttachEnabled,
  "operator.managed": (view) => view.Operator?.Managed,
  "operator.principal": (view) => view.Operator?.Principal,
  size: (view) => view.Size,
  "snapshot-id": (view) => view.SnapshotId,
  status: (view) => view.State,
  "volume-id": (view) => view.VolumeId,
  "volume-type": (view) => view.VolumeType,
};
