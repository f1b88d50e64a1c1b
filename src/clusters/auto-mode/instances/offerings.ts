// What can be launched: instance types in zones, as labels, capacity and an order of price that follows size and family.
import { type InstanceType, instanceType, instanceTypeNames } from "../../../vpc/instance-types.ts";
import { diskOf, maxPodsOf, nodeCapacity, type Quantities } from "../../../vpc/node-capacity.ts";
import { encryptsInTransit, gpusOf, isLaunched, type TypeName, typeName } from "./families.ts";

export type CapacityType = "on-demand" | "spot";

/** A zone with a subnet for nodes. */
export interface NodeZone {
  readonly name: string;
  readonly id: string;
}

/** One instance type in one zone. */
export interface Offering {
  readonly type: string;
  readonly zone: string;
  readonly capacityType: CapacityType;
  /** Comparable with other offerings' only; *not* a price of AWS. */
  readonly price: number;
  /** Labels a node of the offering carries. */
  readonly labels: Readonly<Record<string, string>>;
  readonly capacity: Quantities;
  readonly allocatable: Quantities;
}

/** Pods a node of Auto Mode runs at most (spec eks-control-plane §16.4, vpc-cni §7.4). */
export const autoMaxPods = (type: InstanceType | undefined): number => Math.min(110, maxPodsOf(type));

const ARCH = { x86_64: "amd64", arm64: "arm64" } as const;
const SPOT_SHARE = 0.4;

/** Cost of a type in units of its own: processors and memory, times what the family's letters usually cost. */
export function priceOf(type: InstanceType, name: TypeName): number {
  const base = (type.vcpus ?? 2) * 37 + ((type.memoryMiB ?? 8192) / 1024) * 2.75;
  const { category, generation, attributes, manufacturer } = name;
  const factors = [
    manufacturer === "aws" ? 0.8 : manufacturer === "amd" ? 0.9 : 1,
    attributes.includes("flex") ? 0.95 : 1,
    /[nbe]/.test(attributes.replace("-flex", "")) ? 1.25 : 1,
    attributes.includes("d") ? 1.18 : 1,
    attributes.includes("z") ? 1.4 : 1,
    /^[cmrt]$/.test(category) ? 1 : 1.6,
    gpusOf(name) ? 8 : 1,
    type.bareMetal ? 1.05 : 1,
    // Of two generations the newer one is worth a little more than it costs.
    1 - generation / 1000,
  ];
  return factors.reduce((price, factor) => price * factor, base);
}

function labelsOf(type: InstanceType, name: TypeName): Record<string, string> {
  const gpus = gpusOf(name);
  const prefix = "eks.amazonaws.com/instance-";
  return {
    "kubernetes.io/arch": ARCH[type.architecture],
    "kubernetes.io/os": "linux",
    "node.kubernetes.io/instance-type": type.name,
    "eks.amazonaws.com/compute-type": "auto",
    [`${prefix}category`]: name.category,
    [`${prefix}family`]: name.family,
    [`${prefix}generation`]: String(name.generation),
    [`${prefix}size`]: name.size,
    [`${prefix}cpu`]: String(type.vcpus),
    [`${prefix}cpu-manufacturer`]: name.manufacturer,
    [`${prefix}memory`]: String(type.memoryMiB),
    ...(type.hypervisor ? { [`${prefix}hypervisor`]: type.hypervisor } : {}),
    [`${prefix}encryption-in-transit-supported`]: String(encryptsInTransit(name)),
    ...(gpus
      ? {
          [`${prefix}gpu-name`]: gpus.name,
          [`${prefix}gpu-manufacturer`]: gpus.manufacturer,
          [`${prefix}gpu-count`]: String(gpus.count),
          [`${prefix}gpu-memory`]: String(gpus.memoryMiB),
        }
      : {}),
  };
}

interface TypeFacts {
  readonly type: InstanceType;
  readonly price: number;
  readonly labels: Readonly<Record<string, string>>;
}

let cached: readonly TypeFacts[] | undefined;

/** Every type Auto Mode launches: known size, more than one processor, not below large. */
function launchedTypes(): readonly TypeFacts[] {
  cached ??= instanceTypeNames().flatMap((text) => {
    const type = instanceType(text);
    const name = typeName(text);
    if (!type || !name || !isLaunched(name) || (type.vcpus ?? 0) <= 1 || !type.memoryMiB) return [];
    return [{ type, price: priceOf(type, name), labels: labelsOf(type, name) }];
  });
  return cached;
}

/** Ephemeral storage of a node class that says nothing; GiB. */
const DISK_GIB = 80;

/** What a node of the type shows; `diskGiB` is its ephemeral storage. */
export function autoCapacity(type: InstanceType | undefined, diskGiB = DISK_GIB): ReturnType<typeof nodeCapacity> {
  const sizes = nodeCapacity(type, autoMaxPods(type), diskOf(diskGiB));
  const name = type && typeName(type.name);
  const gpus = name && gpusOf(name);
  if (!gpus) return sizes;
  const own = { [`${gpus.manufacturer}.com/gpu`]: String(gpus.count) };
  return { capacity: { ...sizes.capacity, ...own }, allocatable: { ...sizes.allocatable, ...own } };
}

/** Lists of offerings made before, by what they were made for. */
const known = new Map<string, readonly Offering[]>();
const MOST_KNOWN = 32;

/** All offerings of some zones in a region, cheapest first; equal ones by name and zone. */
export function offerings(region: string, zones: readonly NodeZone[], diskGiB?: number): readonly Offering[] {
  const key = JSON.stringify([region, zones, diskGiB]);
  const present = known.get(key);
  if (present) return present;
  if (known.size >= MOST_KNOWN) known.clear();
  const made = makeOfferings(region, zones, diskGiB);
  known.set(key, made);
  return made;
}

function makeOfferings(region: string, zones: readonly NodeZone[], diskGiB: number | undefined): readonly Offering[] {
  const found = launchedTypes().flatMap(({ type, price, labels }) => {
    const sizes = autoCapacity(type, diskGiB);
    return zones.flatMap((zone) =>
      (["on-demand", "spot"] as const).map(
        (capacityType): Offering => ({
          type: type.name,
          zone: zone.name,
          capacityType,
          price: capacityType === "spot" ? price * SPOT_SHARE : price,
          labels: {
            ...labels,
            "topology.kubernetes.io/region": region,
            "topology.kubernetes.io/zone": zone.name,
            "topology.k8s.aws/zone-id": zone.id,
            "karpenter.sh/capacity-type": capacityType,
          },
          ...sizes,
        }),
      ),
    );
  });
  return found.sort((a, b) => a.price - b.price || (a.type < b.type ? -1 : a.type > b.type ? 1 : a.zone < b.zone ? -1 : 1));
}
