// What add-ons there are: versions and configuration schemas (spec addons §4, §14).
import type { AddonInfo } from "@aws-sdk/client-eks";
import type { Operations, Sdk } from "../../../aws/operation.ts";
import type { EksDeps } from "../deps.ts";
import { invalidParameter } from "../errors.ts";
import { page } from "../page.ts";
import { minor, supportPhase } from "../versions.ts";
import { addonInfo, findAddon, findMarketplaceAddon, isKnown, publishedAddons } from "./catalogue.ts";
import { configurationSchema } from "./schemas.ts";

/** Kubernetes versions in support now, newest first. */
function supportedVersions({ versions, clock }: EksDeps): string[] {
  return versions.versions
    .filter((facts) => ["STANDARD_SUPPORT", "EXTENDED_SUPPORT"].includes(supportPhase(facts, clock.now())))
    .map(({ version }) => version)
    .sort((a, b) => minor(b) - minor(a));
}

export const addonVersions = {
  DescribeAddonVersions: {
    run(input, _call, deps) {
      const { addonName, kubernetesVersion, types = [], publishers = [], owners = [] } = input;
      if (addonName !== undefined && !findAddon(addonName) && !findMarketplaceAddon(addonName)) {
        throw invalidParameter("Addon specified is not supported", { addonName });
      }
      const kubernetes = supportedVersions(deps).filter((version) => kubernetesVersion === undefined || version === kubernetesVersion);
      const among = (wanted: readonly string[], value: string | undefined) => wanted.length === 0 || wanted.includes(value ?? "");
      const infos: AddonInfo[] = publishedAddons()
        .filter(({ name }) => addonName === undefined || name === addonName.toLowerCase())
        .filter(({ type, publisher, owner }) => among(types, type) && among(publishers, publisher) && among(owners, owner))
        .map((facts) => addonInfo(facts, kubernetes))
        .filter((info) => info.addonVersions?.length);
      const binding = ["DescribeAddonVersions", addonName, kubernetesVersion, types, publishers, owners];
      const { page: addons, nextToken } = page(infos, input, binding, (info) => info.addonName ?? "");
      return { addons, nextToken };
    },
  },

  DescribeAddonConfiguration: {
    run({ addonName = "", addonVersion = "" }, { partition }) {
      const facts = findAddon(addonName);
      if (!facts) throw invalidParameter("Addon specified is not supported", { addonName });
      if (!isKnown(facts, addonVersion)) throw invalidParameter("Addon version specified is not supported", { addonName });
      return {
        addonName: facts.name,
        addonVersion,
        configurationSchema: JSON.stringify(configurationSchema(facts.name, addonVersion)),
        podIdentityConfiguration: facts.serviceAccounts.flatMap(({ name, policies }) =>
          policies
            ? [{ serviceAccount: name, recommendedManagedPolicies: policies.map((policy) => `arn:${partition}:iam::aws:policy/${policy}`) }]
            : [],
        ),
      };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
