// Aggregated discovery: everything of /api or /apis in one document (apidiscovery.k8s.io v2 and v2beta1).
import { createHash } from "node:crypto";
import type { Resource, Subresource } from "../schema/registry.ts";
import { groupResources } from "./order.ts";

/** Versions of the document's own format; the fields are the same. */
export type DiscoveryVersion = "v2" | "v2beta1";

function responseKind(resource: Resource, target: { kind: string; group?: string; version?: string }): object {
  return { group: target.group ?? resource.group, version: target.version ?? resource.version, kind: target.kind };
}

function resourceBody(resource: Resource): object {
  const subresources = resource.subresources.map((subresource: Subresource) => ({
    subresource: subresource.name,
    responseKind: responseKind(resource, subresource),
    verbs: subresource.verbs,
  }));
  return {
    resource: resource.plural,
    responseKind: responseKind(resource, { kind: resource.kind }),
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: resource.singular,
    verbs: resource.shownVerbs ?? resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

/**
 * `GET /api` (`root` "api": the core group) or `GET /apis` (`root` "apis": the others) for a client that accepts the aggregated form.
 * Answer with `Content-Type:` {@link aggregatedMediaType}, `Vary: Accept`, the {@link etagOf} of the body, and 304 on If-None-Match.
 */
export function aggregatedDiscovery(resources: readonly Resource[], root: "api" | "apis", version: DiscoveryVersion = "v2"): object {
  const groups = groupResources(resources.filter(({ group }) => (group === "") === (root === "api")));
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: { ...(group === "" ? {} : { name: group }), creationTimestamp: null },
      versions: versions.map((served) => ({
        version: served.version,
        resources: served.resources.map(resourceBody),
        freshness: "Current",
      })),
    })),
  };
}

/** The Content-Type that clients match on to know that the answer is aggregated. */
export function aggregatedMediaType(version: DiscoveryVersion): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
}

/**
 * The form a client asks for by its Accept header: a version of the aggregated document, or undefined for the plain ones.
 * The first acceptable media range wins; ranges are not weighed by `q`, as in the API server.
 */
export function acceptedDiscovery(accept: string | undefined): DiscoveryVersion | undefined {
  for (const range of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const values = new Map(parameters.map((parameter) => parameter.split("=") as [string, string]));
    const version = values.get("v");
    if (type !== "application/json" && type !== "application/*" && type !== "*/*") continue;
    if (values.get("as") === "APIGroupDiscoveryList" && values.get("g") === "apidiscovery.k8s.io") {
      if (version === "v2" || version === "v2beta1") return version;
    } else if (!values.has("as")) return undefined;
  }
  return undefined;
}

/** Strong entity tag of a document's bytes: SHA-512 in upper-case hexadecimal, quoted. */
export function etagOf(body: string | Uint8Array): string {
  return `"${createHash("sha512").update(body).digest("hex").toUpperCase()}"`;
}
