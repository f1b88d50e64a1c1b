// The add-ons EKS publishes, with their versions per Kubernetes version (EKS User Guide, Available Amazon EKS add-ons; spec addons §12).
import type { AddonInfo } from "@aws-sdk/client-eks";
import { compact } from "../checks.ts";
import rows from "./data/catalogue.json" with { type: "json" };
import marketplaceRows from "./data/marketplace.json" with { type: "json" };
import { atLeast } from "./versions.ts";

/** A service account of an add-on. `policies` are AWS managed policies it should have, as they follow `policy/` in their ARNs. */
export interface AddonAccount {
  readonly name: string;
  readonly policies?: readonly string[];
}

/** Facts of one add-on. */
export interface AddonFacts {
  readonly name: string;
  readonly type: string;
  readonly publisher: string;
  readonly owner: string;
  /** Null where it is not known. */
  readonly namespace: string | null;
  readonly serviceAccounts: readonly AddonAccount[];
  readonly requiresIam: boolean;
  readonly compute: readonly string[];
  /** First version that runs on hybrid nodes. */
  readonly hybridFrom?: string;
  /** First version that takes pod identity associations. */
  readonly podIdentityFrom?: string;
  /** Default version by Kubernetes version. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Newest first: the version, then the minor numbers of the Kubernetes versions it is offered for. */
  readonly versions: readonly (readonly [version: string, ...minors: number[]])[];
}

/** An add-on sold in AWS Marketplace; its versions are not published outside. */
export interface MarketplaceAddon {
  readonly name: string;
  readonly publisher: string;
  readonly type: string;
  readonly owner: string;
}

const catalogue = new Map((rows as unknown as readonly AddonFacts[]).map((facts) => [facts.name, facts]));
const marketplace = new Map((marketplaceRows as readonly MarketplaceAddon[]).map((addon) => [addon.name, addon]));

/** An add-on by name in any spelling of case; undefined if there is none. */
export const findAddon = (name: string): AddonFacts | undefined => catalogue.get(name.toLowerCase());

/** A marketplace add-on by name in any spelling of case; undefined if there is none. */
export const findMarketplaceAddon = (name: string): MarketplaceAddon | undefined => marketplace.get(name.toLowerCase());

/** Add-ons that have versions, AWS's own first, then by name. */
export const publishedAddons = (): readonly AddonFacts[] =>
  [...catalogue.values()]
    .filter(({ versions }) => versions.length > 0)
    .sort((a, b) => Number(a.owner !== "aws") - Number(b.owner !== "aws") || (a.name < b.name ? -1 : 1));

const minorNumber = (kubernetesVersion: string) => Number(kubernetesVersion.slice(2));

/** Whether a version is offered for a Kubernetes version such as `1.33`. */
export const isOffered = (facts: AddonFacts, version: string, kubernetesVersion: string): boolean =>
  facts.versions.some(([each, ...minors]) => each === version && minors.includes(minorNumber(kubernetesVersion)));

/** Whether a version is offered for any Kubernetes version. */
export const isKnown = (facts: AddonFacts, version: string): boolean => facts.versions.some(([each]) => each === version);

/** An add-on as DescribeAddonVersions shows it, with the versions for some Kubernetes versions, given newest first. */
export function addonInfo(facts: AddonFacts, kubernetesVersions: readonly string[]): AddonInfo {
  const addonVersions = facts.versions.map(([addonVersion, ...minors]) => ({
    addonVersion,
    architecture: ["amd64", "arm64"],
    computeTypes: facts.compute.filter((type) => type !== "hybrid" || atLeast(addonVersion, facts.hybridFrom)),
    compatibilities: kubernetesVersions
      .filter((version) => minors.includes(minorNumber(version)))
      .map((clusterVersion) => ({
        clusterVersion,
        platformVersions: ["*"],
        defaultVersion: facts.defaults[clusterVersion] === addonVersion,
      })),
    requiresConfiguration: false,
    requiresIamPermissions: facts.requiresIam,
  }));
  return compact<AddonInfo>({
    addonName: facts.name,
    type: facts.type,
    addonVersions: addonVersions.filter(({ compatibilities }) => compatibilities.length > 0),
    publisher: facts.publisher,
    owner: facts.owner,
    defaultNamespace: facts.namespace ?? undefined,
  });
}
