// Admission of connections: exec, attach, port-forward and proxies are shown to webhooks and policies before anything is connected.
import { badRequest } from "../../api/status.ts";
import type { UserInfo } from "../../auth/types.ts";
import { connectKind, connectOptions, queryOf } from "../../streams/connect-options.ts";
import type { ServerContext, Target } from "../context.ts";
import type { RequestInfo } from "./path.ts";

/** Who connects, and where what admission says goes. */
export interface Connecting {
  readonly user: UserInfo;
  readonly warnings: string[];
  annotate(key: string, value: string): void;
}

/**
 * Admits a connection and returns the request as admission left it; a request that connects nothing is returned as it is. As in Kubernetes,
 * nobody has looked yet whether the object exists. Throws StatusError.
 */
export async function admitConnection(context: ServerContext, info: RequestInfo, target: Target, by: Connecting): Promise<RequestInfo> {
  const kind = connectKind(info.resource, info.subresource);
  if (!kind) return info;
  const object = connectOptions(kind, info.query, pathBehind(info));
  const request = {
    ...by,
    operation: "CONNECT" as const,
    group: target.resource.group,
    version: target.resource.version,
    kind,
    resource: target.resource.plural,
    subresource: target.subresource,
    namespace: target.namespace,
    name: target.name,
    dryRun: false,
    object,
    oldObject: undefined,
  };
  await context.admission.mutate(request);
  await context.admission.validate(request);
  if (info.subresource !== "proxy") return { ...info, query: queryOf(object) };
  if (object.path !== undefined && typeof object.path !== "string") throw badRequest("the path to connect to must be a string");
  return { ...info, rest: (object.path ?? "").replace(/^\//, "") };
}

function pathBehind({ rest, path }: RequestInfo): string {
  const behind = rest && `/${rest}`;
  return path.endsWith("/") ? `${behind}/` : behind;
}
