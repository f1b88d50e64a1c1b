// Growth by a new interface: create, attach, wait, adopt (spec vpc-cni §3.6, §3.7).
import { wantedOnNew } from "../pool/targets.ts";
import { adoptInterface } from "./adopt.ts";
import { isPrimary, onCard } from "./classify.ts";
import type { IpamdContext } from "./context.ts";
import type { InterfaceFacts, NewInterface } from "./ec2.ts";
import { freeInterface } from "./free-interface.ts";
import { waitForInterface } from "./metadata.ts";
import { WAIT_PACE } from "./retry.ts";
import { NO_VALID_SUBNETS, subnetsToTry } from "./subnet-choice.ts";
import { newInterfaceTags } from "./tags.ts";

/** Device indexes EC2 knows. */
const DEVICE_INDEXES = 100;

/** Whether the instance may get another interface; the trunk's place is kept free. */
export function hasRoom({ card, store, limits, settings, instance, unmanaged }: IpamdContext): boolean {
  const hasTrunk = [...store.enis.values()].some((eni) => eni.isTrunk);
  const trunkReserve = card === 0 && settings.podEni && (instance.trunkCapable ?? true) && !hasTrunk ? 1 : 0;
  return store.enis.size < limits.maxEnis - unmanaged.size - trunkReserve;
}

/** Adds an interface with addresses; false if none is wanted. Rejects with EC2's error; nothing half made stays behind. */
export async function addInterface(context: IpamdContext): Promise<boolean> {
  const { store, limits, settings, instance, ec2, clock, log, card } = context;
  const units = Math.min(wantedOnNew(store.stats(clock.now()), settings, limits), limits.slotsPerEni);
  if (units <= 0) return false;
  const present = await ec2.interfacesOf(instance.instanceId);
  const created = await create(context, present, units);
  await attach(context, created, present);
  if (settings.ipv6) await ec2.assign(created.id, { prefixes6: units });
  const pace = context.pace(WAIT_PACE);
  const shown = await waitForInterface(created.id, units, { store, metadata: context.metadata, clock, pace });
  await adoptInterface(context, shown, false);
  log.info({ instance: instance.instanceId, card, eni: created.id, units }, "added interface");
  return shown.addresses.length + shown.prefixes.length + shown.prefixes6.length > 0;
}

async function create(context: IpamdContext, present: readonly InterfaceFacts[], units: number): Promise<InterfaceFacts> {
  const { store, settings, ec2, instance, clock } = context;
  const config = settings.customNetworking ? context.eniConfig() : undefined;
  const primary = present.find(isPrimary);
  const own = primary?.groups ?? [];
  const subnets = config ? [config.subnetId] : await subnetsToTry(settings, instance, ec2);
  const input: Omit<NewInterface, "subnetId"> = {
    groups: config && config.securityGroups.length > 0 ? config.securityGroups : own,
    description: `aws-K8S-${instance.instanceId}`,
    tags: newInterfaceTags(settings, instance.instanceId, clock.now()),
    ...(settings.ipv6 ? {} : store.prefixMode ? { prefixes: units } : { addresses: units }),
    ...(primary?.connectionTracking && { connectionTracking: primary.connectionTracking }),
  };
  let failure: unknown = new Error(NO_VALID_SUBNETS);
  for (const subnetId of subnets) {
    if (context.isStopping()) throw new Error("ipamd is stopping");
    try {
      return await ec2.createInterface({ subnetId, ...input });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function attach(context: IpamdContext, created: InterfaceFacts, present: readonly InterfaceFacts[]): Promise<void> {
  const { ec2, instance, card } = context;
  let attachmentId: string;
  try {
    attachmentId = await ec2.attach(created.id, instance.instanceId, freeDeviceIndex(onCard(present, card)), card);
  } catch (error) {
    await ec2.delete(created.id).catch(() => {});
    throw error;
  }
  try {
    await ec2.deleteOnTermination(created.id, attachmentId);
  } catch (error) {
    await freeInterface(context, created.id, created.primaryIp).catch(() => {});
    throw error;
  }
}

function freeDeviceIndex(present: readonly InterfaceFacts[]): number {
  const used = new Set(present.map((eni) => eni.deviceIndex));
  for (let index = 0; index < DEVICE_INDEXES; index++) if (!used.has(index)) return index;
  throw new Error("no available device number");
}
