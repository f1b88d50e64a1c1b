// What the audit log is told of a request.
import type { IncomingMessage } from "node:http";
import type { UserInfo } from "../../auth/types.ts";
import type { ServerContext } from "../context.ts";
import type { RequestRecord } from "../options.ts";
import type { RequestInfo } from "./path.ts";
import type { Trace } from "./respond.ts";

/** Facts a request gathers on its way. */
export interface Journey {
  readonly request: IncomingMessage;
  readonly auditId: string;
  readonly trace: Trace;
  readonly received: number;
  info: RequestInfo | undefined;
  user: UserInfo | undefined;
  impersonated: UserInfo | undefined;
}

/** Hands one stage of a request, with the status code of its answer, to the audit log. Never throws. */
export function record(context: ServerContext, journey: Journey, stage: RequestRecord["stage"], code: number): void {
  const { audit } = context.options;
  if (!audit) return;
  const { request, trace, info } = journey;
  const objectRef = info?.isResource
    ? {
        group: info.group,
        version: info.version,
        resource: info.resource,
        subresource: info.subresource,
        namespace: info.namespace,
        name: info.name,
      }
    : undefined;
  try {
    audit({
      auditId: journey.auditId,
      user: journey.user,
      impersonatedUser: journey.impersonated,
      verb: info?.verb ?? (request.method ?? "get").toLowerCase(),
      uri: request.url ?? "",
      sourceIp: request.socket?.remoteAddress ?? "",
      userAgent: request.headers["user-agent"] ?? "",
      objectRef,
      code,
      received: journey.received,
      finished: context.now(),
      annotations: trace.annotations,
      stage,
      ...(trace.requestObject !== undefined && { requestObject: trace.requestObject }),
      ...(trace.responseObject !== undefined && { responseObject: trace.responseObject }),
      ...(trace.status && { status: trace.status }),
    });
  } catch (error) {
    context.options.log.error({ err: error }, "audit failed");
  }
}

/** Counts a request that is over. */
export function count(context: ServerContext, journey: Journey, code: number): void {
  const { info, received } = journey;
  const served = info?.isResource === true && context.catalog.find(info.group, info.version, info.resource) !== undefined;
  context.metrics.finished(info, served, code, info?.query.has("dryRun") === true, (context.now() - received) / 1000);
}
