// EBS volumes: create, describe, delete. A volume is available as soon as it is made.
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, missingParameter, required, unsupported } from "./errors.ts";
import { describe } from "./filters.ts";
import { isService, operatorOf, refuseOperated } from "./managed.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags } from "./tags.ts";
import { once } from "./tokens.ts";
import { volumeFigures } from "./volume-rules.ts";
import { volumeFields, volumeView } from "./volume-views.ts";
import { type Zone, zonesOf } from "./zones.ts";

function requireZone(scope: Scope, name: string | undefined, id: string | undefined): Zone {
  if (name === undefined && id === undefined) throw missingParameter("availabilityZone");
  const zone = zonesOf(scope.region).find((each) => (name === undefined ? each.id === id : each.name === name));
  if (!zone) throw ec2Error("InvalidZone.NotFound", `The zone '${name ?? id}' does not exist.`);
  return zone;
}

export const volumeOperations = {
  CreateVolume: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const [id = ""] = once(scope, "CreateVolume", input, () => {
        const zone = requireZone(scope, input.AvailabilityZone, input.AvailabilityZoneId);
        if (input.SnapshotId) throw ec2Error("InvalidSnapshot.NotFound", `The snapshot '${input.SnapshotId}' does not exist.`);
        if (input.OutpostArn) throw unsupported("Volumes on Outposts are not supported.");
        const figures = volumeFigures({
          type: input.VolumeType ?? "gp2",
          size: input.Size,
          iops: input.Iops,
          throughput: input.Throughput,
        });
        const multiAttach = input.MultiAttachEnabled ?? false;
        if (multiAttach && !/^io[12]$/.test(figures.type)) {
          throw invalidCombination(`The parameter MultiAttachEnabled is not supported for ${figures.type} volumes.`);
        }
        if (input.KmsKeyId && !input.Encrypted) {
          throw ec2Error("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.");
        }
        const operator = operatorOf(call.caller, input.Operator);
        const made = scope.put("volume", {
          id: scope.newId("volume"),
          tags: specifiedTags(input.TagSpecifications, "volume", { service: isService(call.caller) }),
          zone: zone.name,
          zoneId: zone.id,
          ...figures,
          encrypted: input.Encrypted ?? false,
          ...(input.KmsKeyId ? { kmsKeyId: input.KmsKeyId } : {}),
          multiAttach,
          createdAt: call.now,
          attachments: [],
          ...(operator === undefined ? {} : { operator }),
        });
        return [made.id];
      });
      const { Attachments: _, ...made } = volumeView(scope.require("volume", id));
      return { ...made, State: "creating" };
    },
  },

  DescribeVolumes: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "volume",
        ids: input.VolumeIds,
        idsName: "volumeSet",
        get: (id) => scope.get("volume", id),
        list: () => scope.list("volume"),
        view: volumeView,
        fields: volumeFields,
      });
      return { Volumes: page.items, NextToken: page.NextToken };
    },
  },

  DescribeVolumeStatus: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "volume",
        ids: input.VolumeIds,
        idsName: "VolumeIds",
        get: (id) => scope.get("volume", id),
        list: () => scope.list("volume"),
        view: (record) => ({
          VolumeId: record.id,
          AvailabilityZone: record.zone,
          VolumeStatus: { Status: "ok" as const, Details: [{ Name: "io-enabled" as const, Status: "passed" }] },
          Events: [],
          Actions: [],
        }),
        fields: {
          "availability-zone": (view) => view.AvailabilityZone,
          "volume-status.status": (view) => view.VolumeStatus.Status,
          "volume-status.details-name": (view) => view.VolumeStatus.Details.map((each) => each.Name),
        },
      });
      return { VolumeStatuses: page.items, NextToken: page.NextToken };
    },
  },

  DeleteVolume: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const volume = scope.require("volume", required(input.VolumeId, "VolumeId"));
      const [attachment] = volume.attachments;
      if (attachment) throw ec2Error("VolumeInUse", `Volume ${volume.id} is currently attached to ${attachment.instanceId}`);
      refuseOperated(call.caller, volume, "volume");
      scope.change(() => scope.delete("volume", volume.id));
      return {};
    },
  },
} satisfies Ec2Operations;
