// Changing volumes in place: size, type and performance (Amazon EBS User Guide, "Elastic Volumes").
import type { VolumeModification } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue, required } from "./errors.ts";
import { describe } from "./filters.ts";
import type { VolumeModificationRecord, VolumeRecord } from "./records.ts";
import { volumeFigures } from "./volume-rules.ts";

/** A volume can be modified again after six hours. */
const PAUSE_MS = 6 * 3_600_000;

function modificationView(volume: VolumeRecord, { at, original }: VolumeModificationRecord, running = false): VolumeModification {
  return {
    VolumeId: volume.id,
    ModificationState: running ? "modifying" : "completed",
    Progress: running ? 0 : 100,
    StartTime: new Date(at),
    ...(running ? {} : { EndTime: new Date(at) }),
    TargetSize: volume.size,
    TargetVolumeType: volume.type,
    TargetMultiAttachEnabled: volume.multiAttach,
    OriginalSize: original.size,
    OriginalVolumeType: original.type,
    OriginalMultiAttachEnabled: original.multiAttach,
    ...(volume.iops === undefined ? {} : { TargetIops: volume.iops }),
    ...(volume.throughput === undefined ? {} : { TargetThroughput: volume.throughput }),
    ...(original.iops === undefined ? {} : { OriginalIops: original.iops }),
    ...(original.throughput === undefined ? {} : { OriginalThroughput: original.throughput }),
  };
}

export const volumeModificationOperations = {
  ModifyVolume: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const volume = scope.require("volume", required(input.VolumeId, "VolumeId"));
      const { iops, throughput, multiAttach, type: oldType, size: oldSize } = volume;
      const type = input.VolumeType ?? oldType;
      if (input.Size !== undefined && input.Size < oldSize) {
        throw invalidValue(`New size cannot be smaller than existing size`);
      }
      if (volume.modification && call.now - volume.modification.at < PAUSE_MS) {
        throw ec2Error(
          "VolumeModificationRateExceeded",
          "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume.",
        );
      }
      const keeps = type === oldType && type !== "gp2";
      const figures = volumeFigures({
        type,
        size: input.Size ?? oldSize,
        iops: input.Iops ?? (keeps ? iops : undefined),
        throughput: input.Throughput ?? (keeps ? throughput : undefined),
      });
      const modification = {
        at: call.now,
        original: {
          ...{ type: oldType, size: oldSize, multiAttach },
          ...(iops === undefined ? {} : { iops }),
          ...(throughput === undefined ? {} : { throughput }),
        },
      };
      const { iops: _, throughput: __, ...rest } = volume;
      const changed = { ...rest, ...figures, multiAttach: input.MultiAttachEnabled ?? multiAttach, modification };
      scope.change(() => scope.put("volume", changed));
      return { VolumeModification: modificationView(changed, modification, true) };
    },
  },

  DescribeVolumesModifications: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "volume",
        ids: input.VolumeIds,
        idsName: "VolumeIds",
        get: (id) => scope.get("volume", id),
        list: () => scope.list("volume").filter((each) => each.modification),
        view: (record): VolumeModification =>
          record.modification ? modificationView(record, record.modification) : { VolumeId: record.id },
        fields: {
          "modification-state": (view) => view.ModificationState,
          "original-size": (view) => view.OriginalSize,
          "target-size": (view) => view.TargetSize,
          "volume-id": (view) => view.VolumeId,
        },
      });
      return { VolumesModifications: page.items.filter((view) => view.ModificationState), NextToken: page.NextToken };
    },
  },
} satisfies Ec2Operations;
