// Machine images of managed node groups: types, release versions and image ids (EKS User Guide, EKS optimized AMIs).
import { createHash } from "node:crypto";
import type { AMITypes } from "@aws-sdk/client-eks";
import { minor, type VersionFacts } from "./versions.ts";

/** Release dates of node images on offer for every version, oldest first. */
const RELEASES = ["20260304", "20260325", "20260415"];

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
export const amiTypeFits = (type: AMITypes, kubernetesVersion: string) => !(type.startsWith("AL2_") && minor(kubernetesVersion) >= 33);

/** Release versions of an image type for a Kubernetes version, oldest first: `1.34.4-20260415` for Amazon Linux. */
export function releaseVersions(type: AMITypes, facts: VersionFacts): string[] {
  if (type === "CUSTOM") return [];
  if (type.startsWith("WINDOWS"))
    return RELEASES.map((date) => `${facts.version}-${date.slice(0, 4)}.${date.slice(4, 6)}.${date.slice(6)}`);
  if (type.startsWith("BOTTLEROCKET")) return RELEASES.map((date, index) => `1.${54 + index}.0-${hash(date).slice(0, 8)}`);
  return RELEASES.map((date) => `${facts.patchVersion}-${date}`);
}

/** Id of an image: the same everywhere for the same region, type and release. */
export const imageId = (region: string, type: AMITypes, version: string, releaseVersion: string) =>
  `ami-0${hash(`${region}/${type}/${version}/${releaseVersion}`).slice(0, 16)}`;

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

/** Operating system family of a type, as access entries distinguish it. */
export const isWindows = (type: AMITypes) => type.startsWith("WINDOWS");
