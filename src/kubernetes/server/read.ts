// GET of one object and of lists, from memory.

import type { Entry } from "../../store/store.ts";
import { checkFieldSelector, type FieldTerm, matchesFields, parseFieldSelector } from "../api/field-selector.ts";
import { matches, parseLabelSelector, type Requirement } from "../api/label-selector.ts";
import type { KubeObject } from "../api/object.ts";
import { badRequest, expired, notFound, tooLargeResourceVersion } from "../api/status.ts";
import { resourceType } from "../schema/resource.ts";
import { keyOf, objectOf, prefixOf } from "../storage/objects.ts";
import type { ServerContext, Target } from "./context.ts";
import { fromStorage } from "./convert.ts";
import type { ResourceInfo } from "./resource.ts";

/** A parsed pair of selectors. */
export interface Filter {
  readonly labels: readonly Requirement[];
  readonly fields: readonly FieldTerm[];
  /** Set when a term pins metadata.name. */
  readonly name: string | undefined;
  /** Selects everything. */
  readonly all: boolean;
}

/** Parses selectors and checks that the resource offers the fields. Throws 400. */
export function filterOf(resource: ResourceInfo, labelSelector = "", fieldSelector = ""): Filter {
  const labels = labelSelector ? parseLabelSelector(labelSelector) : [];
  const fields = fieldSelector ? parseFieldSelector(fieldSelector) : [];
  checkFieldSelector(fields, resourceType(resource), resource.custom?.selectableFields);
  const name = fields.find(({ field, negated }) => field === "metadata.name" && !negated)?.value;
  return { labels, fields, name, all: labels.length === 0 && fields.length === 0 };
}

/** Whether an object in the resource's version is selected. */
export function selects(filter: Filter, object: KubeObject): boolean {
  return filter.all || (matches(filter.labels, object.metadata.labels) && matchesFields(filter.fields, object));
}

/** One object in the target's version. Throws 404. */
export function readObject(context: ServerContext, target: Target): KubeObject {
  const { resource, namespace, name } = target;
  const object = context.objects.get(resource.kept, namespace, name);
  if (!object) throw notFound(resource, name);
  return fromStorage(object, resource);
}

/** What to list. */
export interface ListRequest {
  readonly filter: Filter;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
}

/** A page of stored entries. */
export interface ListResult {
  readonly entries: readonly Entry[];
  readonly revision: string;
  readonly continue?: string;
  readonly remaining?: number;
}

/** Lists entries of a resource, all namespaces when `namespace` is "". Throws 400 for a bad token, 410 for an old one. */
export function listEntries(context: ServerContext, resource: ResourceInfo, namespace: string, request: ListRequest): ListResult {
  checkRevision(context, request);
  const { filter, limit = 0 } = request;
  const token = request.continue ? readToken(request.continue, context) : undefined;
  const revision = String(token?.revision ?? context.objects.revision);
  if (filter.name !== undefined && (namespace || !resource.namespaced)) {
    const entry = context.objects.store.get(keyOf(resource.kept, namespace, filter.name));
    const found = entry && selects(filter, fromStorage(objectOf(entry), resource));
    return { entries: found ? [entry] : [], revision };
  }
  const prefix = prefixOf(resource.kept, namespace || undefined);
  const after = token && prefix + token.after;
  if (limit <= 0) {
    const all = context.objects.store.list(prefix, after ? { after } : undefined);
    return { entries: filter.all ? all : all.filter((entry) => selects(filter, fromStorage(objectOf(entry), resource))), revision };
  }
  const page: Entry[] = [];
  let from = after;
  for (;;) {
    const chunk = context.objects.store.list(prefix, { ...(from && { after: from }), limit: limit + 1 });
    for (const entry of chunk) {
      if (!filter.all && !selects(filter, fromStorage(objectOf(entry), resource))) continue;
      if (page.length === limit) {
        const last = page[page.length - 1] as Entry;
        const rest = filter.all ? { remaining: Math.max(1, context.objects.store.list(prefix, { after: last.key }).length) } : {};
        return { entries: page, revision, continue: writeToken(revision, last.key.slice(prefix.length)), ...rest };
      }
      page.push(entry);
    }
    if (chunk.length <= limit) return { entries: page, revision };
    from = chunk[chunk.length - 1]?.key;
  }
}

/** All selected objects in the resource's version. */
export function listObjects(context: ServerContext, resource: ResourceInfo, namespace: string, filter: Filter): KubeObject[] {
  return listEntries(context, resource, namespace, { filter }).entries.map((entry) => fromStorage(objectOf(entry), resource));
}

function checkRevision(context: ServerContext, { resourceVersion = "", resourceVersionMatch = "", continue: token }: ListRequest): void {
  if (resourceVersion && !/^\d+$/.test(resourceVersion))
    throw badRequest(
      `Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    );
  if (token && resourceVersion && resourceVersion !== "0")
    throw badRequest("specifying resource version is not allowed when using continue");
  if (resourceVersionMatch) {
    if (!resourceVersion) throw badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (!["Exact", "NotOlderThan"].includes(resourceVersionMatch))
      throw badRequest(
        `resourceVersionMatch: Unsupported value: ${JSON.stringify(resourceVersionMatch)}: supported values: "Exact", "NotOlderThan", ""`,
      );
    if (resourceVersionMatch === "Exact" && resourceVersion === "0")
      throw badRequest('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  const wanted = Number(resourceVersion || 0);
  if (wanted > context.objects.revision) throw tooLargeResourceVersion(wanted, context.objects.revision);
  // Past states are not kept: an exact revision can be served only while it is the current one.
  if (resourceVersionMatch === "Exact" && wanted !== context.objects.revision) {
    throw expired("The resourceVersion for the provided list is too old.");
  }
}

const expiredToken =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

function writeToken(revision: string, after: string): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: Number(revision), start: after })).toString("base64url");
}

function readToken(text: string, context: ServerContext): { revision: number; after: string } {
  let token: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    token = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    throw badRequest("continue key is not valid");
  }
  const { v, rv, start } = token ?? {};
  if (v !== "meta.k8s.io/v1" || typeof rv !== "number" || typeof start !== "string") throw badRequest("continue key is not valid");
  if (rv < context.objects.store.compactedRevision) throw expired(expiredToken);
  return { revision: rv, after: start };
}
