// The order of groups and versions in discovery.
import { apiVersionOf, type Resource } from "../schema/registry.ts";
import { customPriority, priorities } from "../schema/resources.ts";

/** Takes `v2beta1` apart; undefined for names that are not Kubernetes-like. */
function kubeVersion(version: string): { major: number; stability: number; minor: number } | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return undefined;
  const stability = match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0;
  return { major: Number(match[1]), stability, minor: Number(match[3] ?? 0) };
}

/**
 * Orders versions as CustomResourceDefinitions rank them: stable before beta before alpha, newer before older, names that do not look
 * like versions last and alphabetical. Negative when `a` comes first.
 */
export function compareVersions(a: string, b: string): number {
  const left = kubeVersion(a);
  const right = kubeVersion(b);
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0;
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor;
}

/** Priority pair of a group and version: the built-in one, or that of custom resources. */
export function priorityOf(apiVersion: string): readonly [group: number, version: number] {
  return priorities[apiVersion] ?? customPriority;
}

/** A version of a group with its resources, in discovery's order. */
export interface ServedVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly resources: readonly Resource[];
}

/** A group with its versions; the first version is the preferred one. */
export interface ServedGroup {
  readonly group: string;
  readonly versions: readonly ServedVersion[];
}

/** Groups resources: groups by falling priority, then name; versions by falling priority, then version order; resources by plural. */
export function groupResources(resources: readonly Resource[]): ServedGroup[] {
  const groups = new Map<string, Map<string, Resource[]>>();
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, Resource[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  const rank = (group: ServedGroup) => Math.max(...group.versions.map(({ apiVersion }) => priorityOf(apiVersion)[0]));
  return [...groups]
    .map(([group, versions]) => ({
      group,
      versions: [...versions]
        .map(([version, members]) => ({
          version,
          apiVersion: apiVersionOf({ group, version }),
          resources: members.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)),
        }))
        .sort((a, b) => priorityOf(b.apiVersion)[1] - priorityOf(a.apiVersion)[1] || compareVersions(a.version, b.version)),
    }))
    .sort((a, b) => rank(b) - rank(a) || (a.group < b.group ? -1 : 1));
}
