// Fargate profiles: create, describe, list, delete (spec eks-control-plane §14).
import type { FargateProfile } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Conditions, Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey, fargateProfileArn, type Place } from "./arn.ts";
import { checkTags } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, limitExceeded, notFound, resourceInUse } from "./errors.ts";
import type { FargateProfileRecord } from "./fargate-records.ts";
import { checkPodExecutionRole, checkProfileName, checkSelectors, chooseSubnets } from "./fargate-rules.ts";
import { page } from "./page.ts";
import { passRole, serviceLinkedRequirement, tagOnCreate } from "./service-roles.ts";
import type { EksState } from "./state.ts";
import { earlierResult, rememberResult } from "./tokens.ts";

interface NameInput {
  readonly clusterName?: string | undefined;
  readonly fargateProfileName?: string | undefined;
}

function profileView(record: FargateProfileRecord): FargateProfile {
  return {
    fargateProfileName: record.name,
    fargateProfileArn: record.arn,
    clusterName: record.clusterName,
    createdAt: new Date(record.createdAt),
    podExecutionRoleArn: record.podExecutionRoleArn,
    subnets: [...record.subnets],
    selectors: record.selectors.map(({ namespace, labels }) => ({ namespace, labels: { ...labels } })),
    status: record.status,
    tags: { ...record.tags },
    health: { issues: record.health.map((issue) => ({ ...issue, resourceIds: [...issue.resourceIds] })) },
  };
}

function requireProfile(state: EksState, place: Place, clusterName: string, name: string | undefined): Readonly<FargateProfileRecord> {
  const record = state.fargateProfiles.get(childKey(place, clusterName, name ?? ""));
  if (!record) throw notFound(`No Fargate Profile found with name: ${name}.`, { clusterName, fargateProfileName: name ?? "" });
  return record;
}

/** ARN to authorize on; the last part is `*` if there is no such profile. */
const profileResource = (input: NameInput, place: Place, { state }: EksDeps): string =>
  state.fargateProfiles.get(childKey(place, input.clusterName ?? "", input.fargateProfileName ?? ""))?.arn ??
  fargateProfileArn(place, input.clusterName ?? "", input.fargateProfileName ?? "", "*");

const profileConditions = (input: NameInput, place: Place, { state }: EksDeps): Conditions =>
  resourceTags(state.fargateProfiles.get(childKey(place, input.clusterName ?? "", input.fargateProfileName ?? ""))?.tags);

/** Only one profile of a cluster may be on its way up or down. Throws ResourceInUseException. */
function checkQuiet(state: EksState, key: string, action: string, name: string, clusterName: string): void {
  const busy = state.fargateProfiles
    .list(`${key}/`)
    .find((other) => other.name !== name && (other.status === "CREATING" || other.status === "DELETING"));
  if (!busy) return;
  throw resourceInUse(
    `Cannot ${action} Fargate Profile ${name} because cluster ${clusterName} currently has Fargate profile ${busy.name} in status ${busy.status}`,
    { clusterName },
  );
}

export const fargateProfiles = {
  CreateFargateProfile: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: ({ tags }) => tagConditions(tags),
    requires: (input, call, { directory }) => [
      ...passRole(input.podExecutionRoleArn, "eks-fargate-pods.amazonaws.com"),
      ...serviceLinkedRequirement(directory, call, "fargate"),
      ...tagOnCreate(input.tags, clusterArn(call, input.clusterName ?? "")),
    ],
    async run(input, call, deps) {
      const { state, clock, limits } = deps;
      const clusterName = input.clusterName ?? "";
      const name = checkProfileName(input.fargateProfileName, clusterName);
      const subject = { clusterName, fargateProfileName: name };
      const tags = checkTags(input.tags, subject);
      const key = clusterKey(call, clusterName);
      const profileKey = childKey(call, clusterName, name);
      const use = { clusterKey: key, operation: "CreateFargateProfile", token: input.clientRequestToken, input, now: clock.now() };
      const earlier = () => (earlierResult(state, use) === undefined ? undefined : state.fargateProfiles.get(profileKey));
      const checkFree = () => {
        const cluster = requireCluster(state, call, clusterName);
        if (cluster.status !== "ACTIVE") throw clusterNotActive(clusterName);
        if (state.fargateProfiles.has(profileKey)) {
          throw resourceInUse("A Fargate Profile already exists with this name in this cluster.", { clusterName });
        }
        checkQuiet(state, key, "create", name, clusterName);
        if (state.fargateProfiles.count(`${key}/`) >= limits.fargateProfilesPerCluster) {
          throw limitExceeded(`Fargate Profile limit exceeded for cluster ${clusterName}.`, { clusterName });
        }
        return cluster;
      };

      const known = earlier();
      if (known) return { fargateProfile: profileView(known) };
      const cluster = checkFree();
      const quota = { selectors: limits.selectorsPerProfile, labels: limits.labelsPerSelector };
      const selectors = checkSelectors(input.selectors, quota, subject);
      const subnets = await chooseSubnets(input.subnets, cluster, call, deps, subject);
      const id = uuid(deps.random);
      const podExecutionRoleArn = input.podExecutionRoleArn ?? "";
      await checkPodExecutionRole(podExecutionRoleArn, call, deps, subject, id);
      // The checks above waited for other services; somebody else may have taken the name meanwhile.
      const taken = earlier();
      if (taken) return { fargateProfile: profileView(taken) };
      checkFree();
      const record: FargateProfileRecord = {
        ...{ clusterName, name, podExecutionRoleArn, subnets, selectors, tags },
        arn: fargateProfileArn(call, clusterName, name, id),
        createdAt: clock.now(),
        status: "CREATING",
        health: [],
      };
      state.store.transact(() => {
        state.fargateProfiles.put(profileKey, record);
        rememberResult(state, use, name);
      });
      return { fargateProfile: profileView(record) };
    },
  },

  DescribeFargateProfile: {
    resource: profileResource,
    conditions: profileConditions,
    run({ clusterName, fargateProfileName }, call, { state }) {
      const cluster = requireCluster(state, call, clusterName);
      return { fargateProfile: profileView(requireProfile(state, call, cluster.name, fargateProfileName)) };
    },
  },

  ListFargateProfiles: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      const names = state.fargateProfiles.list(`${clusterKey(call, cluster.name)}/`).map((profile) => profile.name);
      const { page: fargateProfileNames, nextToken } = page(names, input, ["ListFargateProfiles", cluster.arn], (name) => name);
      return { fargateProfileNames, nextToken };
    },
  },

  DeleteFargateProfile: {
    resource: profileResource,
    conditions: profileConditions,
    run({ clusterName, fargateProfileName }, call, { state, clock }) {
      const cluster = requireCluster(state, call, clusterName);
      const profile = requireProfile(state, call, cluster.name, fargateProfileName);
      if (profile.status === "DELETING") return { fargateProfile: profileView(profile) };
      checkQuiet(state, clusterKey(call, cluster.name), "delete", profile.name, cluster.name);
      const deleting = { ...profile, status: "DELETING" as const, deletingSince: clock.now() };
      return { fargateProfile: profileView(state.fargateProfiles.put(childKey(call, cluster.name, profile.name), deleting)) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
