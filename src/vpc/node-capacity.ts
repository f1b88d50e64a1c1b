// What a node of an instance type offers pods: capacity, and what is left after the kubelet's reservations (Amazon EKS AMI, kubelet configuration).
import { type InstanceType, maxInterfaces } from "./instance-types.ts";
import { recommendedMaxPods } from "./max-pods.ts";

/** A type nothing is known of is shown as this one. */
const FALLBACK_SIZE = { vcpus: 2, memoryMiB: 8192 };
/** Share of the instance's memory that the kernel leaves visible; AMIs differ by a few MiB. */
const VISIBLE_MEMORY = 0.946;
/** What a root volume of 20 GiB leaves. */
const DISK = { capacityKi: 20_959_212, allocatable: 18_242_267_924 };
const EVICTION_MIB = 100;

/** Quantities by resource name. */
export type Quantities = Readonly<Record<string, string>>;

/** A disk for ephemeral storage: KiB in all, bytes for pods. */
export interface Disk {
  readonly capacityKi: number;
  readonly allocatable: number;
}

/** Pods a node of the type runs: what the bootstrap script gives the kubelet (spec vpc-cni §10.1). */
export function maxPodsOf(type: InstanceType | undefined): number {
  if (!type) return 110;
  return recommendedMaxPods({
    enis: type.cards[0] ?? maxInterfaces(type),
    ipv4: type.ipv4PerInterface,
    ...(type.vcpus && { vcpus: type.vcpus }),
  });
}

/** Pods a Windows node of the type runs: the secondary addresses of its one interface, prefixes or not (spec vpc-cni §7.3). */
export function windowsMaxPods(type: InstanceType | undefined): number {
  return Math.min(type ? type.ipv4PerInterface - 1 : 110, 110);
}

/** A disk of a size: a tenth and the eviction threshold are not for pods. */
export function diskOf(gib: number): Disk {
  const capacityKi = gib * 1024 * 1024;
  return { capacityKi, allocatable: Math.floor(capacityKi * 1024 * 0.87) };
}

/** Capacity and allocatable amounts of a node. */
export function nodeCapacity(
  type: InstanceType | undefined,
  maxPods = maxPodsOf(type),
  disk: Disk = DISK,
): { readonly capacity: Quantities; readonly allocatable: Quantities } {
  const vcpus = type?.vcpus ?? FALLBACK_SIZE.vcpus;
  const memoryKi = Math.floor((type?.memoryMiB ?? FALLBACK_SIZE.memoryMiB) * 1024 * VISIBLE_MEMORY);
  const reservedKi = (255 + 11 * maxPods + EVICTION_MIB) * 1024;
  const fixed = { "hugepages-1Gi": "0", "hugepages-2Mi": "0", pods: String(maxPods) };
  return {
    capacity: { cpu: String(vcpus), "ephemeral-storage": `${disk.capacityKi}Ki`, memory: `${memoryKi}Ki`, ...fixed },
    allocatable: {
      cpu: `${vcpus * 1000 - reservedCpu(vcpus)}m`,
      "ephemeral-storage": String(disk.allocatable),
      memory: `${memoryKi - reservedKi}Ki`,
      ...fixed,
    },
  };
}

/** Millicores: 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest. */
function reservedCpu(vcpus: number): number {
  let reserved = 60;
  if (vcpus > 1) reserved += 10;
  reserved += Math.min(Math.max(vcpus - 2, 0), 2) * 5;
  reserved += Math.max(vcpus - 4, 0) * 2.5;
  return Math.floor(reserved);
}
