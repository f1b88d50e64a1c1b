// Parameters of StorageClasses for EBS: which there are, and what they make of a volume (EKS User Guide, "Create a storage class"; spec eks-control-plane §16.8).
import type { CreateVolumeRequest, VolumeType } from "@aws-sdk/client-ec2";
import { units } from "../../kubernetes/runtime/quantity.ts";

const KEYS = new Set([
  ...["type", "iops", "iopspergb", "allowautoiopspergbincrease", "throughput", "encrypted", "kmskeyid", "blockexpress"],
  ...["blocksize", "inodesize", "bytesperinode", "numberofinodes", "ext4bigalloc", "ext4clustersize"],
]);

const FILE_SYSTEMS = ["ext4", "xfs", "ext2", "ext3"];
const GIB = 2 ** 30;

/** What CSI drivers answer with; its text ends up in events. */
export class DriverError extends Error {
  constructor(code: string, description: string) {
    super(`rpc error: code = ${code} desc = ${description}`);
  }
}

const invalid = (description: string) => new DriverError("InvalidArgument", description);

/** Size in whole GiB of a claim. */
export const gibOf = (quantity: string | undefined): number => Math.max(1, Math.ceil(units(quantity) / GIB));

/** The volume a class's parameters ask for. Names of parameters are case-insensitive. Throws DriverError. */
export function volumeOf(
  parameters: Readonly<Record<string, string>>,
  size: number,
): Pick<CreateVolumeRequest, "Size" | "VolumeType" | "Iops" | "Throughput" | "Encrypted" | "KmsKeyId"> {
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(parameters)) {
    const key = name.toLowerCase();
    if (key === "csi.storage.k8s.io/fstype") {
      if (!FILE_SYSTEMS.includes(value.toLowerCase())) throw invalid(`File system type ${value} is not supported`);
    } else if (key.startsWith("csi.storage.k8s.io/") || key.startsWith("tagspecification_")) continue;
    else if (!KEYS.has(key)) throw invalid(`Invalid parameter key ${name} for CreateVolume`);
    else given.set(key, value);
  }
  const number = (key: string): number | undefined => {
    const text = given.get(key);
    if (text === undefined) return undefined;
    if (!/^\d+$/.test(text)) throw invalid(`Could not parse invalid ${key}: ${text}`);
    return Number(text);
  };
  const VolumeType = (given.get("type")?.toLowerCase() ?? "gp3") as VolumeType;
  const perGiB = number("iopspergb");
  if (perGiB !== undefined && number("iops") !== undefined) throw invalid("iops and iopsPerGB are mutually exclusive");
  const Iops = number("iops") ?? (perGiB === undefined ? undefined : perGiB * size);
  const Throughput = number("throughput");
  const encrypted = given.get("encrypted") === "true";
  const KmsKeyId = given.get("kmskeyid");
  return {
    ...{ Size: size, VolumeType, Encrypted: encrypted || KmsKeyId !== undefined },
    ...(Iops === undefined ? {} : { Iops }),
    ...(Throughput === undefined ? {} : { Throughput }),
    ...(KmsKeyId === undefined ? {} : { KmsKeyId }),
  };
}
