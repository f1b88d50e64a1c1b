// The add-ons Atoll can install, with their versions per Kubernetes version (EKS User Guide, Available Amazon EKS add-ons; spec addons §12).
import type { AddonInfo } from "@aws-sdk/client-eks";
import { compact } from "./checks.ts";
import data from "./data/addons.json" with { type: "json" };
import { minor } from "./versions.ts";

/** Facts of one add-on. */
export interface AddonFacts {
  readonly type: string;
  readonly publisher: string;
  readonly owner: string;
  readonly defaultNamespace: string;
  readonly computeTypes: readonly string[];
  readonly architecture: readonly string[];
  readonly requiresConfiguration: boolean;
  readonly requiresIamPermissions: boolean;
  readonly serviceAccounts: readonly { readonly name: string; readonly policies: readonly string[] }[];
  /** Updates move at most one minor version at a time. */
  readonly oneMinorStep: boolean;
  /** By Kubernetes version: the default and all versions, newest first. */
  readonly kubernetes: Readonly<Record<string, { readonly default: string; readonly versions: readonly string[] }>>;
  /** JSON schema of configuration values. */
  readonly schema?: object;
}

const catalogue = data as unknown as Readonly<Record<string, AddonFacts>>;

export const addonNames = (): string[] => Object.keys(catalogue).sort();

/** An add-on by name; undefined if Atoll has none of that name. */
export const findAddon = (name: string): AddonFacts | undefined => (Object.hasOwn(catalogue, name) ? catalogue[name] : undefined);

/** `v1.20.4-eksbuild.2` → [1, 20, 4, 2]; missing parts are 0. */
function parts(version: string): number[] {
  const [, major, minorPart, patch, build] = /^v(\d+)\.(\d+)\.(\d+)(?:-eksbuild\.(\d+))?$/.exec(version) ?? [];
  return [major, minorPart, patch, build].map((part) => Number(part ?? 0));
}

/** Whether an add-on's update rule allows a step between two of its versions. */
export function stepAllowed(facts: AddonFacts, from: string, to: string): boolean {
  const [a = [], b = []] = [parts(from), parts(to)];
  return !facts.oneMinorStep || (a[0] === b[0] && Math.abs(a[1]! - b[1]!) <= 1);
}

const newestFirst = (a: string, b: string) => {
  const [left, right] = [parts(a), parts(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at === -1 ? 0 : right[at]! - left[at]!;
};

/** An add-on as DescribeAddonVersions shows it; only versions for `kubernetesVersion` if one is given. */
export function addonInfo(name: string, facts: AddonFacts, kubernetesVersion: string | undefined): AddonInfo {
  const minors = Object.keys(facts.kubernetes)
    .filter((version) => kubernetesVersion === undefined || version === kubernetesVersion)
    .sort((a, b) => minor(b) - minor(a));
  const versions = [...new Set(minors.flatMap((version) => facts.kubernetes[version]!.versions))].sort(newestFirst);
  return compact<AddonInfo>({
    addonName: name,
    type: facts.type,
    publisher: facts.publisher,
    owner: facts.owner,
    defaultNamespace: facts.defaultNamespace,
    addonVersions: versions.map((addonVersion) => ({
      addonVersion,
      architecture: [...facts.architecture],
      computeTypes: [...facts.computeTypes],
      compatibilities: minors
        .filter((version) => facts.kubernetes[version]!.versions.includes(addonVersion))
        .map((clusterVersion) => ({
          clusterVersion,
          platformVersions: ["*"],
          defaultVersion: facts.kubernetes[clusterVersion]!.default === addonVersion,
        })),
      requiresConfiguration: facts.requiresConfiguration,
      requiresIamPermissions: facts.requiresIamPermissions,
    })),
  });
}
