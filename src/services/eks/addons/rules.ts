// Rules on the members of add-on requests (spec addons §3.1, §6, §10).

import type { IamDirectory } from "../../ports.ts";
import type { Place } from "../arn.ts";
import { type ErrorSubject, invalidParameter } from "../errors.ts";
import { type AddonFacts, isOffered } from "./catalogue.ts";
import { versionParts } from "./versions.ts";

const ROLE = /^arn:(aws[\w-]*):iam::(\d{12}):role\/[\w+=,.@/-]+$/;

/** The version asked for, or the default for the cluster's Kubernetes version. Throws InvalidParameterException. */
export function chooseVersion(facts: AddonFacts, asked: string | undefined, kubernetesVersion: string, subject: ErrorSubject): string {
  if (facts.versions.length > 0 && facts.defaults[kubernetesVersion] === undefined) {
    throw invalidParameter(`Addon ${facts.name} specified is not supported in ${kubernetesVersion} kubernetes version`, subject);
  }
  const version = asked ?? facts.defaults[kubernetesVersion];
  if (version === undefined || !isOffered(facts, version, kubernetesVersion)) {
    throw invalidParameter("Addon version specified is not supported", subject);
  }
  return version;
}

/** vpc-cni moves by at most one minor version, unless that rule is switched off. Throws InvalidParameterException. */
export function checkStep(facts: AddonFacts, from: string, to: string, enforced: boolean, subject: ErrorSubject): void {
  if (facts.name !== "vpc-cni" || !enforced) return;
  const [before, after] = [versionParts(from), versionParts(to)];
  if (before[0] === after[0] && Math.abs(before[1] - after[1]) <= 1) return;
  throw invalidParameter("Updating VPC-CNI can only go up or down 1 minor version at a time", subject);
}

/** A role for the service account must be a role of the partition; one of this account must exist. */
export function checkAccountRole(roleArn: string | undefined, place: Place, directory: IamDirectory, subject: ErrorSubject): void {
  if (roleArn === undefined) return;
  const match = ROLE.exec(roleArn);
  if (!match || match[1] !== place.partition) throw invalidParameter(`Role ARN ${roleArn} is not valid.`, subject);
  if (match[2] === place.account && !directory.role(roleArn)) {
    throw invalidParameter("Role provided in the request does not exist.", subject);
  }
}

/** The namespace asked for, or the add-on's own. Throws InvalidParameterException if it is no DNS label. */
export function chooseNamespace(facts: AddonFacts, asked: string | undefined, subject: ErrorSubject): string {
  if (asked === undefined) return facts.namespace ?? "kube-system";
  if (asked.length > 63 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(asked)) {
    throw invalidParameter(
      `The namespace '${asked}' is not valid: it must satisfy regular expression pattern: ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ and have 1 to 63 characters`,
      subject,
    );
  }
  return asked;
}
