// HTTP/1.1 upgrades: exec, attach and port-forward by WebSocket or SPDY. They need containers, which simulated nodes do not run.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { StatusError } from "../../api/object.ts";
import { badRequest, internalError } from "../../api/status.ts";
import type { Authenticator } from "../../auth/types.ts";
import { requireAllowed } from "../authorize.ts";
import type { ServerContext } from "../context.ts";
import { readObject } from "../read.ts";
import { authenticate, impersonate } from "./authenticate.ts";
import { parseRequest, requestAttributes } from "./path.ts";
import { targetOf } from "./resources.ts";
import { streamRefused } from "./streams.ts";

/** Answers upgrades: who may not, or asks for nothing that exists, is told so; who may, that there is no container. Never throws. */
export function upgradeHandler(
  context: ServerContext,
  authenticators: readonly Authenticator[],
): (request: IncomingMessage, socket: Duplex) => void {
  return (request, socket) => {
    socket.on("error", () => {});
    void refusal(context, authenticators, request).then((error) => send(socket, error));
  };
}

async function refusal(context: ServerContext, authenticators: readonly Authenticator[], request: IncomingMessage): Promise<StatusError> {
  try {
    const user = await authenticate(authenticators, request);
    const info = parseRequest(request.method ?? "GET", request.url ?? "/");
    if (!info?.isResource) throw badRequest("this path cannot be upgraded");
    requireAllowed(context, requestAttributes(impersonate(context, request, user) ?? user, info));
    readObject(context, targetOf(context, info));
    return streamRefused(info.resource, info.subresource);
  } catch (error) {
    return error instanceof StatusError ? error : internalError("the server could not complete the request");
  }
}

function send(socket: Duplex, { status }: StatusError): void {
  const body = JSON.stringify(status);
  const head = [
    `HTTP/1.1 ${status.code} ${status.reason ?? ""}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\nconnection: close\r\n\r\n${body}`);
}
