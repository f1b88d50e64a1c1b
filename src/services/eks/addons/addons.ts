// Add-ons of a cluster: describe, list, delete (spec addons §3.3, §15).
import type { Operations, Sdk } from "../../../aws/operation.ts";
import { childKey, clusterArn, clusterKey, type Place } from "../arn.ts";
import { resourceTags } from "../cluster-conditions.ts";
import { requireCluster } from "../clusters.ts";
import type { EksDeps } from "../deps.ts";
import { page } from "../page.ts";
import type { AddonRecord } from "../records.ts";
import { associationRequirements, ownedAssociations, releaseAssociations } from "./associations.ts";
import { addonKey, addonResource, addonView, requireAddon } from "./view.ts";

interface NameInput {
  readonly clusterName?: string | undefined;
  readonly addonName?: string | undefined;
}

const resource = ({ clusterName, addonName }: NameInput, place: Place, { state }: EksDeps) =>
  addonResource(state, place, clusterName, addonName);
const conditions = ({ clusterName = "", addonName = "" }: NameInput, place: Place, { state }: EksDeps) =>
  resourceTags(state.addons.get(addonKey(place, clusterName, addonName))?.tags);

export const addons = {
  DescribeAddon: {
    resource,
    conditions,
    run({ clusterName, addonName }, call, { state }) {
      const cluster = requireCluster(state, call, clusterName);
      return { addon: addonView(requireAddon(state, call, cluster.name, addonName), state, call) };
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

  DeleteAddon: {
    resource,
    conditions,
    requires: ({ clusterName = "", addonName = "", preserve }, call, { state }) => {
      const addon = state.addons.get(addonKey(call, clusterName, addonName));
      return addon && !preserve ? associationRequirements([], ownedAssociations(state, call, addon), call, clusterName) : [];
    },
    run({ clusterName, addonName, preserve }, call, { state, clock }) {
      const cluster = requireCluster(state, call, clusterName);
      const addon = requireAddon(state, call, cluster.name, addonName);
      if (addon.status === "DELETING") return { addon: addonView(addon, state, call) };
      const { activeUpdate, wanted: _, ...rest } = addon;
      const now = clock.now();
      const deleting: AddonRecord = { ...rest, status: "DELETING", health: [], modifiedAt: now, preserve: preserve === true };
      state.store.transact(() => {
        releaseAssociations(state, call, addon, preserve === true);
        state.addons.put(addonKey(call, cluster.name, addon.name), deleting);
        if (activeUpdate) {
          state.updates.update(childKey(call, cluster.name, activeUpdate), (update) => ({
            ...update,
            status: "Cancelled",
            finishedAt: now,
          }));
        }
      });
      return { addon: addonView(deleting, state, call) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
