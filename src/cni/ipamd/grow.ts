// One step of growth: addresses on an interface that has room, or a new interface (spec vpc-cni §3.6).
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { DataStore, Eni } from "../pool/data-store.ts";
import { type PoolLimits, wantedOnExisting, wantedOnNew } from "../pool/targets.ts";
import type { IpamSettings } from "../settings.ts";
import type { Ec2, InterfaceFacts } from "./ec2.ts";
import type { InstanceFacts } from "./instance.ts";
import { candidateSubnets, NO_VALID_SUBNETS } from "./subnet-choice.ts";

/** What growth works with. */
export interface GrowthFacts {
  readonly store: DataStore;
  readonly limits: PoolLimits;
  readonly settings: IpamSettings;
  readonly instance: InstanceFacts;
  readonly ec2: Ec2;
  readonly clock: Clock;
  readonly log: Log;
}

const SHORTAGE_CODES = new Set(["InsufficientFreeAddressesInSubnet", "InsufficientCidrBlocks"]);

/** Whether an EC2 error says that a subnet is used up: growth then pauses. */
export function isShortage(error: unknown): boolean {
  return SHORTAGE_CODES.has((error as { code?: string }).code ?? "");
}

/** Adds addresses or an interface; false if nothing could be added. Rejects with EC2's error. */
export async function grow(facts: GrowthFacts): Promise<boolean> {
  if (await addToExisting(facts)) return true;
  if (facts.store.enis.size >= facts.limits.maxEnis) return false;
  return addInterface(facts);
}

async function addToExisting({ store, limits, settings, ec2, clock }: GrowthFacts): Promise<boolean> {
  const want = wantedOnExisting(store.stats(clock.now()), settings, limits);
  if (want <= 0) return false;
  for (const eni of store.enis.values()) {
    const room = limits.slotsPerEni - eni.cidrs.size;
    if (room <= 0 || eni.isExcluded) continue;
    try {
      if ((await assign(store, ec2, eni, Math.min(room, want))) > 0) return true;
    } catch (error) {
      if (!isShortage(error) || !settings.subnetDiscovery) throw error;
    }
  }
  return false;
}

async function assign(store: DataStore, ec2: Ec2, eni: Eni, want: number): Promise<number> {
  const ask = (count: number) => ec2.assign(eni.id, store.prefixMode ? { prefixes: count } : { addresses: count });
  // Upstream asks for one when the whole wish is refused: a nearly full subnet still serves a pod.
  const granted = await ask(want).catch((error) => (want > 1 ? ask(1) : Promise.reject(error)));
  for (const item of granted) store.addCidr(eni.id, store.prefixMode ? item : `${item}/32`);
  return granted.length;
}

async function addInterface(facts: GrowthFacts): Promise<boolean> {
  const { store, limits, settings, instance, clock } = facts;
  const units = wantedOnNew(store.stats(clock.now()), settings, limits);
  if (units <= 0) return false;
  const created = await create(facts, units);
  const deviceNumber = await attach(facts, created);
  store.addEni({
    id: created.id,
    createdAt: clock.now(),
    isPrimary: false,
    deviceNumber,
    subnetId: created.subnetId,
    primaryIp: created.primaryIp,
    isExcluded: false,
  });
  for (const address of created.addresses) store.addCidr(created.id, `${address}/32`);
  for (const prefix of created.prefixes) store.addCidr(created.id, prefix);
  facts.log.info({ instance: instance.instanceId, eni: created.id, units }, "added interface");
  return created.addresses.length + created.prefixes.length > 0;
}

async function create({ store, settings, ec2, instance, clock }: GrowthFacts, units: number): Promise<InterfaceFacts> {
  const interfaces = await ec2.interfacesOf(instance.instanceId);
  const groups = interfaces.find((eni) => eni.deviceIndex === 0)?.groups ?? [];
  const subnets = settings.subnetDiscovery
    ? candidateSubnets(await ec2.subnets(instance.vpcId, instance.zone), instance.subnetId, settings.clusterName)
    : [instance.subnetId];
  let failure: unknown = new Error(NO_VALID_SUBNETS);
  for (const subnetId of subnets) {
    try {
      return await ec2.createInterface({
        subnetId,
        groups,
        description: `aws-K8S-${instance.instanceId}`,
        tags: tags(settings, instance.instanceId, clock.now()),
        ...(store.prefixMode ? { prefixes: units } : { addresses: units }),
      });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function attach({ ec2, instance }: GrowthFacts, created: InterfaceFacts): Promise<number> {
  try {
    const used = new Set((await ec2.interfacesOf(instance.instanceId)).map((eni) => eni.deviceIndex));
    let index = 0;
    while (used.has(index)) index++;
    const attachmentId = await ec2.attach(created.id, instance.instanceId, index);
    await ec2.deleteOnTermination(created.id, attachmentId);
    return index;
  } catch (error) {
    await ec2.delete(created.id).catch(() => {});
    throw error;
  }
}

function tags(settings: IpamSettings, instanceId: string, now: number): Record<string, string> {
  return {
    ...settings.additionalTags,
    "node.k8s.amazonaws.com/createdAt": new Date(now).toISOString().replace(/\.\d+Z$/, "Z"),
    "node.k8s.amazonaws.com/instance_id": instanceId,
    ...(settings.clusterName && { "cluster.k8s.amazonaws.com/name": settings.clusterName, "eks:eni:owner": "amazon-vpc-cni" }),
  };
}
