// Machine images of managed node groups: which type fits, and its releases (EKS User Guide, EKS optimized AMIs).
import type { AMITypes } from "@aws-sdk/client-eks";
import { isOffered, imageId as nodeImageId, releaseVersions as releasesOf } from "../node-images.ts";
import { minor, type VersionFacts } from "./versions.ts";

/** Processor architecture a type's image is built for; undefined for CUSTOM. */
export function architecture(type: AMITypes): "x86_64" | "arm64" | undefined {
  if (type === "CUSTOM") return undefined;
  return type.includes("ARM_64") ? "arm64" : "x86_64";
}

/** The image type when a request names none. */
export function defaultAmiType(kubernetesVersion: string, arch: "x86_64" | "arm64"): AMITypes {
  if (minor(kubernetesVersion) < 30) return arch === "arm64" ? "AL2_ARM_64" : "AL2_x86_64";
  return arch === "arm64" ? "AL2023_ARM_64_STANDARD" : "AL2023_x86_64_STANDARD";
}

/** Amazon Linux 2 images end with Kubernetes 1.32. */
export const amiTypeFits = (type: AMITypes, kubernetesVersion: string) => isOffered(type, kubernetesVersion);

/** Release versions of an image type for a Kubernetes version, oldest first: `1.34.4-20260415` for Amazon Linux. */
export const releaseVersions = (type: AMITypes, { version }: VersionFacts) => releasesOf(type, version);

/** Id of an image: the same everywhere for the same region, type and release. */
export const imageId = (region: string, type: AMITypes, version: string, releaseVersion: string) =>
  nodeImageId(region, { type, version, releaseVersion });

/** Operating system family of a type, as access entries distinguish it. */
export const isWindows = (type: AMITypes) => type.startsWith("WINDOWS");
