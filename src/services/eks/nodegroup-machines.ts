// Which machines a node group runs: image type, versions, instance types, disk, launch template (spec eks-control-plane §13.1).

import type { AMITypes, CreateNodegroupRequest } from "@aws-sdk/client-eks";

import type { Call } from "../../aws/operation.ts";
import { instanceType } from "../../vpc/instance-types.ts";
import { amiTypeFits, architecture, defaultAmiType, isWindows, releaseVersions } from "./ami-types.ts";
import { distinct } from "./checks.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter, invalidRequest } from "./errors.ts";
import { type ResolvedTemplate, resolveTemplate } from "./launch-template.ts";
import type { Subject } from "./nodegroup-rules.ts";
import type { ClusterRecord } from "./records.ts";
import { asService } from "./service-roles.ts";
import { findVersion } from "./versions.ts";

/** Checks the machine-related members and returns what the record keeps of them. */
export async function chooseMachines(input: CreateNodegroupRequest, cluster: ClusterRecord, call: Call, deps: EksDeps, subject: Subject) {
  const template = input.launchTemplate
    ? await resolveTemplate(deps, input.launchTemplate, asService(deps, call, "nodegroup"), subject)
    : undefined;
  if (template?.data.InstanceType && input.instanceTypes?.length) {
    throw invalidRequest("Cannot specify instance types in launch template and API request", subject);
  }
  const asked = distinct(input.instanceTypes ?? []);
  if (asked.length > 20) throw invalidParameter("The number of instance types must not exceed 20", subject);
  const inTemplate = template?.data.InstanceType;
  const instanceTypes = asked.length > 0 ? asked : inTemplate ? [inTemplate] : ["t3.medium"];
  const architectures = architecturesOf(instanceTypes, subject);

  const amiType = chooseAmiType(input, template, cluster, architectures, subject);
  const wanted = architecture(amiType);
  const misfits = instanceTypes.filter((type) => wanted && architectures.get(type) !== wanted);
  if (misfits.length > 0) {
    throw invalidParameter(`[${misfits.join(", ")}] is not a valid instance type for requested amiType ${amiType}`, subject);
  }
  const versions = chooseVersions(input, amiType, template, cluster, deps, subject);
  const diskSize = input.diskSize ?? (template ? undefined : isWindows(amiType) ? 50 : 20);
  if (diskSize !== undefined && !(Number.isInteger(diskSize) && diskSize >= 1 && diskSize <= 16384)) {
    throw invalidParameter(`diskSize is not valid: ${diskSize}`, subject);
  }
  return {
    amiType,
    ...versions,
    capacityType: input.capacityType ?? ("ON_DEMAND" as const),
    ...(inTemplate ? {} : { instanceTypes }),
    ...(diskSize === undefined ? {} : { diskSize }),
    ...(template ? { launchTemplate: template.specification } : {}),
  };
}

/** Throws InvalidParameterException for instance types that do not exist. */
function architecturesOf(types: readonly string[], subject: Subject): ReadonlyMap<string, "x86_64" | "arm64"> {
  const known = types.map(instanceType).filter((type) => type !== undefined);
  const found = new Map(known.map((type) => [type.name, type.architecture]));
  const unknown = types.filter((type) => !found.has(type));
  if (unknown.length > 0) throw invalidParameter(`The following supplied instance types do not exist: [${unknown.join(", ")}]`, subject);
  return found;
}

function chooseAmiType(
  input: CreateNodegroupRequest,
  template: ResolvedTemplate | undefined,
  cluster: ClusterRecord,
  architectures: ReadonlyMap<string, string>,
  subject: Subject,
): AMITypes {
  if (template?.data.ImageId) {
    if (input.amiType && input.amiType !== "CUSTOM") {
      throw invalidRequest(
        "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template.",
        subject,
      );
    }
    if (input.version || input.releaseVersion) {
      throw invalidRequest(
        "You cannot specify the field version or releaseVersion when specifying an image id in your launch template.",
        subject,
      );
    }
    return "CUSTOM";
  }
  if (input.amiType === "CUSTOM") {
    throw invalidParameter("The amiType CUSTOM requires an image id in a launch template", subject);
  }
  const arm = [...architectures.values()].every((supported) => supported === "arm64");
  const amiType = input.amiType ?? defaultAmiType(cluster.version, arm ? "arm64" : "x86_64");
  if (!amiTypeFits(amiType, cluster.version)) {
    throw invalidParameter(`AMI Type ${amiType} is only supported for kubernetes versions 1.32 or earlier`, subject);
  }
  return amiType;
}

function chooseVersions(
  input: CreateNodegroupRequest,
  amiType: AMITypes,
  template: ResolvedTemplate | undefined,
  cluster: ClusterRecord,
  deps: EksDeps,
  subject: Subject,
): { version: string; releaseVersion: string } {
  const version = input.version ?? cluster.version;
  if (version !== cluster.version) {
    throw invalidParameter(
      `Requested Nodegroup Kubernetes version ${version} must match the cluster's version ${cluster.version}`,
      subject,
    );
  }
  if (amiType === "CUSTOM") return { version, releaseVersion: template?.data.ImageId ?? "" };
  return { version, releaseVersion: chooseRelease(input.releaseVersion, amiType, version, deps, subject) };
}

/** The release asked for, or the newest. Throws InvalidParameterException for one that is not on offer for the version. */
export function chooseRelease(
  asked: string | undefined,
  amiType: AMITypes,
  version: string,
  { versions }: EksDeps,
  subject: Subject,
): string {
  const facts = findVersion(versions, version);
  const offered = facts ? releaseVersions(amiType, facts) : [];
  if (asked !== undefined && !offered.includes(asked)) {
    throw invalidParameter(`Requested release version ${asked} is not valid for kubernetes version ${version}.`, subject);
  }
  return asked ?? offered[offered.length - 1] ?? "";
}
