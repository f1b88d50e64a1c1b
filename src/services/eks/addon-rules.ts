// Rules on the members of add-on requests (spec addons §3.1, §10).
import type { AddonPodIdentityAssociations } from "@aws-sdk/client-eks";
import { parse } from "yaml";
import { type AddonFacts, findAddon, stepAllowed } from "./addon-catalogue.ts";
import { invalidParameter } from "./errors.ts";
import type { ClusterRecord } from "./records.ts";

interface Subject {
  readonly clusterName: string;
  readonly addonName: string;
}

/** The add-on's facts; throws InvalidParameterException for one Atoll does not have. */
export function requireKnown(addonName: string, clusterName: string): AddonFacts {
  const facts = findAddon(addonName);
  if (!facts) throw invalidParameter("Addon specified is not supported", { clusterName, addonName });
  return facts;
}

/** The version asked for, or the default for the cluster's Kubernetes version. Throws InvalidParameterException. */
export function chooseAddonVersion(facts: AddonFacts, asked: string | undefined, cluster: ClusterRecord, subject: Subject): string {
  const offered = facts.kubernetes[cluster.version];
  if (!offered)
    throw invalidParameter(`Addon ${subject.addonName} specified is not supported in ${cluster.version} kubernetes version`, subject);
  if (asked !== undefined && !offered.versions.includes(asked)) throw invalidParameter("Addon version specified is not supported", subject);
  return asked ?? offered.default;
}

/** Throws InvalidParameterException if the add-on may not go from one version to the other. */
export function checkStep(facts: AddonFacts, from: string, to: string, subject: Subject): void {
  if (stepAllowed(facts, from, to)) return;
  const text =
    subject.addonName === "vpc-cni"
      ? "Updating VPC-CNI can only go up or down 1 minor version at a time"
      : `Updating ${subject.addonName} can only go up or down 1 minor version at a time`;
  throw invalidParameter(text, subject);
}

/** Values must be JSON or YAML of an object. Settings other than none cannot be applied and are refused. */
export function checkConfiguration(values: string | undefined, subject: Subject): void {
  if (values === undefined || values.trim() === "") return;
  const refuse = (reason: string) => invalidParameter(`ConfigurationValue provided in request is not supported: ${reason}`, subject);
  let parsed: unknown;
  try {
    parsed = parse(values);
  } catch {
    throw refuse("it is neither JSON nor YAML");
  }
  if (parsed === null) return;
  if (typeof parsed !== "object" || Array.isArray(parsed)) throw refuse("it is not an object");
  const [first] = Object.keys(parsed);
  if (first !== undefined) throw refuse(`Atoll does not apply the setting ${first}`);
}

/** Throws InvalidParameterException if roles come in both ways or for an account the add-on does not have. */
export function checkRoles(
  facts: AddonFacts,
  serviceAccountRoleArn: string | undefined,
  associations: readonly AddonPodIdentityAssociations[] | undefined,
  subject: Subject,
): void {
  if (serviceAccountRoleArn !== undefined && !/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(serviceAccountRoleArn)) {
    throw invalidParameter(`The serviceAccountRoleArn ${serviceAccountRoleArn} is not valid`, subject);
  }
  for (const { serviceAccount } of associations ?? []) {
    if (!facts.serviceAccounts.some(({ name }) => name === serviceAccount)) {
      throw invalidParameter(`The service account ${serviceAccount} is not supported by addon ${subject.addonName}`, subject);
    }
  }
  if (new Set(associations?.map(({ serviceAccount }) => serviceAccount)).size !== (associations?.length ?? 0)) {
    throw invalidParameter("A service account can have only one pod identity association", subject);
  }
}
