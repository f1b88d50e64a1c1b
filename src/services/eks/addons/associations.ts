// Pod identity associations that belong to an add-on and are changed only through it (spec addons §5).
import type { AddonPodIdentityAssociations } from "@aws-sdk/client-eks";
import { AwsError } from "../../../aws/errors.ts";
import { podIdentityAssociationId } from "../../../aws/ids.ts";
import type { Requirement } from "../../../aws/operation.ts";
import { associationArn, childKey, clusterArn, clusterKey, type Place } from "../arn.ts";
import type { EksDeps } from "../deps.ts";
import { type ErrorSubject, invalidParameter, limitExceeded, resourceInUse } from "../errors.ts";
import { associationFor, checkPodRole } from "../pod-identity-associations.ts";
import type { AssociationRecord } from "../records.ts";
import { passRole } from "../service-roles.ts";
import type { EksState } from "../state.ts";
import type { AddonFacts } from "./catalogue.ts";
import { atLeast } from "./versions.ts";

type Wanted = readonly AddonPodIdentityAssociations[];

/** The add-on that owns associations. */
export interface Owner {
  readonly clusterName: string;
  readonly arn: string;
  readonly namespace: string;
}

/** Associations an add-on owns, by id. */
export const ownedAssociations = (
  state: EksState,
  place: Place,
  owner: Pick<Owner, "clusterName" | "arn">,
): Readonly<AssociationRecord>[] =>
  state.associations.list(`${clusterKey(place, owner.clusterName)}/`).filter(({ ownerArn }) => ownerArn === owner.arn);

/** Throws InvalidParameterException unless a version of the add-on takes these associations. */
export function checkAssociations(
  wanted: Wanted,
  facts: AddonFacts,
  version: string,
  place: Place,
  deps: EksDeps,
  subject: ErrorSubject,
): void {
  if (wanted.length === 0) return;
  if (!atLeast(version, facts.podIdentityFrom)) {
    throw invalidParameter(`Pod Identity feature is not supported for addon version: ${version}`, subject);
  }
  const accounts = wanted.map(({ serviceAccount }) => serviceAccount);
  for (const account of accounts) {
    if (!facts.serviceAccounts.some(({ name, policies }) => policies && name === account)) {
      throw invalidParameter(`Service account ${account} in pod identity configuration is not supported for addon ${facts.name}`, subject);
    }
  }
  if (new Set(accounts).size < accounts.length) {
    throw invalidParameter("A service account can have only one pod identity association", subject);
  }
  for (const { roleArn } of wanted) checkRole(roleArn ?? "", place, deps, subject);
}

function checkRole(roleArn: string, place: Place, deps: EksDeps, subject: ErrorSubject): void {
  try {
    checkPodRole(roleArn, place, deps, subject.clusterName ?? "");
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const untrusted = error.message === "Trust policy of the role provided is invalid";
    throw invalidParameter(
      untrusted ? `${error.message}. Follow the official documentation to resolve the issue.` : error.message,
      subject,
    );
  }
}

/** Throws ResourceInUseException if somebody else's association stands in the way. `former` owned associations do not. */
export function checkFree(wanted: Wanted, owner: Owner, former: string | undefined, place: Place, { state, limits }: EksDeps): void {
  const key = clusterKey(place, owner.clusterName);
  const mine = (record: AssociationRecord) => record.ownerArn === owner.arn || (former !== undefined && record.ownerArn === former);
  for (const { serviceAccount = "" } of wanted) {
    const existing = associationFor(state, key, owner.namespace, serviceAccount);
    if (existing && !mine(existing)) {
      throw resourceInUse(`Association already exists: ${existing.id}`, { clusterName: owner.clusterName });
    }
  }
  const others = state.associations.list(`${key}/`).filter((record) => !mine(record)).length;
  if (others + wanted.length > limits.associationsPerCluster) {
    throw limitExceeded("The maximum number of pod identity associations for the cluster was reached.", { clusterName: owner.clusterName });
  }
}

/** Makes `wanted` all that the add-on owns. Returns whether anything changed. Call within a transaction, after the checks. */
export function replaceAssociations(wanted: Wanted, owner: Owner, place: Place, { state, clock, random }: EksDeps): boolean {
  const { clusterName, namespace } = owner;
  const owned = ownedAssociations(state, place, owner);
  const now = clock.now();
  let changed = false;
  for (const record of owned) {
    if (wanted.some(({ serviceAccount }) => serviceAccount === record.serviceAccount)) continue;
    state.associations.delete(childKey(place, clusterName, record.id));
    changed = true;
  }
  for (const { serviceAccount = "", roleArn = "" } of wanted) {
    const before = owned.find((record) => record.serviceAccount === serviceAccount);
    if (before?.roleArn === roleArn) continue;
    changed = true;
    const id = before?.id ?? podIdentityAssociationId(random);
    state.associations.put(childKey(place, clusterName, id), {
      ...{ clusterName, namespace, serviceAccount, tags: {}, createdAt: now, disableSessionTags: false, ownerArn: owner.arn },
      ...before,
      ...{ id, arn: associationArn(place, clusterName, id), roleArn, modifiedAt: now },
    });
  }
  return changed;
}

/** Gives up what an add-on owns: removed, or kept as the user's own. */
export function releaseAssociations(state: EksState, place: Place, owner: Pick<Owner, "clusterName" | "arn">, keep: boolean): void {
  for (const { ownerArn: _, ...record } of ownedAssociations(state, place, owner)) {
    const key = childKey(place, record.clusterName, record.id);
    if (keep) state.associations.put(key, record);
    else state.associations.delete(key);
  }
}

/** What IAM must allow for a request to replace the owned associations by `wanted`. */
export function associationRequirements(
  wanted: Wanted,
  owned: readonly AssociationRecord[],
  place: Place,
  clusterName: string,
): Requirement[] {
  const roles = wanted.flatMap(({ roleArn }) => (roleArn ? [roleArn] : []));
  const accounts = new Map(wanted.map(({ serviceAccount, roleArn }) => [serviceAccount, roleArn]));
  const gone = owned.filter((record) => !accounts.has(record.serviceAccount));
  const moved = owned.filter((record) => accounts.has(record.serviceAccount) && accounts.get(record.serviceAccount) !== record.roleArn);
  const fresh = wanted.filter(({ serviceAccount }) => !owned.some((record) => record.serviceAccount === serviceAccount));
  const on = (action: string, resources: string[]): Requirement[] => (resources.length > 0 ? [{ action, resources }] : []);
  return [
    ...on("eks:CreatePodIdentityAssociation", fresh.length > 0 ? [clusterArn(place, clusterName)] : []),
    ...on(
      "eks:UpdatePodIdentityAssociation",
      moved.map(({ arn }) => arn),
    ),
    ...on(
      "eks:DeletePodIdentityAssociation",
      gone.map(({ arn }) => arn),
    ),
    ...on("iam:GetRole", roles),
    ...roles.flatMap((role) => passRole(role, "pods.eks.amazonaws.com")),
  ];
}
