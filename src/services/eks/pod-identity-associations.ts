// Pod identity associations: which role a service account's pods get (spec identity §3.1).
import type { PodIdentityAssociation } from "@aws-sdk/client-eks";
import { podIdentityAssociationId } from "../../aws/ids.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { associationArn, childKey, clusterArn, clusterKey, type Place } from "./arn.ts";
import { checkTags, compact } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, invalidParameter, invalidRequest, limitExceeded, notFound, resourceInUse } from "./errors.ts";
import { page } from "./page.ts";
import type { AssociationRecord } from "./records.ts";
import { passRole, tagOnCreate } from "./service-roles.ts";
import type { EksState } from "./state.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { trustsService } from "./trust.ts";

const SERVICE = "pods.eks.amazonaws.com";
const ROLE = /^arn:(aws[\w-]*):iam::(\d{12}):role\/[\w+=,.@/-]+$/;

/** The API's shape of an association. */
export function associationView(record: AssociationRecord): PodIdentityAssociation {
  return compact<PodIdentityAssociation>({
    clusterName: record.clusterName,
    namespace: record.namespace,
    serviceAccount: record.serviceAccount,
    roleArn: record.roleArn,
    associationArn: record.arn,
    associationId: record.id,
    tags: { ...record.tags },
    createdAt: new Date(record.createdAt),
    modifiedAt: new Date(record.modifiedAt),
    ownerArn: record.ownerArn,
    disableSessionTags: record.disableSessionTags,
    targetRoleArn: record.targetRoleArn,
    externalId: record.externalId,
    policy: record.policy,
  });
}

/** The association of a service account, if it has one. Read by the identity webhook and EKS Auth. */
export function associationFor(
  state: EksState,
  key: string,
  namespace: string,
  serviceAccount: string,
): Readonly<AssociationRecord> | undefined {
  return state.associations.list(`${key}/`).find((record) => record.namespace === namespace && record.serviceAccount === serviceAccount);
}

function requireAssociation(state: EksState, place: Place, clusterName: string, id: string | undefined): Readonly<AssociationRecord> {
  const record = state.associations.get(childKey(place, clusterName, id ?? ""));
  if (!record) throw notFound(`The association ${id} was not found in cluster ${clusterName}.`, { clusterName });
  return record;
}

interface IdInput {
  readonly clusterName?: string | undefined;
  readonly associationId?: string | undefined;
}

const resource = (input: IdInput, place: Place) => associationArn(place, input.clusterName ?? "", input.associationId ?? "");
const conditions = (input: IdInput, place: Place, { state }: EksDeps) =>
  resourceTags(state.associations.get(childKey(place, input.clusterName ?? "", input.associationId ?? ""))?.tags);

/** The role must be the account's own, exist, and trust EKS Pod Identity for both actions. */
export function checkPodRole(roleArn: string, place: Place, { directory }: EksDeps, clusterName: string): void {
  const match = ROLE.exec(roleArn);
  if (!match) throw invalidParameter(`Role ARN ${roleArn} is not valid.`, { clusterName });
  if (match[2] !== place.account)
    throw invalidParameter("Role provided in the request must belong to the account of the cluster.", { clusterName });
  const role = directory.role(roleArn);
  if (!role) throw invalidParameter("Role provided in the request does not exist.", { clusterName });
  if (!trustsService(role.trust, SERVICE, ["sts:AssumeRole", "sts:TagSession"])) {
    throw invalidParameter("Trust policy of the role provided is invalid", { clusterName });
  }
}

function checkSessionPolicy(policy: string | undefined, disableSessionTags: boolean, clusterName: string): void {
  if (!policy) return;
  if (policy.length > 2048) throw invalidParameter("The policy must have at most 2048 characters", { clusterName });
  if (!disableSessionTags) throw invalidParameter("A policy can only be provided when disableSessionTags is true", { clusterName });
  try {
    const document: unknown = JSON.parse(policy);
    if (document && typeof document === "object" && "Statement" in document) return;
  } catch {
    // Falls through to the same answer.
  }
  throw invalidParameter("The policy provided is not a valid JSON policy document", { clusterName });
}

function checkTargetRole(targetRoleArn: string | undefined, clusterName: string): void {
  if (targetRoleArn && !ROLE.test(targetRoleArn)) throw invalidParameter(`Role ARN ${targetRoleArn} is not valid.`, { clusterName });
}

function checkNames(namespace: string, serviceAccount: string, clusterName: string): void {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace))
    throw invalidParameter(`Namespace ${namespace} is not valid.`, { clusterName });
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(serviceAccount)) {
    throw invalidParameter(`Service account ${serviceAccount} is not valid.`, { clusterName });
  }
}

const notOwned = (record: AssociationRecord) => {
  if (record.ownerArn) {
    throw invalidRequest(`The association ${record.id} is owned by ${record.ownerArn} and can only be changed through it.`, {
      clusterName: record.clusterName,
    });
  }
};

export const podIdentityAssociations = {
  CreatePodIdentityAssociation: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: ({ tags }) => tagConditions(tags),
    requires: (input, call, { state }) => {
      // An unknown cluster is reported before a role that may not be passed.
      if (!state.clusters.has(clusterKey(call, input.clusterName ?? ""))) return [];
      return [...passRole(input.roleArn, SERVICE), ...tagOnCreate(input.tags, clusterArn(call, input.clusterName ?? ""))];
    },
    run(input, call, deps) {
      const { state, clock, random, limits } = deps;
      const clusterName = input.clusterName ?? "";
      const tags = checkTags(input.tags, { clusterName });
      const now = clock.now();
      const key = clusterKey(call, clusterName);
      const use = { clusterKey: key, operation: "CreatePodIdentityAssociation", token: input.clientRequestToken, input, now };
      const earlier = earlierResult(state, use);
      const known = earlier && state.associations.get(childKey(call, clusterName, earlier));
      if (known) return { association: associationView(known) };

      const cluster = requireCluster(state, call, clusterName);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(clusterName);
      const { namespace = "", serviceAccount = "", roleArn = "", targetRoleArn, policy } = input;
      const disableSessionTags = input.disableSessionTags ?? false;
      checkNames(namespace, serviceAccount, clusterName);
      checkSessionPolicy(policy, disableSessionTags, clusterName);
      checkTargetRole(targetRoleArn, clusterName);
      checkPodRole(roleArn, call, deps, clusterName);
      const existing = associationFor(state, key, namespace, serviceAccount);
      if (existing) throw resourceInUse(`Association already exists: ${existing.id}`, { clusterName });
      if (state.associations.count(`${key}/`) >= limits.associationsPerCluster) {
        throw limitExceeded("The maximum number of pod identity associations for the cluster was reached.", { clusterName });
      }
      const id = podIdentityAssociationId(random);
      const record = compact<AssociationRecord>({
        clusterName,
        namespace,
        serviceAccount,
        roleArn,
        arn: associationArn(call, clusterName, id),
        id,
        tags,
        createdAt: now,
        modifiedAt: now,
        disableSessionTags,
        ...target(call, clusterName, namespace, serviceAccount, targetRoleArn),
        ...(policy ? { policy } : {}),
      });
      state.store.transact(() => {
        state.associations.put(childKey(call, clusterName, id), record);
        rememberResult(state, use, id);
      });
      return { association: associationView(record) };
    },
  },

  DescribePodIdentityAssociation: {
    resource,
    conditions,
    run({ clusterName, associationId: id }, call, { state }) {
      const cluster = requireCluster(state, call, clusterName);
      return { association: associationView(requireAssociation(state, call, cluster.name, id)) };
    },
  },

  ListPodIdentityAssociations: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      const found = state.associations
        .list(`${clusterKey(call, cluster.name)}/`)
        .filter((record) => input.namespace === undefined || record.namespace === input.namespace)
        .filter((record) => input.serviceAccount === undefined || record.serviceAccount === input.serviceAccount);
      const binding = ["ListPodIdentityAssociations", cluster.arn, input.namespace, input.serviceAccount];
      const { page: cut, nextToken } = page(found, input, binding, (record) => record.id);
      const associations = cut.map(({ namespace, serviceAccount, arn, id, ownerArn }) =>
        compact({ clusterName: cluster.name, namespace, serviceAccount, associationArn: arn, associationId: id, ownerArn }),
      );
      return { associations, nextToken };
    },
  },

  UpdatePodIdentityAssociation: {
    resource,
    conditions,
    requires: ({ roleArn }) => passRole(roleArn, SERVICE),
    run(input, call, deps) {
      const { state, clock } = deps;
      const cluster = requireCluster(state, call, input.clusterName);
      const record = requireAssociation(state, call, cluster.name, input.associationId);
      notOwned(record);
      const disableSessionTags = input.disableSessionTags ?? record.disableSessionTags;
      // Empty text takes the target role or the policy away again.
      const targetRoleArn = (input.targetRoleArn ?? record.targetRoleArn) || undefined;
      const policy = (input.policy ?? record.policy) || undefined;
      checkSessionPolicy(policy, disableSessionTags, cluster.name);
      checkTargetRole(targetRoleArn, cluster.name);
      if (input.roleArn !== undefined) checkPodRole(input.roleArn, call, deps, cluster.name);
      const { targetRoleArn: _, externalId: __, policy: ___, ...rest } = record;
      const changed: AssociationRecord = {
        ...rest,
        roleArn: input.roleArn ?? record.roleArn,
        disableSessionTags,
        ...target(call, cluster.name, record.namespace, record.serviceAccount, targetRoleArn),
        ...(policy ? { policy } : {}),
        modifiedAt: clock.now(),
      };
      return { association: associationView(state.associations.put(childKey(call, cluster.name, record.id), changed)) };
    },
  },

  DeletePodIdentityAssociation: {
    resource,
    conditions,
    run({ clusterName, associationId: id }, call, { state }) {
      const cluster = requireCluster(state, call, clusterName);
      const record = requireAssociation(state, call, cluster.name, id);
      notOwned(record);
      state.associations.delete(childKey(call, cluster.name, record.id));
      return { association: associationView(record) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

/** The target role with the external id EKS presents to it: `region/account/cluster/namespace/service account`. */
function target(place: Place, clusterName: string, namespace: string, serviceAccount: string, targetRoleArn: string | undefined) {
  if (!targetRoleArn) return {};
  return { targetRoleArn, externalId: `${place.region}/${place.account}/${clusterName}/${namespace}/${serviceAccount}` };
}
