// GET of one object and of lists, from memory.

import type { Entry, ListOptions } from "../../store/store.ts";
import { checkFieldSelector, type FieldTerm, matchesFields, parseFieldSelector } from "../api/field-selector.ts";
import { matches, parseLabelSelector, type Requirement } from "../api/label-selector.ts";
import { type KubeObject, StatusError } from "../api/object.ts";
import { badRequest, expired, notFound, tooLargeResourceVersion } from "../api/status.ts";
import { resourceType } from "../schema/resource.ts";
import { keyOf, objectOf, prefixOf } from "../storage/objects.ts";
import type { ServerContext, Target } from "./context.ts";
import { fromStorage } from "./convert.ts";
import type { ResourceInfo } from "./resource.ts";
import { parseRevision } from "./revision.ts";

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
  const token = request.continue ? readToken(request.continue, context) : undefined;
  const exact = checkRevision(context, request);
  const { filter, limit = 0 } = request;
  const { store } = context.objects;
  const at = token?.revision ?? exact ?? store.revision;
  const revision = String(at);
  const prefix = prefixOf(resource.kept, namespace || undefined);
  const since = at === store.revision ? undefined : store.changedSince(prefix, at);
  const chosen = (entry: Entry) => filter.all || selects(filter, fromStorage(objectOf(entry), resource));
  if (!since?.size && filter.name !== undefined && (namespace || !resource.namespaced)) {
    const entry = store.get(keyOf(resource.kept, namespace, filter.name));
    return { entries: entry && chosen(entry) ? [entry] : [], revision };
  }
  const list: Lister = since?.size ? asItWas(store.list(prefix), since) : (options) => store.list(prefix, options);
  const after = token && prefix + token.after;
  if (limit <= 0) return { entries: list(after ? { after } : {}).filter(chosen), revision };
  const page: Entry[] = [];
  let from = after;
  for (;;) {
    const chunk = list({ ...(from && { after: from }), limit: limit + 1 });
    for (const entry of chunk) {
      if (!chosen(entry)) continue;
      if (page.length === limit) {
        const last = page[page.length - 1] as Entry;
        const rest = filter.all ? { remaining: Math.max(1, list({ after: last.key }).length) } : {};
        return { entries: page, revision, continue: writeToken(revision, last.key.slice(prefix.length)), ...rest };
      }
      page.push(entry);
    }
    if (chunk.length <= limit) return { entries: page, revision };
    from = chunk[chunk.length - 1]?.key;
  }
}

type Lister = (options: ListOptions) => readonly Entry[];

/** A listing of the past: what is there now with what changed since put back. */
function asItWas(now: readonly Entry[], since: ReadonlyMap<string, Entry | undefined>): Lister {
  const before = [...now.filter(({ key }) => !since.has(key)), ...[...since.values()].filter((entry) => entry !== undefined)];
  before.sort((a, b) => (a.key < b.key ? -1 : 1));
  return ({ after, limit = before.length }) => {
    const first = after === undefined ? 0 : before.findIndex(({ key }) => key > after);
    return first < 0 ? [] : before.slice(first, first + limit);
  };
}

/** All selected objects in the resource's version. */
export function listObjects(context: ServerContext, resource: ResourceInfo, namespace: string, filter: Filter): KubeObject[] {
  return listEntries(context, resource, namespace, { filter }).entries.map((entry) => fromStorage(objectOf(entry), resource));
}

/** Checks the revision that is asked for; returns it if the list must be of exactly that one. */
function checkRevision(context: ServerContext, request: ListRequest): number | undefined {
  const { resourceVersion = "", resourceVersionMatch = "", continue: token, limit = 0 } = request;
  const wanted = parseRevision(resourceVersion);
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
  if (wanted > context.objects.revision) throw tooLargeResourceVersion(wanted, context.objects.revision);
  // Without a match, a page of a named revision is exact too (Kubernetes documentation, "API Concepts").
  const exact = resourceVersionMatch === "Exact" || (resourceVersionMatch === "" && limit > 0 && wanted > 0);
  if (!exact) return undefined;
  if (wanted < context.objects.store.compactedRevision) throw expired("The resourceVersion for the provided list is too old.");
  return wanted;
}

const expiredToken =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** In a token: go on from the state at that time, whatever it is. Offered to clients whose snapshot is gone. */
const present = -1;

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
  const { store } = context.objects;
  if (rv === present) return { revision: store.revision, after: start };
  if (rv >= store.compactedRevision) return { revision: Math.min(rv, store.revision), after: start };
  throw new StatusError({ ...expired(expiredToken).status, metadata: { continue: writeToken(String(present), start) } });
}
