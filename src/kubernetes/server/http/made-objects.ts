// GET and LIST of objects that are not stored but made when they are asked for: resource metrics and component statuses.
import type { KubeObject } from "../../api/object.ts";
import { methodNotAllowed } from "../../api/status.ts";
import { apiVersionOf } from "../../schema/resource.ts";
import type { ServerContext, Target } from "../context.ts";
import type { ResourceInfo } from "../resource.ts";
import { tableOf } from "../tables.ts";
import { acceptedFormat } from "./accept.ts";
import { inForm, metadataOnly } from "./forms.ts";
import type { RequestInfo } from "./path.ts";
import { type Exchange, sendObject } from "./respond.ts";

/** Where made objects come from. Both throw StatusError. */
export interface Maker {
  read(context: ServerContext, target: Target): KubeObject;
  list(context: ServerContext, resource: ResourceInfo, namespace: string, query: URLSearchParams): KubeObject[];
}

/** Serves a request for made objects. Throws StatusError. */
export async function serveMade(
  context: ServerContext,
  exchange: Exchange,
  info: RequestInfo,
  target: Target,
  maker: Maker,
): Promise<void> {
  const { resource, namespace } = target;
  const format = acceptedFormat(exchange.request.headers.accept);
  const include = info.query.get("includeObject") ?? "";
  if (info.verb === "get") {
    return sendObject(exchange, 200, inForm(context, maker.read(context, target), resource, format, include), format.yaml);
  }
  if (info.verb !== "list") throw methodNotAllowed();
  const items = maker.list(context, resource, namespace, info.query);
  if (format.as === "table") return sendObject(exchange, 200, tableOf(context, resource, items, {}, include), format.yaml);
  const list =
    format.as === "metadata"
      ? { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata: {}, items: items.map(metadataOnly) }
      : { kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata: {}, items };
  return sendObject(exchange, 200, list, format.yaml);
}
