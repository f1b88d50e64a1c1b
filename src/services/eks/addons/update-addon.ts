// UpdateAddon: an Update that the controller carries out; the add-on shows its old settings until that has succeeded (spec addons §3.2).
import type { Operations, Sdk } from "../../../aws/operation.ts";
import { childKey, clusterKey } from "../arn.ts";
import { compact } from "../checks.ts";
import { resourceTags } from "../cluster-conditions.ts";
import { requireCluster } from "../clusters.ts";
import type { EksDeps } from "../deps.ts";
import { clusterNotActive, invalidParameter, resourceInUse } from "../errors.ts";
import type { AddonRecord, AddonSettings } from "../records.ts";
import { passRole } from "../service-roles.ts";
import { earlierResult, rememberResult } from "../tokens.ts";
import { params, startAddonUpdate, updateView } from "../updates.ts";
import { associationRequirements, checkAssociations, checkFree, ownedAssociations, replaceAssociations } from "./associations.ts";
import { findAddon } from "./catalogue.ts";
import { checkConfiguration } from "./configuration.ts";
import { checkAccountRole, checkStep, chooseVersion } from "./rules.ts";
import { addonKey, addonResource, requireAddon } from "./view.ts";

const UPDATABLE = new Set(["ACTIVE", "DEGRADED", "UPDATE_FAILED"]);

export const updateAddon = {
  UpdateAddon: {
    resource: ({ clusterName, addonName }, call, { state }) => addonResource(state, call, clusterName, addonName),
    conditions: ({ clusterName = "", addonName = "" }, call, { state }) =>
      resourceTags(state.addons.get(addonKey(call, clusterName, addonName))?.tags),
    requires: ({ clusterName = "", addonName = "", serviceAccountRoleArn, podIdentityAssociations }, call, { state }) => {
      const addon = state.addons.get(addonKey(call, clusterName, addonName));
      if (!addon) return [];
      const owned = ownedAssociations(state, call, addon);
      return [
        ...passRole(serviceAccountRoleArn, "eks.amazonaws.com"),
        ...(podIdentityAssociations ? associationRequirements(podIdentityAssociations, owned, call, clusterName) : []),
      ];
    },
    run(input, call, deps) {
      const { state, clock } = deps;
      const clusterName = input.clusterName ?? "";
      const now = clock.now();
      const use = { clusterKey: clusterKey(call, clusterName), operation: "UpdateAddon", token: input.clientRequestToken, input, now };
      const earlier = earlierResult(state, use);
      const known = earlier && state.updates.get(childKey(call, clusterName, earlier));
      if (known) return { update: updateView(known) };

      const cluster = requireCluster(state, call, clusterName);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(clusterName);
      const addon = requireAddon(state, call, clusterName, input.addonName);
      const subject = { clusterName, addonName: addon.name };
      if (!UPDATABLE.has(addon.status)) {
        throw resourceInUse(`Addon ${addon.name} cannot be updated as it is currently in ${addon.status} state`, subject);
      }
      const facts = findAddon(addon.name);
      if (!facts) throw invalidParameter("Addon specified is not supported", subject);
      const version = input.addonVersion === undefined ? addon.version : chooseVersion(facts, input.addonVersion, cluster.version, subject);
      checkStep(facts, addon.version, version, deps.limits.vpcCniMinorStep, subject);
      checkAccountRole(input.serviceAccountRoleArn, call, deps.directory, subject);
      const wanted = input.podIdentityAssociations;
      checkAssociations(wanted ?? [], facts, version, call, deps, subject);
      const configurationValues = input.configurationValues ?? addon.configurationValues;
      checkConfiguration(configurationValues, addon.name, version, subject);
      if (wanted) checkFree(wanted, addon, undefined, call, deps);

      const settings = compact<AddonSettings>({
        version,
        ...(configurationValues ? { configurationValues } : {}),
        ...((input.serviceAccountRoleArn ?? addon.serviceAccountRoleArn)
          ? { serviceAccountRoleArn: input.serviceAccountRoleArn ?? addon.serviceAccountRoleArn! }
          : {}),
      });
      const update = state.store.transact(() => {
        const restart = wanted !== undefined && replaceAssociations(wanted, addon, call, deps);
        const changed: AddonRecord = {
          ...addon,
          wanted: settings,
          resolveConflicts: input.resolveConflicts ?? "NONE",
          ...(restart ? { restartedAt: now } : {}),
        };
        const parameters = params({
          AddonVersion: input.addonVersion,
          ServiceAccountRoleArn: input.serviceAccountRoleArn,
          ResolveConflicts: input.resolveConflicts,
          ConfigurationValues: input.configurationValues,
          PodIdentityAssociations: wanted,
        });
        return startAddonUpdate(deps, call, changed, parameters, ({ id }) => rememberResult(state, use, id));
      });
      return { update: updateView(update) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
