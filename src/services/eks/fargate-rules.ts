// What CreateFargateProfile demands of names, selectors, subnets and the pod execution role (spec eks-control-plane §14).
import type { FargateProfileSelector } from "@aws-sdk/client-eks";
import { AwsError } from "../../aws/errors.ts";
import type { Call } from "../../aws/operation.ts";
import { fargateProfileArn, type Place } from "./arn.ts";
import { distinct } from "./checks.ts";
import type { EksDeps } from "./deps.ts";
import { type ErrorSubject, invalidParameter, unsupportedZone } from "./errors.ts";
import type { SelectorRecord } from "./fargate-records.ts";
import { readSubnets, readZones, type SubnetFacts } from "./network.ts";
import type { ClusterRecord } from "./records.ts";
import { isPrivate, readRoutes } from "./routes.ts";
import { asService, ownRole, servicePrincipal } from "./service-roles.ts";

const SERVICE = "eks-fargate-pods.amazonaws.com";
const NAME = /^[0-9A-Za-z][A-Za-z0-9\-_]{0,99}$/;
/** Labels of Kubernetes, with the two wildcards. */
const LABEL_KEY = /^([a-z0-9*?]([-a-z0-9.*?]{0,251}[a-z0-9*?])?\/)?[A-Za-z0-9*?]([-A-Za-z0-9_.*?]{0,61}[A-Za-z0-9*?])?$/;
const LABEL_VALUE = /^([A-Za-z0-9*?]([-A-Za-z0-9_.*?]{0,61}[A-Za-z0-9*?])?)?$/;
const NAMESPACE = /^[a-z0-9*?]([-a-z0-9*?]{0,61}[a-z0-9*?])?$/;

/** A profile's name. Throws InvalidParameterException. */
export function checkProfileName(name: string | undefined, clusterName: string): string {
  if (name && NAME.test(name)) return name;
  throw invalidParameter(
    `The Fargate profile name '${name ?? ""}' is not valid: it must begin with a letter or digit and have 1 to 100 letters, digits, hyphens and underscores`,
    { clusterName, ...(name ? { fargateProfileName: name } : {}) },
  );
}

/** The selectors to store. Throws InvalidParameterException. */
export function checkSelectors(
  selectors: readonly FargateProfileSelector[] | undefined,
  limits: { readonly selectors: number; readonly labels: number },
  subject: ErrorSubject,
): SelectorRecord[] {
  if (!selectors?.length) throw invalidParameter("Fargate Profile requires at least one selector.", subject);
  if (selectors.length > limits.selectors) {
    throw invalidParameter(`Request contains more than ${limits.selectors} Selectors`, subject);
  }
  return selectors.map(({ namespace, labels = {} }) => {
    if (!namespace) throw invalidParameter("Fargate Profile must have at least one selector with at least one namespace value.", subject);
    if (!NAMESPACE.test(namespace)) throw invalidParameter(`The namespace '${namespace}' of a selector is not valid`, subject);
    const pairs = Object.entries(labels);
    if (pairs.length > limits.labels) {
      throw invalidParameter(`Request contains Selector with more than ${limits.labels} Label pairs`, subject);
    }
    for (const [key, value] of pairs) {
      if (!LABEL_KEY.test(key) || !LABEL_VALUE.test(value)) {
        throw invalidParameter(`The label '${key}: ${value}' of a selector is not valid`, subject);
      }
    }
    return { namespace, labels };
  });
}

/** The profile's subnets: private ones of the cluster's VPC, by default all private ones of the cluster. */
export async function chooseSubnets(
  asked: readonly string[] | undefined,
  cluster: ClusterRecord,
  call: Call,
  deps: EksDeps,
  subject: ErrorSubject,
): Promise<string[]> {
  const service = asService(deps, call, "fargate");
  const ids = distinct(asked?.length ? asked : cluster.subnetIds);
  const subnets = await readSubnets(deps, ids, service, cluster.name);
  const foreign = subnets.find((subnet) => subnet.vpcId !== cluster.vpcId);
  if (foreign) throw invalidParameter(`Subnet ${foreign.id} provided in Fargate Profile does not belong to VPC ${cluster.vpcId}`, subject);
  const routes = await readRoutes(deps, cluster.vpcId, service);
  if (!asked?.length) {
    const own = subnets.filter((subnet) => isPrivate(routes, subnet.id));
    if (own.length === 0) throw invalidParameter("No private subnet was found among the subnets of the cluster", subject);
    await checkZones(own, call, deps, cluster.name);
    return own.map((subnet) => subnet.id);
  }
  const open = subnets.find((subnet) => !isPrivate(routes, subnet.id));
  if (open) throw invalidParameter(`Subnet ${open.id} provided in Fargate Profile is not a private subnet`, subject);
  await checkZones(subnets, call, deps, cluster.name);
  return ids;
}

/** Fargate runs in availability zones proper. Throws UnsupportedAvailabilityZoneException. */
async function checkZones(subnets: readonly SubnetFacts[], call: Call, deps: EksDeps, clusterName: string): Promise<void> {
  const zones = await readZones(deps, asService(deps, call));
  const valid = zones.filter((zone) => zone.type === "availability-zone" && !deps.limits.excludedZoneIds.includes(zone.id));
  const bad = subnets.find((subnet) => !valid.some((zone) => zone.id === subnet.zoneId));
  if (!bad) return;
  const names = valid.map((zone) => zone.name);
  throw unsupportedZone(
    `Fargate Profile creation for the Availability Zone ${bad.zone} for Subnet ${bad.id} is not supported. Retry and choose from these availability zones: ${names.join(", ")}`,
    clusterName,
    names,
  );
}

/**
 * Whether Fargate may assume the pod execution role for this profile: really assumes it, with the profile as source, so that a trust
 * policy can pin it (spec eks-control-plane §19.2).
 */
export async function canAssumePodExecutionRole(
  roles: Pick<EksDeps, "directory" | "sessions">,
  place: Place,
  profile: { readonly arn: string; readonly podExecutionRoleArn: string },
  sessionName: string,
): Promise<boolean> {
  const role = ownRole(roles.directory, place, profile.podExecutionRoleArn);
  if (!role || role.serviceLinked) return false;
  try {
    await roles.sessions.assumeRole({
      caller: servicePrincipal(place, SERVICE, profile.arn),
      region: place.region,
      roleArn: profile.podExecutionRoleArn,
      sessionName,
      durationSeconds: 900,
    });
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

/** The role of a new profile. Throws InvalidParameterException. */
export async function checkPodExecutionRole(
  roleArn: string,
  place: Place,
  deps: EksDeps,
  subject: Required<Pick<ErrorSubject, "clusterName" | "fargateProfileName">>,
  id: string,
): Promise<void> {
  const role = ownRole(deps.directory, place, roleArn);
  if (!role) throw invalidParameter(`The role with name ${roleArn.split("/").pop()} cannot be found.`, subject);
  const arn = fargateProfileArn(place, subject.clusterName, subject.fargateProfileName, id);
  if (await canAssumePodExecutionRole(deps, place, { arn, podExecutionRoleArn: roleArn }, `${deps.clock.now()}`)) return;
  throw invalidParameter(
    "Misconfigured PodExecutionRole Trust Policy; Please add the eks-fargate-pods.amazonaws.com Service Principal",
    subject,
  );
}
