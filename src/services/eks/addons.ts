// Add-ons of a cluster (spec addons §2, §3).
import type { Addon } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Conditions, Operations, Requirement, Sdk } from "../../aws/operation.ts";
import { ownAssociations, releaseAssociations } from "./addon-associations.ts";
import { findAddon } from "./addon-catalogue.ts";
import { checkConfiguration, checkRoles, checkStep, chooseAddonVersion, requireKnown } from "./addon-rules.ts";
import { addonArn, childKey, clusterArn, clusterKey, type Place } from "./arn.ts";
import { checkTags, compact } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, notFound, resourceInUse } from "./errors.ts";
import { page } from "./page.ts";
import type { AddonRecord } from "./records.ts";
import { passRole, tagOnCreate } from "./service-roles.ts";
import type { EksState } from "./state.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { params, startAddonUpdate, updateView } from "./updates.ts";

interface NameInput {
  readonly clusterName?: string | undefined;
  readonly addonName?: string | undefined;
}

function view(record: AddonRecord, state: EksState, place: Place): Addon {
  const facts = findAddon(record.name);
  const owned = record.associationIds.map((id) => state.associations.get(childKey(place, record.clusterName, id))?.arn);
  return compact<Addon>({
    addonName: record.name,
    clusterName: record.clusterName,
    status: record.status,
    addonVersion: record.version,
    health: { issues: record.health.map((issue) => ({ ...issue, resourceIds: [...issue.resourceIds] })) },
    addonArn: record.arn,
    createdAt: new Date(record.createdAt),
    modifiedAt: new Date(record.modifiedAt),
    serviceAccountRoleArn: record.serviceAccountRoleArn,
    tags: { ...record.tags },
    publisher: facts?.publisher,
    owner: facts?.owner,
    configurationValues: record.configurationValues,
    podIdentityAssociations: owned.length > 0 ? owned.filter((arn) => arn !== undefined) : undefined,
    namespaceConfig: { namespace: record.namespace },
  });
}

function requireAddon(state: EksState, place: Place, clusterName: string, addonName: string | undefined): Readonly<AddonRecord> {
  const record = state.addons.get(childKey(place, clusterName, addonName ?? ""));
  if (!record) throw notFound(`No addon: ${addonName} found in cluster: ${clusterName}`, { clusterName, addonName: addonName ?? "" });
  return record;
}

const resource = (input: NameInput, place: Place, { state }: EksDeps): string =>
  state.addons.get(childKey(place, input.clusterName ?? "", input.addonName ?? ""))?.arn ??
  addonArn(place, input.clusterName ?? "", input.addonName ?? "", "*");

const conditions = (input: NameInput, place: Place, { state }: EksDeps): Conditions =>
  resourceTags(state.addons.get(childKey(place, input.clusterName ?? "", input.addonName ?? ""))?.tags);

/** What roles in a request need besides the action itself. */
function roleRequirements(
  input: { serviceAccountRoleArn?: string | undefined; podIdentityAssociations?: { roleArn: string | undefined }[] | undefined },
  cluster: string,
): Requirement[] {
  const associations = input.podIdentityAssociations ?? [];
  return [
    ...passRole(input.serviceAccountRoleArn, "eks.amazonaws.com"),
    ...associations.flatMap(({ roleArn }) => passRole(roleArn, "pods.eks.amazonaws.com")),
    ...(associations.length > 0 ? [{ action: "eks:CreatePodIdentityAssociation", resources: [cluster] }] : []),
  ];
}

export const addons = {
  CreateAddon: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: ({ tags }) => tagConditions(tags),
    requires: (input, call) => [
      ...roleRequirements(input, clusterArn(call, input.clusterName ?? "")),
      ...tagOnCreate(input.tags, clusterArn(call, input.clusterName ?? "")),
    ],
    run(input, call, deps) {
      const { state, clock, random } = deps;
      const clusterName = input.clusterName ?? "";
      const name = input.addonName ?? "";
      const subject = { clusterName, addonName: name };
      const key = childKey(call, clusterName, name);
      const tags = checkTags(input.tags, subject);
      const now = clock.now();
      const use = { clusterKey: clusterKey(call, clusterName), operation: "CreateAddon", token: input.clientRequestToken, input, now };
      const known = earlierResult(state, use) === undefined ? undefined : state.addons.get(key);
      if (known) return { addon: view(known, state, call) };

      const cluster = requireCluster(state, call, clusterName);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(clusterName);
      const facts = requireKnown(name, clusterName);
      const existing = state.addons.get(key);
      if (existing && existing.status !== "CREATE_FAILED") throw resourceInUse("Addon already exists.", subject);
      const version = chooseAddonVersion(facts, input.addonVersion, cluster, subject);
      checkRoles(facts, input.serviceAccountRoleArn, input.podIdentityAssociations, subject);
      checkConfiguration(input.configurationValues, subject);
      const arn = addonArn(call, clusterName, name, uuid(random));
      const record = state.store.transact(() => {
        if (existing) releaseAssociations(state, call, existing);
        const made = compact<AddonRecord>({
          clusterName,
          name,
          arn,
          version,
          status: "CREATING",
          health: [],
          createdAt: now,
          modifiedAt: now,
          tags,
          namespace: input.namespaceConfig?.namespace ?? facts.defaultNamespace,
          resolveConflicts: input.resolveConflicts === "OVERWRITE" ? "OVERWRITE" : "NONE",
          ...(input.serviceAccountRoleArn ? { serviceAccountRoleArn: input.serviceAccountRoleArn } : {}),
          ...(input.configurationValues === undefined ? {} : { configurationValues: input.configurationValues }),
          associationIds: ownAssociations(
            deps,
            call,
            { clusterName, arn, namespace: facts.defaultNamespace },
            input.podIdentityAssociations ?? [],
          ),
        });
        rememberResult(state, use, name);
        return state.addons.put(key, made);
      });
      return { addon: view(record, state, call) };
    },
  },

  DescribeAddon: {
    resource,
    conditions,
    run({ clusterName, addonName }, call, { state }) {
      const cluster = requireCluster(state, call, clusterName);
      return { addon: view(requireAddon(state, call, cluster.name, addonName), state, call) };
    },
  },

  ListAddons: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      const names = state.addons.list(`${clusterKey(call, cluster.name)}/`).map((addon) => addon.name);
      const { page: found, nextToken } = page(names, input, ["ListAddons", cluster.arn], (name) => name);
      return { addons: found, nextToken };
    },
  },

  UpdateAddon: {
    resource,
    conditions,
    requires: (input, call) => roleRequirements(input, clusterArn(call, input.clusterName ?? "")),
    run(input, call, deps) {
      const { state, clock } = deps;
      const clusterName = input.clusterName ?? "";
      const use = {
        clusterKey: clusterKey(call, clusterName),
        operation: "UpdateAddon",
        token: input.clientRequestToken,
        input,
        now: clock.now(),
      };
      const earlier = earlierResult(state, use);
      const known = earlier && state.updates.get(childKey(call, clusterName, earlier));
      if (known) return { update: updateView(known) };

      const cluster = requireCluster(state, call, clusterName);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(clusterName);
      const addon = requireAddon(state, call, clusterName, input.addonName);
      const subject = { clusterName, addonName: addon.name };
      if (addon.status !== "ACTIVE" && addon.status !== "DEGRADED" && addon.status !== "UPDATE_FAILED") {
        throw resourceInUse(`Addon ${addon.name} cannot be updated as it is currently in ${addon.status} state`, subject);
      }
      const facts = requireKnown(addon.name, clusterName);
      const version = input.addonVersion === undefined ? addon.version : chooseAddonVersion(facts, input.addonVersion, cluster, subject);
      checkStep(facts, addon.version, version, subject);
      checkRoles(facts, input.serviceAccountRoleArn, input.podIdentityAssociations, subject);
      checkConfiguration(input.configurationValues, subject);
      const update = state.store.transact(() => {
        const wanted = input.podIdentityAssociations;
        if (wanted) releaseAssociations(state, call, addon);
        const associationIds = wanted
          ? ownAssociations(deps, call, { clusterName, arn: addon.arn, namespace: facts.defaultNamespace }, wanted)
          : addon.associationIds;
        const changed: AddonRecord = {
          ...addon,
          version,
          associationIds,
          resolveConflicts: input.resolveConflicts ?? "NONE",
          ...(input.serviceAccountRoleArn === undefined ? {} : { serviceAccountRoleArn: input.serviceAccountRoleArn }),
          ...(input.configurationValues === undefined ? {} : { configurationValues: input.configurationValues }),
        };
        return startAddonUpdate(
          deps,
          call,
          changed,
          params({
            AddonVersion: input.addonVersion,
            ServiceAccountRoleArn: input.serviceAccountRoleArn,
            ResolveConflicts: input.resolveConflicts,
            ConfigurationValues: input.configurationValues,
            PodIdentityAssociations: wanted,
          }),
          ({ id }) => rememberResult(state, use, id),
        );
      });
      return { update: updateView(update) };
    },
  },

  DeleteAddon: {
    resource,
    conditions,
    run({ clusterName, addonName, preserve }, call, { state, clock }) {
      const cluster = requireCluster(state, call, clusterName);
      const addon = requireAddon(state, call, cluster.name, addonName);
      if (addon.status === "DELETING") return { addon: view(addon, state, call) };
      const { activeUpdate: _, ...rest } = addon;
      const deleting: AddonRecord = { ...rest, status: "DELETING", modifiedAt: clock.now(), preserve: preserve === true };
      return { addon: view(state.addons.put(childKey(call, cluster.name, addon.name), deleting), state, call) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
