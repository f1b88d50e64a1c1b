// Audit records of requests that are made inside the process: controllers, kubelets and add-ons appear as they do in a real cluster's log.
import { StatusError } from "../api/object.ts";
import type { UserInfo } from "../auth/types.ts";
import { apiVersionOf } from "../schema/resource.ts";
import type { ServerContext, Target } from "../server/context.ts";

/** The API server's own loopback client is not audited. */
const unseen = new Set(["system:apiserver"]);

/** One request under audit. */
export interface Call {
  readonly user: UserInfo;
  readonly agent: string;
  readonly verb: string;
  readonly at: Target;
  readonly body?: unknown;
  /** Filled while the request runs. */
  readonly annotations: Record<string, string>;
}

/** Runs a request and records how it ended; rethrows its failure. */
export async function audited<T>(context: ServerContext, call: Call, run: () => Promise<T>): Promise<T> {
  const { audit } = context.options;
  if (!audit || unseen.has(call.user.username)) return run();
  const received = context.now();
  try {
    const result = await run();
    record(context, call, received, call.verb === "create" ? 201 : 200, { responseObject: result });
    return result;
  } catch (error) {
    const status = error instanceof StatusError ? error.status : undefined;
    record(context, call, received, status?.code ?? 500, status ? { status } : {});
    throw error;
  }
}

function record(context: ServerContext, call: Call, received: number, code: number, more: object): void {
  const { user, agent, verb, at, body, annotations } = call;
  const { resource, namespace, name, subresource } = at;
  const root = resource.group ? "/apis" : "/api";
  const parts = [root, apiVersionOf(resource), ...(namespace ? ["namespaces", namespace] : []), resource.plural, name, subresource];
  context.options.audit?.({
    auditId: context.uuid(),
    user,
    impersonatedUser: undefined,
    verb,
    uri: parts.filter(Boolean).join("/"),
    sourceIp: "127.0.0.1",
    userAgent: userAgentOf(agent, user.username, context.options.version.gitVersion),
    objectRef: { group: resource.group, version: resource.version, resource: resource.plural, subresource, namespace, name },
    code,
    received,
    finished: context.now(),
    annotations,
    stage: "ResponseComplete",
    ...(body !== undefined && { requestObject: body }),
    ...more,
  });
}

/** What client-go sends: program, version, platform, commit, and with controllers and schedulers the client's own name. */
function userAgentOf(agent: string, username: string, gitVersion: string): string {
  const commit = gitVersion.split("-").at(-1);
  const suffix = agent === "kube-controller-manager" ? `/${username}` : agent === "kube-scheduler" ? "/scheduler" : "";
  return `${agent}/${gitVersion} (linux/amd64) kubernetes/${commit}${suffix}`;
}
