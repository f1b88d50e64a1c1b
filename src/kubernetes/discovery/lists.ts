// The discovery documents of old: /api, /apis, /apis/<group>, /api/v1 and /apis/<group>/<version>.
import { createHash } from "node:crypto";
import type { Resource } from "../schema/registry.ts";
import { groupResources, type ServedGroup } from "./order.ts";

/** `GET /api`. `address` is host:port, as clients of any network reach the server. */
export function apiVersions(address: string): object {
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }] };
}

function groupBody({ group, versions }: ServedGroup): object {
  const named = versions.map(({ apiVersion, version }) => ({ groupVersion: apiVersion, version }));
  return { name: group, versions: named, preferredVersion: named[0] };
}

/** `GET /apis`: every group except the core group. */
export function apiGroupList(resources: readonly Resource[]): object {
  const groups = groupResources(resources).filter(({ group }) => group !== "");
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupBody) };
}

/** `GET /apis/<group>`; undefined when no such group is served (404). */
export function apiGroup(resources: readonly Resource[], group: string): object | undefined {
  const found = groupResources(resources.filter((resource) => resource.group === group))[0];
  return found && group !== "" ? { kind: "APIGroup", apiVersion: "v1", ...groupBody(found) } : undefined;
}

/** The API server's storageVersionHash of a resource: eight bytes of a SHA-256 over the stored form, base64. */
export function storageVersionHash({ storage, kind }: Resource): string {
  return createHash("sha256").update(`${storage.group}/${storage.version}/${kind}`).digest().subarray(0, 8).toString("base64");
}

function entries(resource: Resource): object[] {
  const { plural, singular, namespaced, kind, verbs, shownVerbs = verbs, shortNames, categories } = resource;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: shownVerbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(resource.virtual ? {} : { storageVersionHash: storageVersionHash(resource) }),
  };
  const below = resource.subresources.map((subresource) => ({
    name: `${plural}/${subresource.name}`,
    singularName: "",
    namespaced,
    ...(subresource.group !== undefined ? { group: subresource.group, version: subresource.version } : {}),
    kind: subresource.kind,
    verbs: subresource.verbs,
  }));
  return [main, ...below];
}

/** `GET /api/v1` and `GET /apis/<group>/<version>`; undefined when nothing is served there (404). */
export function apiResourceList(resources: readonly Resource[], group: string, version: string): object | undefined {
  const served = groupResources(resources.filter((resource) => resource.group === group && resource.version === version))[0]?.versions[0];
  if (!served) return undefined;
  // The core group's document has no apiVersion member; kept as the API server writes it.
  const head = group === "" ? { kind: "APIResourceList" } : { kind: "APIResourceList", apiVersion: "v1" };
  return { ...head, groupVersion: served.apiVersion, resources: served.resources.flatMap(entries) };
}
