// RunInstances: instances with their interfaces, all or nothing.

import { createHash } from "node:crypto";
import type { InstanceNetworkInterfaceSpecification, LaunchTemplateSpecification, TagSpecification } from "@aws-sdk/client-ec2";
import type { Caller } from "../../aws/caller.ts";
import { type Ec2Deps, type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue, shortage } from "./errors.ts";
import { newId, newPublicIp } from "./ids.ts";
import { instanceView } from "./instance-views.ts";
import { checkCard } from "./interface-attachments.ts";
import { interfaceContext } from "./interface-views.ts";
import { requestedAddresses } from "./interfaces.ts";
import { type LaunchSettings, metadataOptions, settingsToRun } from "./launch-settings.ts";
import { templateVersion } from "./launch-template-versions.ts";
import { launchVolumes } from "./launch-volumes.ts";
import { makeInterface } from "./make-interface.ts";
import { isService, operatorOf } from "./managed.ts";
import type { Attachment, InstanceRecord, InterfaceRecord, Tags } from "./records.ts";
import type { Scope } from "./scope.ts";
import { checkTags, specifiedTags } from "./tags.ts";
import { once } from "./tokens.ts";

const taggable = ["instance", "network-interface", "volume", "spot-instances-request"];

/** Tags for one resource type; those of the request come after the template's and win. */
function tagsFor(specifications: readonly TagSpecification[], type: string, service: boolean): Tags {
  const others = taggable.filter((each) => each !== type);
  let tags: Tags = {};
  for (const specification of specifications) tags = { ...tags, ...specifiedTags([specification], type, { others, service }) };
  return checkTags(tags, service);
}

/** The tags EC2 puts on what a launch template launched. */
function templateTags(scope: Scope, specification: LaunchTemplateSpecification | undefined): Tags {
  if (!specification) return {};
  const { templateId, version } = templateVersion(scope, specification);
  return { "aws:ec2launchtemplate:id": templateId, "aws:ec2launchtemplate:version": String(version) };
}

/** ARN and id of the instance profile. Error: InvalidParameterValue if IAM does not know it. */
export function resolveProfile(deps: Ec2Deps, scope: Scope, profile: LaunchSettings["profile"]): InstanceRecord["profile"] {
  if (!profile || (profile.arn === undefined && profile.name === undefined)) return undefined;
  const arn = profile.arn ?? `arn:${scope.partition}:iam::${scope.account}:instance-profile/${profile.name}`;
  if (deps.profiles && !deps.profiles.instanceProfileRole(arn)) {
    const [member, value] = profile.arn === undefined ? ["name", profile.name] : ["arn", profile.arn];
    throw invalidValue(
      `Value (${value}) for parameter iamInstanceProfile.${member} is invalid. Invalid IAM Instance Profile ${member === "arn" ? "ARN" : "name"}`,
    );
  }
  const id = `AIPA${createHash("sha256")
    .update(arn)
    .digest("hex")
    .toUpperCase()
    .replace(/[^A-Z2-7]/g, "Q")
    .slice(0, 17)}`;
  return { arn, id, associationId: newId(scope.random, "iip-assoc") };
}

/** Interface specifications of one instance; without any, one interface in the launch's subnet. */
function specifications(settings: LaunchSettings): readonly InstanceNetworkInterfaceSpecification[] {
  const listed = settings.networkInterfaces;
  const primary: InstanceNetworkInterfaceSpecification = {
    DeviceIndex: 0,
    Groups: [...settings.groups],
    ...(settings.privateIp === undefined ? {} : { PrivateIpAddress: settings.privateIp }),
  };
  if (listed.length === 0) return [primary];
  return listed.some((each) => (each.DeviceIndex ?? 0) === 0 && (each.NetworkCardIndex ?? 0) === 0) ? listed : [primary, ...listed];
}

function attachmentOf(
  scope: Scope,
  instanceId: string,
  specification: InstanceNetworkInterfaceSpecification,
  created: boolean,
): Attachment {
  return {
    id: newId(scope.random, "eni-attach"),
    instanceId,
    instanceOwnerId: scope.account,
    deviceIndex: specification.DeviceIndex ?? 0,
    cardIndex: specification.NetworkCardIndex ?? 0,
    deleteOnTermination: specification.DeleteOnTermination ?? created,
    attachedAt: scope.clock.now(),
  };
}

/** Makes or takes one interface of an instance. Call inside a change. */
function equip(
  scope: Scope,
  instanceId: string,
  settings: LaunchSettings,
  specification: InstanceNetworkInterfaceSpecification,
  attached: readonly InterfaceRecord[],
  tags: Tags,
  caller: Caller,
): InterfaceRecord {
  const attachment = attachmentOf(scope, instanceId, specification, specification.NetworkInterfaceId === undefined);
  checkCard(settings.type.name, attached, attachment.cardIndex, attachment.deviceIndex);
  if (
    attached.some((each) => each.attachment?.deviceIndex === attachment.deviceIndex && each.attachment.cardIndex === attachment.cardIndex)
  ) {
    throw invalidValue(`Each network interface requires a unique device index.`);
  }
  if (specification.NetworkInterfaceId !== undefined) {
    const existing = scope.require("network-interface", specification.NetworkInterfaceId);
    if (existing.attachment) throw ec2Error("InvalidNetworkInterface.InUse", `Interface: [${existing.id}] in use.`);
    return scope.put("network-interface", { ...existing, attachment });
  }
  const subnet = specification.SubnetId ? scope.require("subnet", specification.SubnetId) : settings.subnet;
  if (subnet.zone !== settings.subnet.zone) throw invalidValue(`Network interfaces of an instance must be in the same availability zone.`);
  const { primary, request } = requestedAddresses(specification);
  const groups = specification.Groups?.length ? specification.Groups : settings.groups;
  const made = makeInterface(scope, {
    subnet,
    description: specification.Description ?? "",
    groups,
    ...(primary === undefined ? {} : { primary }),
    request,
    primaryIpv6: specification.PrimaryIpv6 ?? false,
    type: (specification.InterfaceType as InterfaceRecord["type"] | undefined) ?? "interface",
    tags,
    attachment,
    instanceType: settings.type.name,
    requesterId: caller.userId,
  });
  const wantsPublic = specification.AssociatePublicIpAddress ?? (attachment.deviceIndex === 0 && subnet.mapPublicIp);
  return wantsPublic && made.addresses.length > 0 ? scope.put("network-interface", { ...made, publicIp: newPublicIp(scope.random) }) : made;
}

/** How many of the wanted instances the subnet has addresses for. */
function launchCount(scope: Scope, settings: LaunchSettings, minimum: number, maximum: number): number {
  const need = specifications(settings)
    .filter((each) => each.NetworkInterfaceId === undefined && (each.SubnetId ?? settings.subnet.id) === settings.subnet.id)
    .reduce((sum, each) => sum + 1 + (each.SecondaryPrivateIpAddressCount ?? 0), 0);
  const book = scope.books.of(settings.subnet.id).v4;
  const possible = need === 0 || !book ? maximum : Math.floor(book.available / need);
  if (possible < minimum) throw shortage.addresses();
  return Math.min(maximum, possible);
}

/** Writes one instance with its interfaces. Call inside a change. */
function launch(
  scope: Scope,
  settings: LaunchSettings,
  shared: Omit<InstanceRecord, "id" | "interfaces" | "launchIndex" | "rootVolume" | "volumes">,
  index: number,
  interfaceTags: Tags,
  volumeTags: Tags,
  caller: Caller,
): string {
  const id = scope.newId("instance");
  const interfaces: InterfaceRecord[] = [];
  for (const specification of specifications(settings)) {
    interfaces.push(equip(scope, id, settings, specification, interfaces, interfaceTags, caller));
  }
  const { rootVolume, volumes } = launchVolumes(scope, id, settings, volumeTags, shared.operator);
  scope.put("instance", { ...shared, id, interfaces: interfaces.map((each) => each.id), launchIndex: index, rootVolume, volumes });
  return id;
}

export const runInstancesOperations = {
  RunInstances: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const service = isService(call.caller);
      let launched = false;
      const ids = once(scope, "RunInstances", input, () => {
        const settings = settingsToRun(scope, input);
        const { data } = settings;
        const count = launchCount(scope, settings, input.MinCount!, input.MaxCount!);
        const profile = resolveProfile(deps, scope, settings.profile);
        const tags = tagsFor(settings.tagSpecifications, "instance", service);
        const interfaceTags = tagsFor(settings.tagSpecifications, "network-interface", service);
        const volumeTags = tagsFor(settings.tagSpecifications, "volume", service);
        const operator = operatorOf(call.caller, input.Operator);
        const shared = {
          tags: { ...tags, ...templateTags(scope, input.LaunchTemplate) },
          reservationId: newId(scope.random, "r"),
          ...(service ? { requesterId: call.caller.userId } : {}),
          ...(input.ClientToken ? { clientToken: input.ClientToken } : {}),
          type: settings.type.name,
          imageId: settings.imageId,
          state: "pending" as const,
          launchedAt: scope.clock.now(),
          subnetId: settings.subnet.id,
          vpcId: settings.subnet.vpcId,
          zone: settings.subnet.zone,
          ...(profile ? { profile } : {}),
          ...(operator === undefined ? {} : { operator }),
          ...(data.KeyName ? { keyName: data.KeyName } : {}),
          ...(data.UserData ? { userData: data.UserData } : {}),
          metadata: metadataOptions(data),
          ebsOptimized: data.EbsOptimized ?? false,
          monitoring: data.Monitoring?.Enabled ?? false,
          apiTermination: !(data.DisableApiTermination ?? false),
          shutdownBehavior: data.InstanceInitiatedShutdownBehavior ?? ("stop" as const),
          spot: data.InstanceMarketOptions?.MarketType === "spot",
          tenancy: data.Placement?.Tenancy ?? ("default" as const),
        };
        launched = true;
        return Array.from({ length: count }, (_, index) => launch(scope, settings, shared, index, interfaceTags, volumeTags, call.caller));
      });
      if (launched) for (const id of ids) deps.transition(scope, "instance", id);
      const context = interfaceContext(scope);
      const records = ids.flatMap((id) => scope.get("instance", id) ?? []);
      return {
        ReservationId: records[0]?.reservationId,
        OwnerId: scope.account,
        ...(records[0]?.requesterId === undefined ? {} : { RequesterId: records[0].requesterId }),
        Groups: [],
        Instances: records.map((record) => instanceView(scope, record, context)),
      };
    },
  },
} satisfies Ec2Operations;
