// Resource requests after authorization: one function per verb.
import type { KubeObject, Status } from "../../api/object.ts";
import { methodNotAllowed, noSuchResource } from "../../api/status.ts";
import type { UserInfo } from "../../auth/types.ts";
import { decodeProtobuf, isKubernetesProtobuf } from "../../protobuf/decode.ts";
import { deprecationOf, deprecationWarning, lastingDeprecation } from "../../schema/deprecations.ts";
import { minorOf } from "../../schema/minors.ts";
import { apiVersionOf } from "../../schema/resource.ts";
import { listMetrics, readMetrics } from "../aggregated/metrics.ts";
import { refuseRemote } from "../aggregated/resources.ts";
import { listComponents, readComponent } from "../component-statuses.ts";
import type { ServerContext, Target } from "../context.ts";
import { isStoredForm } from "../convert.ts";
import { deleteObject } from "../delete.ts";
import { deleteCollection } from "../delete-collection.ts";
import { filterOf, listEntries } from "../read.ts";
import { hasSubresource } from "../resource.ts";
import { checkVerb, patch, post, put, read } from "../write.ts";
import { acceptedFormat } from "./accept.ts";
import { decodeObject, decodePatch, parseJson, parseYaml, readBody, repeatedFields } from "./body.ts";
import { inForm, listBytes } from "./forms.ts";
import { type Maker, serveMade } from "./made-objects.ts";
import { deleteRequest, writeOptions } from "./options.ts";
import type { RequestInfo } from "./path.ts";
import { type Exchange, sendBytes, sendObject } from "./respond.ts";
import { serveStream } from "./streams.ts";
import { serveWatch } from "./watch.ts";

const streams: Readonly<Record<string, readonly string[]>> = {
  pods: ["log", "exec", "attach", "portforward", "proxy"],
  services: ["proxy"],
  nodes: ["proxy"],
};

const metrics: Maker = { read: readMetrics, list: listMetrics };
const components: Maker = { read: readComponent, list: listComponents };

/** Who makes a resource's objects; undefined where they are stored. */
function makerOf(resource: Target["resource"]): Maker | undefined {
  if (resource.metrics) return metrics;
  return resource.group === "" && resource.plural === "componentstatuses" ? components : undefined;
}

/** What of the request a resource is asked for. Throws 404 when nothing serves it. */
export function targetOf(context: ServerContext, info: RequestInfo): Target {
  const resource = context.catalog.find(info.group, info.version, info.resource);
  if (!resource) {
    refuseRemote(context.objects, info);
    throw noSuchResource();
  }
  // A cluster-scoped resource has no path below a namespace.
  if (info.namespace && !resource.namespaced) throw noSuchResource();
  if (info.subresource && !hasSubresource(resource, info.subresource)) throw noSuchResource();
  if (resource.namespaced && !info.namespace && info.name) throw noSuchResource();
  return { resource, namespace: info.namespace, name: info.name, subresource: info.subresource };
}

/** Serves a resource request. Throws StatusError. */
export async function serveResource(
  context: ServerContext,
  exchange: Exchange,
  info: RequestInfo,
  target: Target,
  user: UserInfo,
  watches: Set<() => void>,
): Promise<void> {
  const { resource, subresource } = target;
  if (!resource.custom) noteDeprecation(context, exchange, resource);
  else if (resource.custom.deprecation) exchange.warnings.push(resource.custom.deprecation);
  if (subresource && streams[resource.plural]?.includes(subresource) && resource.group === "")
    return serveStream(context, exchange, info, target, user, watches);
  const maker = makerOf(resource);
  if (maker) return serveMade(context, exchange, info, target, maker);
  switch (info.verb) {
    case "get":
      return serveGet(context, exchange, info, target);
    case "list":
      return serveList(context, exchange, info, target);
    case "watch":
      if (!resource.verbs.includes("watch")) throw methodNotAllowed();
      return serveWatch(
        context,
        exchange,
        resource,
        target.namespace,
        info.query,
        acceptedFormat(exchange.request.headers.accept),
        watches,
        info.name,
      );
    case "create":
    case "update":
    case "patch":
      return serveWrite(context, exchange, info, target, user);
    case "delete":
    case "deletecollection":
      return serveDelete(context, exchange, info, target, user);
    default:
      throw methodNotAllowed();
  }
}

async function answer(
  context: ServerContext,
  exchange: Exchange,
  info: RequestInfo,
  target: Target,
  code: number,
  object: KubeObject | Status,
): Promise<void> {
  const format = acceptedFormat(exchange.request.headers.accept);
  if (info.verb !== "get") exchange.trace.responseObject = object;
  const shaped = inForm(context, object, target.resource, format, info.query.get("includeObject") ?? "");
  await sendObject(exchange, code, shaped, format.yaml);
}

async function serveGet(context: ServerContext, exchange: Exchange, info: RequestInfo, target: Target): Promise<void> {
  const { resource, namespace, name, subresource } = target;
  const format = acceptedFormat(exchange.request.headers.accept);
  if (
    !subresource &&
    !resource.custom &&
    format.as === "object" &&
    !format.yaml &&
    resource.verbs.includes("get") &&
    isStoredForm(resource)
  ) {
    const entry = context.objects.entry(resource.kept, namespace, name);
    if (entry)
      return sendBytes(exchange, 200, Buffer.from(entry.value.buffer, entry.value.byteOffset, entry.value.byteLength), "application/json");
  }
  await answer(context, exchange, info, target, 200, read(context, target));
}

async function serveList(context: ServerContext, exchange: Exchange, info: RequestInfo, target: Target): Promise<void> {
  const { resource, namespace } = target;
  if (!resource.verbs.includes("list")) throw methodNotAllowed();
  const { query } = info;
  const format = acceptedFormat(exchange.request.headers.accept);
  const filter = filterOf(resource, query.get("labelSelector") ?? "", query.get("fieldSelector") ?? "");
  const limit = Number(query.get("limit") ?? 0);
  const page = listEntries(context, resource, namespace, {
    filter,
    limit: Number.isSafeInteger(limit) && limit > 0 ? limit : 0,
    continue: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
  });
  const bytes = listBytes(context, resource, page, format, query.get("includeObject") ?? "");
  if (format.yaml) return sendObject(exchange, 200, JSON.parse(bytes.toString()), true);
  await sendBytes(exchange, 200, bytes, "application/json");
}

/** Who uses a deprecated API is warned, and counted if the API is on its way out. */
function noteDeprecation(context: ServerContext, exchange: Exchange, resource: Target["resource"]): void {
  const minor = Number.parseInt(context.options.version.minor, 10);
  const lasting = lastingDeprecation(minor, resource);
  if (lasting) exchange.warnings.push(lasting);
  const deprecation = deprecationOf(minor, resource);
  if (!deprecation) return;
  exchange.warnings.push(deprecationWarning(deprecation));
  const { group, version, plural } = deprecation;
  context.options.deprecatedUse?.({ group, version, plural, userAgent: exchange.request.headers["user-agent"] ?? "" });
}

const annotator = (exchange: Exchange) => (key: string, value: string) => {
  exchange.trace.annotations[key] = value;
};

const optionKinds: Readonly<Record<string, string>> = { create: "CreateOptions", update: "UpdateOptions", patch: "PatchOptions" };

async function serveWrite(context: ServerContext, exchange: Exchange, info: RequestInfo, target: Target, user: UserInfo): Promise<void> {
  const { request, warnings } = exchange;
  const { resource, subresource } = target;
  const verb = info.verb as "create" | "update" | "patch";
  if (verb === "create" && info.name && !subresource) throw methodNotAllowed();
  if (verb !== "create" && !info.name) throw methodNotAllowed();
  checkVerb(target, verb);
  const { trace } = exchange;
  const options = { ...writeOptions(request, info.query, user, warnings, optionKinds[verb] as string), annotate: annotator(exchange) };
  const bytes = await readBody(request);
  if (verb === "patch") {
    const { type, body } = decodePatch(request, bytes);
    trace.requestObject = body;
    const force = info.query.get("force") === "true";
    const manager = type === "apply" && !info.query.get("fieldManager") ? "" : options.fieldManager;
    const { object, created } = await patch(context, target, { type, body, force }, { ...options, fieldManager: manager });
    return answer(context, exchange, info, target, created ? 201 : 200, object);
  }
  const sub = subresource ? resource.subresources.find(({ name }) => name === subresource) : undefined;
  const defaults = sub
    ? { apiVersion: apiVersionOf({ group: sub.group ?? resource.group, version: sub.version ?? resource.version }), kind: sub.kind }
    : { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const body = decodeObject(request, bytes, defaults, minorOf(context.options.version.gitVersion));
  trace.requestObject = body;
  const duplicates = options.fieldValidation === "Ignore" ? [] : repeatedFields(request, bytes);
  const how = duplicates.length > 0 ? { ...options, duplicates } : options;
  if (verb === "create") {
    const made = await post(context, target, body, how);
    return answer(context, exchange, info, target, 201, made);
  }
  const { object, created } = await put(context, target, body, how);
  return answer(context, exchange, info, target, created ? 201 : 200, object);
}

async function serveDelete(context: ServerContext, exchange: Exchange, info: RequestInfo, target: Target, user: UserInfo): Promise<void> {
  if (target.subresource) throw methodNotAllowed();
  const bytes = await readBody(exchange.request);
  const body = bytes.length > 0 ? decodeOptions(bytes, String(exchange.request.headers["content-type"] ?? "")) : undefined;
  const request = deleteRequest(info.query, body);
  exchange.trace.requestObject = body;
  const given = writeOptions(exchange.request, info.query, user, exchange.warnings, "DeleteOptions");
  const options = { ...given, dryRun: request.dryRun, annotate: annotator(exchange) };
  if (info.verb === "delete") {
    return answer(context, exchange, info, target, 200, await deleteObject(context, target, request, options));
  }
  const list = await deleteCollection(context, target, request, options, info.query);
  await sendObject(exchange, 200, list);
}

function decodeOptions(bytes: Buffer, type: string): Record<string, unknown> {
  if (isKubernetesProtobuf(bytes)) return decodeProtobuf(bytes, { apiVersion: "v1", kind: "DeleteOptions" });
  return type.startsWith("application/yaml") ? parseYaml(bytes, "error decoding body") : parseJson(bytes, "error decoding body");
}
