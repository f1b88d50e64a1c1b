// The path of a request: authenticate → impersonate → authorize → serve → record.
import type { IncomingMessage, ServerResponse } from "node:http";
import { StoreClosedError } from "../../../store/store.ts";
import { StatusError } from "../../api/object.ts";
import { badRequest, failure, internalError, methodNotAllowed } from "../../api/status.ts";
import type { Authenticator } from "../../auth/types.ts";
import { requireAllowed } from "../authorize.ts";
import type { ServerContext } from "../context.ts";
import { count, type Journey, record } from "./audit-record.ts";
import { authenticate, impersonate } from "./authenticate.ts";
import { parseRequest, requestAttributes } from "./path.ts";
import { servePlain } from "./plain-paths.ts";
import { serveResource, targetOf } from "./resources.ts";
import { type Exchange, sendStatus } from "./respond.ts";

/** Makes the request handler. `watches` holds what ends running watches. It never rejects. */
export function requestHandler(
  context: ServerContext,
  authenticators: readonly Authenticator[],
  watches: Set<() => void>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const exchange: Exchange = { request, response, warnings: [], auditId: context.uuid(), trace: { annotations: {} } };
    const { auditId, trace } = exchange;
    const journey: Journey = {
      request,
      auditId,
      trace,
      received: context.now(),
      info: undefined,
      user: undefined,
      impersonated: undefined,
    };
    trace.started = () => record(context, journey, "ResponseStarted", response.statusCode);
    // A client that goes away is no event worth an exception.
    response.on("error", () => {});
    request.on("error", () => {});
    try {
      await travel(context, authenticators, watches, exchange, journey);
    } catch (error) {
      await answerError(context, exchange, error);
    }
    trace.leave?.();
    count(context, journey, response.statusCode);
    record(context, journey, "ResponseComplete", response.statusCode);
  };
}

/** Streams that may last; they hold no place. */
const longRunning = new Set(["log", "exec", "attach", "portforward", "proxy"]);

async function travel(
  context: ServerContext,
  authenticators: readonly Authenticator[],
  watches: Set<() => void>,
  exchange: Exchange,
  journey: Journey,
): Promise<void> {
  const { request } = exchange;
  const info = parseRequest(request.method ?? "GET", request.url ?? "/");
  journey.info = info;
  const authenticated = await authenticate(authenticators, request, (key, value) => {
    exchange.trace.annotations[key] = value;
  });
  journey.user = authenticated;
  if (!info) throw badRequest("the request's path is malformed");
  journey.impersonated = impersonate(context, request, authenticated);
  const user = journey.impersonated ?? authenticated;
  requireAllowed(context, requestAttributes(user, info), exchange.trace.annotations);
  if (!info.watch && info.isResource && !longRunning.has(info.subresource))
    exchange.trace.leave = context.flights.enter(user, info.verb !== "get" && info.verb !== "list");
  if (info.isResource) return serveResource(context, exchange, info, targetOf(context, info), user, watches);
  if (info.verb !== "get" && info.verb !== "head") throw methodNotAllowed();
  return servePlain(context, exchange, info);
}

async function answerError(context: ServerContext, exchange: Exchange, error: unknown): Promise<void> {
  const { request, response } = exchange;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  let status = error instanceof StatusError ? error : undefined;
  if (!status && error instanceof StoreClosedError) status = failure(503, "ServiceUnavailable", "the server is shutting down");
  if (!status) {
    context.options.log.error(
      { err: error, method: request.method, url: request.url, auditId: exchange.auditId },
      "kubernetes request failed",
    );
    status = internalError("the server could not complete the request");
  }
  try {
    await sendStatus(exchange, status.status);
  } catch {
    response.destroy();
  }
  // A body that was refused before it was read must not stall the connection.
  if (!request.readableEnded) request.resume();
}
