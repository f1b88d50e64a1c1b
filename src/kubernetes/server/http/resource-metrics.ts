// GET and LIST of resource metrics: what `kubectl top` and autoscalers read.
import { methodNotAllowed } from "../../api/status.ts";
import { apiVersionOf } from "../../schema/resource.ts";
import { listMetrics, readMetrics } from "../aggregated/metrics.ts";
import type { ServerContext, Target } from "../context.ts";
import { tableOf } from "../tables.ts";
import { acceptedFormat } from "./accept.ts";
import { inForm, metadataOnly } from "./forms.ts";
import type { RequestInfo } from "./path.ts";
import { type Exchange, sendObject } from "./respond.ts";

/** Serves a request for metrics. Throws StatusError. */
export async function serveMetrics(context: ServerContext, exchange: Exchange, info: RequestInfo, target: Target): Promise<void> {
  const { resource, namespace } = target;
  const format = acceptedFormat(exchange.request.headers.accept);
  const include = info.query.get("includeObject") ?? "";
  if (info.verb === "get") {
    return sendObject(exchange, 200, inForm(context, readMetrics(context, target), resource, format, include), format.yaml);
  }
  if (info.verb !== "list") throw methodNotAllowed();
  const items = listMetrics(context, resource, namespace, info.query);
  if (format.as === "table") return sendObject(exchange, 200, tableOf(context, resource, items, {}, include), format.yaml);
  const list =
    format.as === "metadata"
      ? { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata: {}, items: items.map(metadataOnly) }
      : { kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata: {}, items };
  return sendObject(exchange, 200, list, format.yaml);
}
