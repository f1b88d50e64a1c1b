// CreateAddon: checks in the service's order, then a record in CREATING (spec addons §3.1).
import { uuid } from "../../../aws/ids.ts";
import type { Operations, Sdk } from "../../../aws/operation.ts";
import { addonArn, clusterArn, clusterKey } from "../arn.ts";
import { checkTags, compact } from "../checks.ts";
import { tagConditions } from "../cluster-conditions.ts";
import { requireCluster } from "../clusters.ts";
import type { EksDeps } from "../deps.ts";
import { clusterNotActive, invalidParameter, resourceInUse } from "../errors.ts";
import type { AddonRecord } from "../records.ts";
import { passRole, tagOnCreate } from "../service-roles.ts";
import { earlierResult, rememberResult } from "../tokens.ts";
import { associationRequirements, checkAssociations, checkFree, releaseAssociations, replaceAssociations } from "./associations.ts";
import { findAddon, findMarketplaceAddon } from "./catalogue.ts";
import { checkConfiguration } from "./configuration.ts";
import { checkAccountRole, chooseNamespace, chooseVersion } from "./rules.ts";
import { addonKey, addonView } from "./view.ts";

export const createAddon = {
  CreateAddon: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: ({ tags }) => tagConditions(tags),
    requires: (input, call, { state }) => {
      const clusterName = input.clusterName ?? "";
      // An unknown cluster is reported before a role that may not be passed.
      if (!state.clusters.has(clusterKey(call, clusterName))) return [];
      return [
        ...passRole(input.serviceAccountRoleArn, "eks.amazonaws.com"),
        ...associationRequirements(input.podIdentityAssociations ?? [], [], call, clusterName),
        ...tagOnCreate(input.tags, clusterArn(call, clusterName)),
      ];
    },
    run(input, call, deps) {
      const { state, clock, random } = deps;
      const clusterName = input.clusterName ?? "";
      const asked = input.addonName ?? "";
      const subject = { clusterName, addonName: asked };
      const key = addonKey(call, clusterName, asked);
      const now = clock.now();
      const use = { clusterKey: clusterKey(call, clusterName), operation: "CreateAddon", token: input.clientRequestToken, input, now };
      const known = earlierResult(state, use) === undefined ? undefined : state.addons.get(key);
      if (known) return { addon: addonView(known, state, call) };

      const cluster = requireCluster(state, call, clusterName);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(clusterName);
      const facts = findAddon(asked);
      const sold = findMarketplaceAddon(asked);
      if (!facts && !sold) throw invalidParameter("Addon specified is not supported", subject);
      const existing = state.addons.get(key);
      if (existing && existing.status !== "CREATE_FAILED") throw resourceInUse("Addon already exists.", subject);
      const tags = checkTags(input.tags, subject);
      const name = facts?.name ?? sold!.name;
      const arn = addonArn(call, clusterName, name, uuid(random));
      const wanted = input.podIdentityAssociations ?? [];
      let version = "";
      let namespace = "kube-system";
      if (facts) {
        version = chooseVersion(facts, input.addonVersion, cluster.version, subject);
        checkAccountRole(input.serviceAccountRoleArn, call, deps.directory, subject);
        checkAssociations(wanted, facts, version, call, deps, subject);
        checkConfiguration(input.configurationValues, name, version, subject);
        namespace = chooseNamespace(facts, input.namespaceConfig?.namespace, subject);
        checkFree(wanted, { clusterName, arn, namespace }, existing?.arn, call, deps);
      } else if (input.addonVersion !== undefined) {
        // Versions of marketplace add-ons are not known here.
        throw invalidParameter("Addon version specified is not supported", subject);
      } else if (input.namespaceConfig) {
        throw invalidParameter("namespaceConfig is not supported for AWS Marketplace add-ons", subject);
      }
      const record = compact<AddonRecord>({
        clusterName,
        name,
        arn,
        version,
        status: "CREATING",
        health: [],
        createdAt: now,
        modifiedAt: now,
        tags,
        namespace,
        // PRESERVE on creation means NONE.
        resolveConflicts: input.resolveConflicts === "OVERWRITE" ? "OVERWRITE" : "NONE",
        ...(existing?.installed ? { installed: true } : {}),
        ...(input.serviceAccountRoleArn ? { serviceAccountRoleArn: input.serviceAccountRoleArn } : {}),
        ...(input.configurationValues ? { configurationValues: input.configurationValues } : {}),
      });
      state.store.transact(() => {
        if (existing) releaseAssociations(state, call, existing, false);
        if (facts) replaceAssociations(wanted, record, call, deps);
        state.addons.put(key, record);
        rememberResult(state, use, name);
      });
      return { addon: addonView(record, state, call) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
