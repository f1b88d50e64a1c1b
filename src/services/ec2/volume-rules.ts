// What a volume may be: types with their sizes, IOPS and throughput (Amazon EBS User Guide, "Amazon EBS volume types").
import type { VolumeType } from "@aws-sdk/client-ec2";
import { invalidCombination, invalidValue, missingParameter } from "./errors.ts";
import type { VolumeRecord } from "./records.ts";

interface TypeFacts {
  /** GiB. */
  readonly size: readonly [least: number, most: number];
  /** Bounds of provisioned IOPS, and how many each GiB allows; absent where they are not chosen. */
  readonly iops?: readonly [least: number, most: number, perGiB: number];
}

const TYPES: Readonly<Record<VolumeType, TypeFacts>> = {
  gp2: { size: [1, 16_384] },
  gp3: { size: [1, 65_536], iops: [3000, 80_000, 500] },
  io1: { size: [4, 16_384], iops: [100, 64_000, 50] },
  io2: { size: [4, 65_536], iops: [100, 256_000, 1000] },
  st1: { size: [125, 16_384] },
  sc1: { size: [125, 16_384] },
  standard: { size: [1, 1024] },
};

const GP3 = { iops: 3000, throughput: 125, mostThroughput: 2000, perIops: 0.25 };

/** What of a volume a caller chooses. */
export interface VolumeWish {
  readonly type: string;
  readonly size: number | undefined;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

/** The volume's figures with their defaults. Throws InvalidParameterValue, InvalidParameterCombination or MissingParameter. */
export function volumeFigures(wish: VolumeWish): Pick<VolumeRecord, "type" | "size" | "iops" | "throughput"> {
  const { size, iops, throughput } = wish;
  const facts = Object.hasOwn(TYPES, wish.type) ? TYPES[wish.type as VolumeType] : undefined;
  if (!facts) throw invalidValue(`Value (${wish.type}) for parameter volumeType is invalid. Unknown volume type.`);
  const type = wish.type as VolumeType;
  if (size === undefined) throw missingParameter("size or snapshotId");
  const [least, most] = facts.size;
  if (size < least || size > most) {
    throw invalidValue(
      `Volume of ${size}GiB is too ${size < least ? "small" : "large"} for volume type ${type}; expected ${least}-${most}GiB.`,
    );
  }
  if (iops !== undefined && !facts.iops) throw invalidCombination(`The parameter iops is not supported for ${type} volumes.`);
  if (throughput !== undefined && type !== "gp3") {
    throw invalidCombination(`The parameter throughput is not supported for ${type} volumes.`);
  }
  if (type === "gp2") return { type, size, iops: Math.min(16_000, Math.max(100, 3 * size)) };
  if (!facts.iops) return { type, size };
  if (iops === undefined && type !== "gp3") throw missingParameter("iops");
  const chosen = iops ?? GP3.iops;
  const [fewest, greatest, perGiB] = facts.iops;
  if (chosen < fewest || chosen > greatest) {
    throw invalidValue(
      `Volume iops of ${chosen} is too ${chosen < fewest ? "low; minimum" : "high; maximum"} is ${chosen < fewest ? fewest : greatest}.`,
    );
  }
  if (chosen > Math.max(size * perGiB, type === "gp3" ? GP3.iops : 0)) {
    throw invalidValue(`Iops to volume size ratio of ${(chosen / size).toFixed(6)} is too high; maximum is ${perGiB}`);
  }
  if (type !== "gp3") return { type, size, iops: chosen };
  const rate = throughput ?? GP3.throughput;
  if (rate < GP3.throughput || rate > GP3.mostThroughput) {
    throw invalidValue(`Throughput (MiBps) of ${rate} is not supported; expected ${GP3.throughput}-${GP3.mostThroughput}.`);
  }
  if (rate > chosen * GP3.perIops) {
    throw invalidValue(
      `Throughput (MiBps) to iops ratio of ${(rate / chosen).toFixed(6)} is too high; maximum is ${GP3.perIops.toFixed(6)}.`,
    );
  }
  return { type, size, iops: chosen, throughput: rate };
}
