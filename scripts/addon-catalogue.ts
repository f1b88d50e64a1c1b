// Makes the add-on catalogue from collected facts: node scripts/addon-catalogue.ts FACTS.json. Writes the catalogue and the
// configuration schemas that the API shows, and the bundles of objects that clusters install.
import { readFileSync, writeFileSync } from "node:fs";

interface Account {
  readonly name: string;
  readonly needsIam: boolean;
  readonly managedPolicies?: readonly string[];
}

interface Version {
  readonly version: string;
}

interface Addon {
  readonly addonName: string;
  readonly type: string;
  readonly publisher: string;
  readonly owner: string;
  readonly defaultNamespace: string | null;
  readonly serviceAccounts: readonly Account[];
  readonly requiresIamPermissions: boolean;
  readonly computeTypes: readonly string[];
  readonly architecture: readonly string[];
  readonly installs: Readonly<Record<string, readonly unknown[]>>;
  readonly versions?: readonly Version[];
  readonly versionsByKubernetes?: Readonly<Record<string, readonly Version[]>>;
  readonly defaultVersionByKubernetes?: Readonly<Record<string, string>>;
  readonly bootstrapVersionByKubernetes?: Readonly<Record<string, string>>;
  readonly assumedCompatibilityFloor?: Readonly<Record<string, string>>;
  readonly assumedCompatibilityCeiling?: Readonly<Record<string, string>>;
  readonly updateRule?: string;
  readonly minPodIdentityVersion?: string;
  readonly minHybridVersion?: string;
  readonly prerequisites?: readonly string[];
}

interface Facts {
  readonly addons: readonly Addon[];
  readonly marketplaceAddons: readonly { addonName: string; publisher: string; type: string; owner: string }[];
  readonly imageRegistries: Readonly<Record<string, string>>;
  readonly configurationSchemas: Readonly<Record<string, object>>;
}

const [, , input] = process.argv;
if (!input) throw new Error("usage: addon-catalogue.ts FACTS.json");
const facts = JSON.parse(readFileSync(input, "utf8")) as Facts;

/** Kubernetes versions the catalogue covers: 1.28 to 1.36. */
const MINORS = Array.from({ length: 9 }, (_, index) => 28 + index);
/** Defaults that no source states: the version current when the Kubernetes version came. */
const ASSUMED_DEFAULTS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "vpc-cni": { 33: "v1.19.6-eksbuild.1", 34: "v1.20.4-eksbuild.1", 35: "v1.21.1-eksbuild.3", 36: "v1.21.1-eksbuild.8" },
};
/** Add-ons with manifests of their own in src/clusters/addons. */
const OWN_MANIFESTS = new Set(["vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent"]);

const parts = (version: string) => (version.match(/\d+/g) ?? []).map(Number);
function compare(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 4; i++) if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}

/** Versions offered for Kubernetes 1.`minor`, newest first. */
function offered(addon: Addon, minor: number): string[] {
  const kubernetes = `1.${minor}`;
  const listed = (at: number) => (addon.versionsByKubernetes?.[`1.${at}`] ?? []).map(({ version }) => version);
  let versions = addon.versionsByKubernetes ? listed(minor) : (addon.versions ?? []).map(({ version }) => version);
  if (addon.updateRule === "kubernetes-skew") versions = [minor, minor - 1, minor - 2, minor - 3].flatMap(listed);
  const floor = addon.assumedCompatibilityFloor?.[kubernetes];
  const ceiling = addon.assumedCompatibilityCeiling?.[kubernetes];
  return versions
    .filter((version) => floor === undefined || compare(version, floor) >= 0)
    .filter((version) => ceiling === undefined || compare(version, `${ceiling}-eksbuild.999`) <= 0)
    .sort((a, b) => compare(b, a));
}

/** Stated default, else the one at launch, else the nearest stated one, else the newest. */
function defaultOf(addon: Addon, minor: number, versions: readonly string[]): string | undefined {
  const stated = addon.defaultVersionByKubernetes ?? {};
  const nearest = Object.keys(stated).sort((a, b) => Math.abs(Number(a.slice(2)) - minor) - Math.abs(Number(b.slice(2)) - minor))[0];
  const own = addon.versionsByKubernetes?.[`1.${minor}`]?.[0]?.version;
  const candidates = [
    stated[`1.${minor}`],
    ASSUMED_DEFAULTS[addon.addonName]?.[minor],
    addon.bootstrapVersionByKubernetes?.[`1.${minor}`],
    own,
    nearest && stated[nearest],
    versions[0],
  ];
  return candidates.find((candidate) => candidate !== undefined && versions.includes(candidate));
}

function row(addon: Addon): object {
  const kubernetes = MINORS.map((minor) => ({ minor, versions: offered(addon, minor) })).filter(({ versions }) => versions.length > 0);
  const all = [...new Set(kubernetes.flatMap(({ versions }) => versions))].sort((a, b) => compare(b, a));
  return {
    name: addon.addonName,
    type: addon.type,
    publisher: addon.publisher,
    owner: addon.owner,
    namespace: addon.defaultNamespace,
    serviceAccounts: addon.serviceAccounts.map(({ name, needsIam, managedPolicies }) => ({
      name,
      ...(needsIam && managedPolicies ? { policies: managedPolicies.map((arn) => arn.replace(/^arn:aws:iam::aws:policy\//, "")) } : {}),
    })),
    requiresIam: addon.requiresIamPermissions,
    compute: addon.computeTypes,
    ...(addon.minHybridVersion ? { hybridFrom: addon.minHybridVersion } : {}),
    ...(addon.minPodIdentityVersion ? { podIdentityFrom: addon.minPodIdentityVersion } : {}),
    defaults: Object.fromEntries(kubernetes.map(({ minor, versions }) => [`1.${minor}`, defaultOf(addon, minor, versions)])),
    /** Version, and the Kubernetes minors it is offered for. */
    versions: all.map((version) => [version, ...kubernetes.filter((each) => each.versions.includes(version)).map(({ minor }) => minor)]),
  };
}

function bundle({ addonName, serviceAccounts, computeTypes, installs, prerequisites }: Addon): object {
  return {
    name: addonName,
    serviceAccounts: serviceAccounts.map(({ name }) => name),
    compute: computeTypes,
    needsCertManager: prerequisites?.includes("cert-manager") === true,
    ...installs,
  };
}

function write(path: string, rows: readonly object[]): void {
  writeFileSync(new URL(`../src/${path}`, import.meta.url), `[\n${rows.map((each) => ` ${JSON.stringify(each)}`).join(",\n")}\n]\n`);
}

const sorted = [...facts.addons].sort((a, b) => (a.addonName < b.addonName ? -1 : 1));
const marketplace = facts.marketplaceAddons
  .map(({ addonName: name, ...rest }) => ({ name, ...rest }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
write("services/eks/addons/data/catalogue.json", sorted.map(row));
write("services/eks/addons/data/marketplace.json", marketplace);
write(
  "services/eks/addons/data/schemas.json",
  Object.entries(facts.configurationSchemas)
    .filter(([, value]) => "schema" in value)
    .map(([name, value]) => ({ name, schema: (value as { schema: object }).schema })),
);
write("clusters/addons/data/bundles.json", sorted.filter(({ addonName }) => !OWN_MANIFESTS.has(addonName)).map(bundle));
write(
  "clusters/addons/data/registries.json",
  Object.entries(facts.imageRegistries).map(([region, host]) => ({ region, host })),
);
