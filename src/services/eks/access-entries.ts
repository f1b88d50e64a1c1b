// Access entries: which IAM principals may use a cluster, and as whom (spec identity §5.5).
import type { AccessEntry } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Conditions, Operations, Sdk } from "../../aws/operation.ts";
import { accessType, checkGroups, checkUsername, defaultUsername } from "./access-types.ts";
import { accessEntryArn, childKey, clusterArn, clusterKey, type Place } from "./arn.ts";
import { checkTags } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, invalidParameter, invalidRequest, limitExceeded, notFound, resourceInUse } from "./errors.ts";
import { page } from "./page.ts";
import { requirePrincipal } from "./principals.ts";
import type { AccessEntryRecord, ClusterRecord } from "./records.ts";
import { passRole, tagOnCreate } from "./service-roles.ts";
import type { EksState } from "./state.ts";
import { earlierResult, rememberResult } from "./tokens.ts";

/** The cluster, if its authentication mode knows access entries. Throws ResourceNotFoundException or InvalidRequestException. */
export function requireEntryMode(state: EksState, place: Place, name: string | undefined, write: boolean): Readonly<ClusterRecord> {
  const cluster = requireCluster(state, place, name);
  if (write && cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(cluster.name);
  if (cluster.authenticationMode === "CONFIG_MAP") {
    throw invalidRequest("The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.", {
      clusterName: cluster.name,
    });
  }
  return cluster;
}

/** The entry of a principal; throws ResourceNotFoundException. */
export function requireEntry(
  state: EksState,
  place: Place,
  cluster: string,
  principalArn: string | undefined,
): Readonly<AccessEntryRecord> {
  const entry = state.accessEntries.get(childKey(place, cluster, principalArn ?? ""));
  if (!entry) {
    throw notFound(
      "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.",
      {
        clusterName: cluster,
      },
    );
  }
  return entry;
}

interface EntryInput {
  readonly clusterName?: string | undefined;
  readonly principalArn?: string | undefined;
}

/** ARN to authorize on; the last part is `*` if there is no such entry. */
export const entryResource = (input: EntryInput, place: Place, { state }: EksDeps): string =>
  state.accessEntries.get(childKey(place, input.clusterName ?? "", input.principalArn ?? ""))?.arn ??
  accessEntryArn(place, input.clusterName ?? "", input.principalArn ?? "", "*");

/** Condition keys of an existing entry. */
export function entryConditions(input: EntryInput, place: Place, { state }: EksDeps): Conditions {
  const entry = state.accessEntries.get(childKey(place, input.clusterName ?? "", input.principalArn ?? ""));
  return {
    "eks:clusterName": input.clusterName,
    "eks:principalArn": input.principalArn,
    "eks:accessEntryType": entry?.type,
    "eks:kubernetesGroups": entry?.kubernetesGroups,
    "eks:username": entry?.username,
    ...resourceTags(entry?.tags),
  };
}

function entryView(entry: AccessEntryRecord): AccessEntry {
  return {
    clusterName: entry.clusterName,
    principalArn: entry.principalArn,
    kubernetesGroups: [...entry.kubernetesGroups],
    accessEntryArn: entry.arn,
    createdAt: new Date(entry.createdAt),
    modifiedAt: new Date(entry.modifiedAt),
    tags: { ...entry.tags },
    username: entry.username,
    type: entry.type,
  };
}

export const accessEntries = {
  CreateAccessEntry: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: (input) => ({
      ...tagConditions(input.tags),
      "eks:clusterName": input.clusterName,
      "eks:principalArn": input.principalArn,
      "eks:accessEntryType": input.type ?? "STANDARD",
      "eks:kubernetesGroups": input.kubernetesGroups,
      "eks:username": input.username,
    }),
    requires: (input, call) => [
      ...(input.type && input.type !== "STANDARD" ? passRole(input.principalArn, "ec2.amazonaws.com") : []),
      ...tagOnCreate(input.tags, clusterArn(call, input.clusterName ?? "")),
    ],
    run(input, call, { state, clock, random, directory, limits }) {
      const clusterName = input.clusterName ?? "";
      const principalArn = input.principalArn ?? "";
      const tags = checkTags(input.tags, { clusterName });
      const now = clock.now();
      const use = {
        clusterKey: clusterKey(call, clusterName),
        operation: "CreateAccessEntry",
        token: input.clientRequestToken,
        input,
        now,
      };
      const known =
        earlierResult(state, use) === undefined ? undefined : state.accessEntries.get(childKey(call, clusterName, principalArn));
      if (known) return { accessEntry: entryView(known) };

      requireEntryMode(state, call, clusterName, true);
      if (state.accessEntries.has(childKey(call, clusterName, principalArn))) {
        throw resourceInUse("The specified access entry resource is already in use on this cluster.", { clusterName });
      }
      if (state.accessEntries.count(`${clusterKey(call, clusterName)}/`) >= limits.accessEntriesPerCluster) {
        throw limitExceeded("The maximum number of access entries for the cluster was reached.", { clusterName });
      }
      const typeName = input.type ?? "STANDARD";
      const type = accessType(typeName, clusterName);
      if (!type.custom && (input.username !== undefined || input.kubernetesGroups?.length)) throw standardOnly(clusterName);
      if (input.username !== undefined) checkUsername(input.username, clusterName);
      checkGroups(input.kubernetesGroups ?? [], clusterName);
      const principal = requirePrincipal(directory, call, principalArn, type.roleOnly, clusterName);
      const entry: AccessEntryRecord = {
        clusterName,
        principalArn,
        principalId: principal.id,
        arn: accessEntryArn(call, clusterName, principalArn, uuid(random)),
        type: typeName,
        username: input.username ?? defaultUsername(type, principalArn),
        kubernetesGroups: type.custom ? (input.kubernetesGroups ?? []) : type.groups,
        createdAt: now,
        modifiedAt: now,
        tags,
        policies: [],
      };
      state.store.transact(() => {
        state.accessEntries.put(childKey(call, clusterName, principalArn), entry);
        rememberResult(state, use, principalArn);
      });
      return { accessEntry: entryView(entry) };
    },
  },

  DescribeAccessEntry: {
    resource: entryResource,
    conditions: entryConditions,
    run({ clusterName, principalArn }, call, { state }) {
      const cluster = requireEntryMode(state, call, clusterName, false);
      return { accessEntry: entryView(requireEntry(state, call, cluster.name, principalArn)) };
    },
  },

  ListAccessEntries: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run(input, call, { state }) {
      const cluster = requireEntryMode(state, call, input.clusterName, false);
      const filter = input.associatedPolicyArn;
      const arns = state.accessEntries
        .list(`${clusterKey(call, cluster.name)}/`)
        .filter((entry) => !filter || entry.policies.some((policy) => policy.policyArn === filter))
        .map((entry) => entry.principalArn);
      const { page: found, nextToken } = page(arns, input, ["ListAccessEntries", cluster.arn, filter], (arn) => arn);
      return { accessEntries: found, nextToken };
    },
  },

  UpdateAccessEntry: {
    resource: entryResource,
    conditions: entryConditions,
    run(input, call, { state, clock }) {
      const cluster = requireEntryMode(state, call, input.clusterName, true);
      const entry = requireEntry(state, call, cluster.name, input.principalArn);
      if (!accessType(entry.type, cluster.name).custom) throw standardOnly(cluster.name);
      if (input.username !== undefined) checkUsername(input.username, cluster.name);
      checkGroups(input.kubernetesGroups ?? [], cluster.name);
      const changed = {
        ...entry,
        username: input.username ?? entry.username,
        kubernetesGroups: input.kubernetesGroups ?? entry.kubernetesGroups,
        modifiedAt: clock.now(),
      };
      return { accessEntry: entryView(state.accessEntries.put(childKey(call, cluster.name, entry.principalArn), changed)) };
    },
  },

  DeleteAccessEntry: {
    resource: entryResource,
    conditions: entryConditions,
    run({ clusterName, principalArn }, call, { state }) {
      const cluster = requireEntryMode(state, call, clusterName, true);
      const entry = requireEntry(state, call, cluster.name, principalArn);
      if (entry.principalArn.includes(":role/aws-service-role/")) throw serviceLinked(cluster.name);
      state.accessEntries.delete(childKey(call, cluster.name, entry.principalArn));
      return {};
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

export const standardOnly = (clusterName: string) =>
  invalidParameter('This operation can only be performed on Access Entries with a type of "STANDARD".', { clusterName });

export const serviceLinked = (clusterName: string) =>
  invalidParameter("The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role", {
    clusterName,
  });
