// Attaching volumes to instances and detaching them.
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue, notPermitted, required } from "./errors.ts";
import { refuseOperated } from "./managed.ts";
import type { InstanceRecord, VolumeRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { attachmentView } from "./volume-views.ts";

/** Names EC2 takes for devices besides the root's (EC2 User Guide, "Device names for volumes"). */
const DEVICE = /^(\/dev\/)?(sd[b-z]([1-9]|1[0-5])?|xvd[b-z]|xvd[a-d][a-z]|hd[a-z]([1-9]|1[0-5])?)$/;

function devicesOf(scope: Scope, instance: InstanceRecord): string[] {
  const attached = (instance.volumes ?? []).flatMap((id) => scope.get("volume", id)?.attachments ?? []);
  return [instance.rootVolume.device, ...attached.flatMap((each) => (each.instanceId === instance.id ? [each.device] : []))];
}

function checkAttachable(scope: Scope, volume: VolumeRecord, instance: InstanceRecord, device: string): void {
  if (instance.state !== "running" && instance.state !== "stopped") {
    throw ec2Error("IncorrectState", `Instance '${instance.id}' is not 'running'.`);
  }
  if (volume.zone !== instance.zone) {
    throw ec2Error(
      "InvalidVolume.ZoneMismatch",
      `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
    );
  }
  if (volume.attachments.some((each) => each.instanceId === instance.id) || (volume.attachments.length > 0 && !volume.multiAttach)) {
    throw ec2Error("VolumeInUse", `${volume.id} is already attached to an instance`);
  }
  if (!DEVICE.test(device))
    throw invalidValue(`Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`);
  if (devicesOf(scope, instance).includes(device)) {
    throw invalidValue(`Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`);
  }
}

/** Takes a volume off an instance. Call inside a change. */
export function detachVolume(scope: Scope, volume: VolumeRecord, instanceId: string): void {
  scope.put("volume", { ...volume, attachments: volume.attachments.filter((each) => each.instanceId !== instanceId) });
  const instance = scope.get("instance", instanceId);
  if (instance) scope.put("instance", { ...instance, volumes: (instance.volumes ?? []).filter((id) => id !== volume.id) });
}

export const volumeAttachmentOperations = {
  AttachVolume: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const volume = scope.require("volume", required(input.VolumeId, "VolumeId"));
      const instance = scope.require("instance", required(input.InstanceId, "InstanceId"));
      const device = required(input.Device, "device");
      refuseOperated(call.caller, instance);
      checkAttachable(scope, volume, instance, device);
      const attachment = { instanceId: instance.id, device, deleteOnTermination: false, attachedAt: call.now };
      scope.change(() => {
        scope.put("volume", { ...volume, attachments: [...volume.attachments, attachment] });
        scope.put("instance", { ...instance, volumes: [...(instance.volumes ?? []), volume.id] });
      });
      return attachmentView(volume, attachment, "attaching");
    },
  },

  DetachVolume: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const volume = scope.require("volume", required(input.VolumeId, "VolumeId"));
      if (input.InstanceId) scope.require("instance", input.InstanceId);
      const attachment = volume.attachments.find((each) => input.InstanceId === undefined || each.instanceId === input.InstanceId);
      if (!attachment) {
        throw volume.attachments.length > 0
          ? ec2Error("InvalidAttachment.NotFound", `The volume '${volume.id}' is not attached to instance '${input.InstanceId}'`)
          : ec2Error("IncorrectState", `Volume '${volume.id}' is in the 'available' state.`);
      }
      if (input.Device !== undefined && input.Device !== attachment.device) {
        throw ec2Error(
          "InvalidAttachment.NotFound",
          `The volume '${volume.id}' is not attached to instance '${attachment.instanceId}' as device '${input.Device}'`,
        );
      }
      const instance = scope.get("instance", attachment.instanceId);
      if (instance) refuseOperated(call.caller, instance);
      if (instance?.rootVolume.id === volume.id && instance.state !== "stopped") {
        throw notPermitted(`Unable to detach root volume '${attachment.device}' from instance '${instance.id}'`);
      }
      scope.change(() => detachVolume(scope, volume, attachment.instanceId));
      return attachmentView(volume, attachment, "detaching");
    },
  },
} satisfies Ec2Operations;
