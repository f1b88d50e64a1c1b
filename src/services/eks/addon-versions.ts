// What add-ons there are: versions and configuration schemas (spec addons §2).
import type { Operations, Sdk } from "../../aws/operation.ts";
import { addonInfo, addonNames, findAddon } from "./addon-catalogue.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter } from "./errors.ts";
import { page } from "./page.ts";

const NO_SETTINGS = { $schema: "http://json-schema.org/draft-07/schema#", type: "object", properties: {} };

export const addonVersions = {
  DescribeAddonVersions: {
    resource: (_input, call) => `arn:${call.partition}:eks:${call.region}:${call.account}:/addons/supported-versions`,
    run(input) {
      const { addonName, kubernetesVersion, types = [], publishers = [], owners = [] } = input;
      const among = (wanted: readonly string[], value: string) => wanted.length === 0 || wanted.includes(value);
      const infos = addonNames()
        .filter((name) => addonName === undefined || name === addonName)
        .map((name) => ({ name, facts: findAddon(name)! }))
        .filter(({ facts }) => among(types, facts.type) && among(publishers, facts.publisher) && among(owners, facts.owner))
        .map(({ name, facts }) => addonInfo(name, facts, kubernetesVersion))
        .filter((info) => info.addonVersions!.length > 0);
      const binding = ["DescribeAddonVersions", addonName, kubernetesVersion, types, publishers, owners];
      const { page: addons, nextToken } = page(infos, input, binding, (info) => info.addonName ?? "");
      return { addons, nextToken };
    },
  },

  DescribeAddonConfiguration: {
    resource: (_input, call) => `arn:${call.partition}:eks:${call.region}:${call.account}:/addons/configuration-schemas`,
    run({ addonName = "", addonVersion = "" }) {
      const facts = findAddon(addonName);
      if (!facts) throw invalidParameter("Addon specified is not supported", { addonName });
      const known = Object.values(facts.kubernetes).some(({ versions }) => versions.includes(addonVersion));
      if (!known) throw invalidParameter("Addon version specified is not supported", { addonName });
      const accounts = facts.serviceAccounts.filter(({ policies }) => policies.length > 0);
      return {
        addonName,
        addonVersion,
        configurationSchema: JSON.stringify(facts.schema ?? NO_SETTINGS),
        podIdentityConfiguration: accounts.map(({ name, policies }) => ({
          serviceAccount: name,
          recommendedManagedPolicies: [...policies],
        })),
      };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
