// A request as a line of the audit log (audit.k8s.io/v1 Event; spec audit §E.3).
import type { RequestRecord } from "../../kubernetes/server/options.ts";
import { auditLevel } from "./audit-policy.ts";

/** The event's JSON text; undefined if the audit policy logs nothing of the request. */
export function auditEvent(record: RequestRecord): string | undefined {
  const level = auditLevel(record);
  if (level === "None") return undefined;
  const { user, impersonatedUser, objectRef, requestObject, responseObject, status, annotations } = record;
  return JSON.stringify({
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level,
    auditID: record.auditId,
    stage: record.stage,
    requestURI: record.uri,
    verb: record.verb,
    user: user ?? {},
    ...(impersonatedUser && { impersonatedUser }),
    sourceIPs: [record.sourceIp],
    userAgent: record.userAgent,
    ...(objectRef && { objectRef: reference(objectRef, nameOf(requestObject) ?? nameOf(responseObject)) }),
    responseStatus: {
      metadata: {},
      ...(status && { status: status.status, message: status.message, reason: status.reason }),
      code: record.code,
    },
    ...(level !== "Metadata" && requestObject !== undefined && { requestObject }),
    ...(level === "RequestResponse" && responseObject !== undefined && { responseObject }),
    requestReceivedTimestamp: micros(record.received),
    stageTimestamp: micros(record.finished),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  });
}

/** `created` is the name in the body: the path of a create names no object. */
function reference(
  { group, version, resource, subresource, namespace, ...rest }: NonNullable<RequestRecord["objectRef"]>,
  created?: string,
): object {
  const name = rest.name || created;
  return {
    resource,
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(group && { apiGroup: group }),
    apiVersion: version,
    ...(subresource && { subresource }),
  };
}

function nameOf(body: unknown): string | undefined {
  const name: unknown = (body as { metadata?: { name?: unknown } } | undefined)?.metadata?.name;
  return typeof name === "string" ? name : undefined;
}

function micros(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}
