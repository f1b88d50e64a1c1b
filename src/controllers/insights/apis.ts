// Checks of the Kubernetes APIs in use: those that later versions drop, and those that the version before did not have.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { type Deprecation, deprecations } from "../../kubernetes/schema/deprecations.ts";
import { builtinRegistry, type Resource, resourceType } from "../../kubernetes/schema/registry.ts";
import type { ApiClient } from "../../services/eks/api-use.ts";
import type { Finding, InsightResource } from "../../services/eks/insight-records.ts";
import { VERSIONS } from "../../services/eks/versions.ts";
import { finding, GUIDE } from "./finding.ts";

const MIGRATION = "https://kubernetes.io/docs/reference/using-api/deprecation-guide";

const pathOf = ({ group, version, plural }: Pick<Deprecation, "group" | "version" | "plural">) => `/apis/${group}/${version}/${plural}`;

/** One insight for the next version, and one for each later version that drops an API. `current` is the cluster's minor. */
export function deprecatedApis(current: number, clients: readonly ApiClient[]): Finding[] {
  const known = [...deprecations(current).values()];
  const versions = new Set([current + 1, ...known.map(({ removedIn }) => removedIn)]);
  return [...versions]
    .filter((minor) => VERSIONS.versions.some(({ version }) => version === `1.${minor}`))
    .sort((a, b) => a - b)
    .map((minor) => {
      const removed = known.filter(({ removedIn }) => removedIn === minor);
      return deprecatedIn(minor, current, removed, clients);
    });
}

function deprecatedIn(minor: number, current: number, removed: readonly Deprecation[], clients: readonly ApiClient[]): Finding {
  const kubernetesVersion = `1.${minor}`;
  const usersOf = (api: Deprecation) => clients.filter((client) => pathOf(client) === pathOf(api));
  const failing = `Deprecated API usage detected within last 30 days and your cluster is on Kubernetes v1.${current}.`;
  // What the very next version drops breaks the next upgrade.
  const status = minor === current + 1 ? "ERROR" : "WARNING";
  const resources = removed
    .filter((api) => usersOf(api).length > 0)
    .map((api): InsightResource => ({ status, reason: failing, kubernetesResourceUri: pathOf(api) }));
  const base = {
    ...{ name: `Deprecated APIs removed in Kubernetes v${kubernetesVersion}`, category: "UPGRADE_READINESS" as const, kubernetesVersion },
    description: `Checks for usage of deprecated APIs that are scheduled for removal in Kubernetes v${kubernetesVersion}. Upgrading your cluster before migrating to the updated APIs supported by v${kubernetesVersion} could cause application impact.`,
    recommendation: `Update manifests and API clients to use newer Kubernetes APIs if applicable before upgrading to Kubernetes v${kubernetesVersion}.`,
  };
  const details = removed.map((api) => ({
    usage: pathOf(api),
    replacedWith: pathOf({ ...api.replacement, plural: api.plural }),
    stopServingVersion: kubernetesVersion,
    startServingReplacementVersion: `1.${api.replacedIn}`,
    clients: usersOf(api).map(({ userAgent, requests, lastAt }) => ({ userAgent, requests, lastAt })),
  }));
  const passing = "No deprecated API usage detected within the last 30 days.";
  const found = finding(base, resources, passing, failing, { deprecations: details });
  const additionalInfo = { ...found.additionalInfo, "Kubernetes v1 deprecated API migration guide": MIGRATION };
  return { ...found, additionalInfo: { ...additionalInfo, "EKS cluster insights documentation": `${GUIDE}/cluster-insights.html` } };
}

/** Objects the API server makes by itself, which no rollback has to fear for. */
const isOwn = (resource: Resource, { metadata }: KubeObject) =>
  resource.plural === "ipaddresses" || (resource.plural === "servicecidrs" && metadata.name === "kubernetes");

/** Objects of kinds that the version before does not have. `list` takes a resource type. */
export function incompatibleApis(current: number, target: number, list: (type: string) => readonly KubeObject[]): Finding {
  const before = new Set(builtinRegistry(target).resources.map(resourceType));
  const resources = builtinRegistry(current)
    .resources.filter((resource) => !before.has(resourceType(resource)) && !resource.virtual)
    .flatMap((resource) =>
      list(resourceType(resource))
        .filter((object) => !isOwn(resource, object))
        .map((object): InsightResource => {
          const { namespace, name } = object.metadata;
          const place = namespace ? `/namespaces/${namespace}` : "";
          const kubernetesResourceUri = `/apis/${resource.group}/${resource.version}${place}/${resource.plural}/${name}`;
          return { status: "ERROR", reason: `Kubernetes v1.${target} does not serve ${resource.kind}.`, kubernetesResourceUri };
        }),
    );
  const base = {
    ...{ name: "Incompatible API usage", category: "ROLLBACK_READINESS" as const, kubernetesVersion: `1.${target}` },
    description: "Checks for objects of APIs that the version the cluster would go back to does not serve.",
    recommendation: "Delete these objects before the rollback.",
  };
  const failing = `Objects of APIs that Kubernetes v1.${target} does not serve were found.`;
  return finding(base, resources, "No incompatible API usage detected.", failing);
}
