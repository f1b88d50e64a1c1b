// Attaching interfaces to instances and detaching them (spec vpc-cni §2.4).
import { instanceType } from "../../vpc/instance-types.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue, notPermitted, required, unsupported } from "./errors.ts";
import { newId } from "./ids.ts";
import { checkRoom } from "./interface-addresses.ts";
import { refuseManaged } from "./managed.ts";
import type { InstanceRecord, InterfaceRecord } from "./records.ts";
import type { Scope } from "./scope.ts";

const nothing = { addresses: [], prefixes: [], addresses6: [], prefixes6: [] };

/** Checks that a card of an instance's type has room for one more interface. `attached` are those on the instance. */
export function checkCard(typeName: string, attached: readonly InterfaceRecord[], cardIndex: number, deviceIndex: number): void {
  const type = instanceType(typeName);
  const limit = type?.cards[cardIndex];
  if (type && limit === undefined) throw invalidValue(`Network card index ${cardIndex} exceeds the limit for ${typeName}`);
  if (deviceIndex < 0) throw invalidValue(`Invalid value '${deviceIndex}' for deviceIndex. It must not be negative.`);
  const onCard = attached.filter((record) => record.attachment?.cardIndex === cardIndex);
  if (limit !== undefined && onCard.length + 1 > limit) {
    throw ec2Error("AttachmentLimitExceeded", `Interface count ${onCard.length + 1} exceeds the limit for ${typeName}`);
  }
}

/** Interfaces attached to an instance, by device index. */
export function interfacesOf(scope: Scope, instance: InstanceRecord): InterfaceRecord[] {
  return instance.interfaces
    .flatMap((id) => scope.get("network-interface", id) ?? [])
    .sort((a, b) => a.attachment!.cardIndex - b.attachment!.cardIndex || a.attachment!.deviceIndex - b.attachment!.deviceIndex);
}

/** Takes an interface off its instance. Call inside a change. */
export function detach(scope: Scope, record: InterfaceRecord): InterfaceRecord {
  const { attachment, publicIp: _, ...rest } = record;
  const instance = attachment?.instanceId === undefined ? undefined : scope.get("instance", attachment.instanceId);
  if (instance) scope.put("instance", { ...instance, interfaces: instance.interfaces.filter((id) => id !== record.id) });
  return scope.put("network-interface", rest);
}

export const interfaceAttachmentOperations = {
  AttachNetworkInterface: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      const instance = scope.require("instance", required(input.InstanceId, "instanceId"));
      const deviceIndex = required(input.DeviceIndex, "deviceIndex");
      const cardIndex = input.NetworkCardIndex ?? 0;
      refuseManaged(call.caller, record);
      const branch = scope.list("trunk-association").some((each) => each.branchId === record.id);
      if (record.attachment || branch) {
        throw ec2Error("InvalidNetworkInterface.InUse", `Interface: [${record.id}] in use.`);
      }
      if (!["running", "stopped", "pending"].includes(instance.state)) {
        throw ec2Error("IncorrectState", `Instance '${instance.id}' is not 'running' or 'stopped'.`);
      }
      if (record.zone !== instance.zone) {
        throw ec2Error(
          "InvalidParameterCombination",
          `You may not attach a network interface to an instance if they are not in the same availability zone`,
        );
      }
      if (record.vpcId !== instance.vpcId) throw unsupported("Interfaces of another VPC cannot be attached.");
      const attached = interfacesOf(scope, instance);
      if (attached.some((each) => each.attachment?.deviceIndex === deviceIndex && each.attachment.cardIndex === cardIndex)) {
        throw invalidValue(`Instance '${instance.id}' already has an interface attached at device index '${deviceIndex}'.`);
      }
      checkCard(instance.type, attached, cardIndex, deviceIndex);
      checkRoom(nothing, record, instance.type);
      if (record.type === "trunk") {
        const type = instanceType(instance.type);
        if (type && type.branches === 0) throw unsupported(`Trunk interfaces are not supported on instance type '${type.name}'.`);
      }
      const id = newId(scope.random, "eni-attach");
      scope.change(() => {
        scope.put("network-interface", {
          ...record,
          attachment: {
            id,
            instanceId: instance.id,
            instanceOwnerId: scope.account,
            deviceIndex,
            cardIndex,
            deleteOnTermination: false,
            attachedAt: scope.clock.now(),
          },
        });
        scope.put("instance", { ...instance, interfaces: [...instance.interfaces, record.id] });
      });
      return { AttachmentId: id, NetworkCardIndex: cardIndex };
    },
  },

  DetachNetworkInterface: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const id = required(input.AttachmentId, "attachmentId");
      const record = scope.list("network-interface").find((each) => each.attachment?.id === id);
      if (!record) throw ec2Error("InvalidAttachmentID.NotFound", `The attachment '${id}' does not exist`);
      refuseManaged(call.caller, record);
      if (record.attachment!.deviceIndex === 0 && record.attachment!.cardIndex === 0 && record.attachment!.instanceId !== undefined) {
        throw notPermitted("The network interface at device index 0 and networkCard index 0 cannot be detached.");
      }
      if (scope.list("trunk-association").some((each) => each.trunkId === record.id)) {
        throw ec2Error("InvalidNetworkInterface.InUse", `Interface: [${record.id}] in use.`);
      }
      scope.change(() => detach(scope, record));
      return {};
    },
  },
} satisfies Ec2Operations;
