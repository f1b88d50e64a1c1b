// The machine images for EKS nodes that exist in every Region: one table behind EKS's release versions, EC2's DescribeImages and Systems Manager's
// public parameters (EKS User Guide, "Create nodes with optimized Amazon Linux AMIs", Bottlerocket and Windows alike).
import { createHash } from "node:crypto";

/** Newest patch of each Kubernetes minor version that images carry. */
const PATCHES: Readonly<Record<string, number>> = {
  ...{ "1.29": 15, "1.30": 14, "1.31": 14, "1.32": 12 },
  ...{ "1.33": 8, "1.34": 4, "1.35": 2, "1.36": 0 },
};

/** Kubernetes versions there are images for, oldest first. */
export const IMAGE_VERSIONS = Object.keys(PATCHES);

/** `1.34` → `1.34.4`. */
export const patchVersion = (version: string) => `${version}.${PATCHES[version] ?? 0}`;

/** Dates of the releases on offer for every version, oldest first. */
export const RELEASES = ["20260304", "20260325", "20260415"] as const;

/** Amazon Linux 2 images end with this version. */
const LAST_AL2_MINOR = 32;

export type Architecture = "x86_64" | "arm64";

/** A kind of image. */
interface Family {
  readonly os: "al2" | "al2023" | "bottlerocket" | "windows";
  readonly architecture: Architecture;
  /** Part of names and parameters that tells variants of a system apart: `standard`, `-nvidia`, `2022-English-Core`. */
  readonly variant: string;
}

const al2 = (architecture: Architecture, variant: string): Family => ({ os: "al2", architecture, variant });
const al2023 = (architecture: Architecture, variant: string): Family => ({ os: "al2023", architecture, variant });
const bottlerocket = (architecture: Architecture, variant: string): Family => ({ os: "bottlerocket", architecture, variant });
const windows = (variant: string): Family => ({ os: "windows", architecture: "x86_64", variant });

/** By EKS's name for the type. */
const FAMILIES = {
  AL2023_x86_64_STANDARD: al2023("x86_64", "standard"),
  AL2023_ARM_64_STANDARD: al2023("arm64", "standard"),
  AL2023_x86_64_NVIDIA: al2023("x86_64", "nvidia"),
  AL2023_ARM_64_NVIDIA: al2023("arm64", "nvidia"),
  AL2023_x86_64_NEURON: al2023("x86_64", "neuron"),
  AL2_x86_64: al2("x86_64", ""),
  AL2_ARM_64: al2("arm64", "-arm64"),
  AL2_x86_64_GPU: al2("x86_64", "-gpu"),
  BOTTLEROCKET_x86_64: bottlerocket("x86_64", ""),
  BOTTLEROCKET_ARM_64: bottlerocket("arm64", ""),
  BOTTLEROCKET_x86_64_FIPS: bottlerocket("x86_64", "-fips"),
  BOTTLEROCKET_ARM_64_FIPS: bottlerocket("arm64", "-fips"),
  BOTTLEROCKET_x86_64_NVIDIA: bottlerocket("x86_64", "-nvidia"),
  BOTTLEROCKET_ARM_64_NVIDIA: bottlerocket("arm64", "-nvidia"),
  BOTTLEROCKET_x86_64_NVIDIA_FIPS: bottlerocket("x86_64", "-nvidia-fips"),
  BOTTLEROCKET_ARM_64_NVIDIA_FIPS: bottlerocket("arm64", "-nvidia-fips"),
  WINDOWS_CORE_2019_x86_64: windows("2019-English-Core"),
  WINDOWS_FULL_2019_x86_64: windows("2019-English-Full"),
  WINDOWS_CORE_2022_x86_64: windows("2022-English-Core"),
  WINDOWS_FULL_2022_x86_64: windows("2022-English-Full"),
  WINDOWS_CORE_2025_x86_64: windows("2025-English-Core"),
  WINDOWS_FULL_2025_x86_64: windows("2025-English-Full"),
} as const satisfies Readonly<Record<string, Family>>;

/** A type of image that EKS makes; CUSTOM is none. */
export type ImageType = keyof typeof FAMILIES;

/** Every type. */
export const IMAGE_TYPES = Object.keys(FAMILIES) as ImageType[];

/** One image, the same in every Region but for its id. */
export interface NodeImage {
  readonly type: ImageType;
  /** Kubernetes minor version. */
  readonly version: string;
  /** As node groups show it: `1.34.4-20260415`. */
  readonly releaseVersion: string;
  readonly name: string;
  readonly os: Family["os"];
  readonly architecture: Architecture;
  readonly variant: string;
  /** `YYYYMMDD`. */
  readonly released: string;
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

/** Id of an image: the same everywhere for the same Region, type and release. */
export const imageId = (
  region: string,
  { type, version, releaseVersion }: Pick<NodeImage, "version" | "releaseVersion"> & { readonly type: string },
) => `ami-0${hash(`${region}/${type}/${version}/${releaseVersion}`).slice(0, 16)}`;

/** Whether there are images of a type for a Kubernetes version. */
export const isOffered = (type: string, version: string) => !(type.startsWith("AL2_") && Number(version.slice(2)) > LAST_AL2_MINOR);

/** Release versions of a type for a Kubernetes version, oldest first; none of CUSTOM. */
export function releaseVersions(type: string, version: string): string[] {
  if (!Object.hasOwn(FAMILIES, type)) return [];
  const { os } = FAMILIES[type as ImageType];
  return RELEASES.map((date, index) => {
    if (os === "windows") return `${version}-${date.slice(0, 4)}.${date.slice(4, 6)}.${date.slice(6)}`;
    if (os === "bottlerocket") return `1.${54 + index}.0-${hash(date).slice(0, 8)}`;
    return `${patchVersion(version)}-${date}`;
  });
}

/** Every image on offer: types, then versions, then releases from the oldest. */
export function nodeImages(): readonly NodeImage[] {
  cached ??= IMAGE_TYPES.flatMap((type) => {
    const { os, architecture, variant } = FAMILIES[type];
    return IMAGE_VERSIONS.filter((version) => isOffered(type, version)).flatMap((version) =>
      releaseVersions(type, version).map((releaseVersion, index): NodeImage => {
        const released = RELEASES[index]!;
        const name = nameOf(FAMILIES[type], version, releaseVersion, released);
        return { ...{ type, version, releaseVersion, name, released }, ...{ os, architecture, variant } };
      }),
    );
  });
  return cached;
}

let cached: readonly NodeImage[] | undefined;

function nameOf({ os, architecture, variant }: Family, version: string, releaseVersion: string, released: string): string {
  switch (os) {
    case "al2":
      return `amazon-eks${variant}-node-${version}-v${released}`;
    case "al2023":
      return `amazon-eks-node-al2023-${architecture}-${variant}-${version}-v${released}`;
    case "bottlerocket":
      return `bottlerocket-aws-k8s-${version}${variant}-${architecture === "arm64" ? "aarch64" : architecture}-v${releaseVersion}`;
    case "windows":
      return `Windows_Server-${variant}-EKS_Optimized-${releaseVersion}`;
  }
}
