// HTTP/1.1 upgrades: exec, attach and port-forward by WebSocket or SPDY. Authenticate → authorize → ask the back end → carry → record.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { StatusError } from "../../api/object.ts";
import { badRequest, internalError } from "../../api/status.ts";
import type { Authenticator } from "../../auth/types.ts";
import { KubeletRefusal } from "../../streams/target.ts";
import { requireAllowed } from "../authorize.ts";
import type { ServerContext } from "../context.ts";
import { readObject } from "../read.ts";
import { count, type Journey, record } from "./audit-record.ts";
import { authenticate, impersonate } from "./authenticate.ts";
import { type Carrier, carrierOf, refusalCarrier } from "./carriers.ts";
import { admitConnection } from "./connect.ts";
import { parseRequest, requestAttributes } from "./path.ts";
import { prepareStream } from "./prepare-stream.ts";
import { targetOf } from "./resources.ts";

/** The first minor version whose WebSockets need the right to create, as SPDY always did (Kubernetes 1.35 release notes). */
const createNeededFrom = 35;

/** Answers upgrades. `running` holds what ends the streams under way. Never throws. */
export function upgradeHandler(
  context: ServerContext,
  authenticators: readonly Authenticator[],
  running: Set<() => void>,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  return (request, socket, head) => {
    socket.on("error", () => {});
    const trace = { annotations: {} };
    const unknown = { info: undefined, user: undefined, impersonated: undefined };
    const journey: Journey = { request, auditId: context.uuid(), trace, received: context.now(), ...unknown };
    const stop = () => socket.destroy();
    running.add(stop);
    void serve(context, authenticators, journey, socket, head)
      .catch((error: unknown) => {
        context.options.log.error({ err: error, url: request.url, auditId: journey.auditId }, "kubernetes stream failed");
        socket.destroy();
        return 500;
      })
      .then((code) => {
        running.delete(stop);
        count(context, journey, code);
        record(context, journey, "ResponseComplete", code);
      });
  };
}

/** Resolves with the answer's status code when the stream is over. */
async function serve(
  context: ServerContext,
  authenticators: readonly Authenticator[],
  journey: Journey,
  socket: Duplex,
  head: Buffer,
): Promise<number> {
  let carrier: Carrier;
  try {
    carrier = await judge(context, authenticators, journey);
  } catch (error) {
    return refuse(context, journey, socket, error);
  }
  record(context, journey, "ResponseStarted", 101);
  await carrier(socket, head);
  return 101;
}

async function judge(context: ServerContext, authenticators: readonly Authenticator[], journey: Journey): Promise<Carrier> {
  const { request, trace } = journey;
  const info = parseRequest(request.method ?? "GET", request.url ?? "/");
  journey.info = info;
  const authenticated = await authenticate(authenticators, request, (key, value) => {
    trace.annotations[key] = value;
  });
  journey.user = authenticated;
  if (!info?.isResource) throw badRequest("this path cannot be upgraded");
  journey.impersonated = impersonate(context, request, authenticated);
  const user = journey.impersonated ?? authenticated;
  const attributes = requestAttributes(user, info);
  requireAllowed(context, attributes, trace.annotations);
  if (info.verb === "get" && Number.parseInt(context.options.version.minor, 10) >= createNeededFrom)
    requireAllowed(context, { ...attributes, verb: "create" }, trace.annotations);
  const target = targetOf(context, info);
  const annotate = (key: string, value: string) => {
    trace.annotations[key] = value;
  };
  const admitted = await admitConnection(context, info, target, { user, warnings: [], annotate });
  const pod = readObject(context, target);
  try {
    const stream = await prepareStream(context, admitted, pod);
    return carrierOf(context, request, admitted.query, stream);
  } catch (error) {
    // What a kubelet refuses, a WebSocket learns as a message and SPDY as a plain answer, as kube-apiserver passes it on.
    const late = error instanceof KubeletRefusal && info.subresource !== "portforward" ? refusalCarrier(request, error.message) : undefined;
    if (late) return late;
    throw error;
  }
}

/** Answers an upgrade with a failure; returns its code. */
function refuse(context: ServerContext, journey: Journey, socket: Duplex, error: unknown): number {
  if (error instanceof KubeletRefusal) {
    send(socket, 500, "Internal Server Error", "text/plain; charset=utf-8", error.message);
    return 500;
  }
  if (!(error instanceof StatusError))
    context.options.log.error({ err: error, url: journey.request.url, auditId: journey.auditId }, "kubernetes upgrade failed");
  const { status } = error instanceof StatusError ? error : internalError("the server could not complete the request");
  journey.trace.status = status;
  send(socket, status.code, status.reason ?? "", "application/json", JSON.stringify(status));
  return status.code;
}

function send(socket: Duplex, code: number, reason: string, type: string, body: string): void {
  const head = [`HTTP/1.1 ${code} ${reason}`, `content-type: ${type}`, `content-length: ${Buffer.byteLength(body)}`];
  socket.end(`${head.join("\r\n")}\r\nconnection: close\r\n\r\n${body}`);
}
