// How a stream reaches its client: SPDY/3.1, SPDY in a WebSocket, or a WebSocket's channels; which one the upgrade asks for.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";
import { badRequest, failure } from "../../api/status.ts";
import { commandOverSpdy, commandProtocols, type Later } from "../../streams/spdy/command.ts";
import { portForwardOverSpdy, portForwardProtocol } from "../../streams/spdy/port-forward.ts";
import { commandOverWebSocket, commandSubprotocols, refuseOverWebSocket } from "../../streams/websocket/command.ts";
import { portForwardOverWebSocket, portSubprotocols, portsAsked } from "../../streams/websocket/port-forward.ts";
import type { ServerContext } from "../context.ts";
import type { PreparedStream } from "./prepare-stream.ts";

/** Accepts the upgrade and serves it; resolves when the connection is over. */
export type Carrier = (socket: Duplex, head: Buffer) => Promise<void>;

/** SPDY port-forward within a WebSocket's binary messages. */
const tunnel = `SPDY/3.1+${portForwardProtocol}`;
/** Longest message taken from a client. Bytes. */
const longestMessage = 4 * 1024 * 1024;

/** The carrier a request asks for. Throws 400 and 403 when it cannot be had. */
export function carrierOf(context: ServerContext, request: IncomingMessage, query: URLSearchParams, stream: PreparedStream): Carrier {
  const later: Later = (milliseconds, action) => context.options.clock.after(milliseconds, action);
  const { kind } = stream;
  if (isWebSocket(request)) {
    const offered = listOf(request.headers["sec-websocket-protocol"]);
    const protocol = agree(offered, kind === "command" ? commandSubprotocols : [tunnel, ...portSubprotocols]);
    if (kind === "command") return overWebSocket(request, protocol, (socket) => commandOverWebSocket(socket, stream.asked, stream.run));
    if (protocol === tunnel)
      return overWebSocket(request, protocol, (socket) => {
        const bytes = createWebSocketStream(socket);
        return portForwardOverSpdy(bytes, stream.sandbox, stream.connect, later);
      });
    const ports = portsAsked(query);
    return overWebSocket(request, protocol, (socket) => portForwardOverWebSocket(socket, stream.sandbox, ports, stream.connect));
  }
  if (!/^spdy\/3\.1$/i.test(request.headers.upgrade ?? "")) throw badRequest("unable to upgrade: missing upgrade headers in request");
  const offered = listOf(request.headers["x-stream-protocol-version"]);
  const protocol = agree(offered, kind === "command" ? commandProtocols : [portForwardProtocol]);
  return overSpdy(protocol, (socket) =>
    kind === "command"
      ? commandOverSpdy(socket, stream.asked, stream.run, later)
      : portForwardOverSpdy(socket, stream.sandbox, stream.connect, later),
  );
}

/** A WebSocket that only tells why there is no stream; undefined for requests that want something else. */
export function refusalCarrier(request: IncomingMessage, why: string): Carrier | undefined {
  if (!isWebSocket(request)) return undefined;
  const protocol = agree(listOf(request.headers["sec-websocket-protocol"]), commandSubprotocols);
  return overWebSocket(request, protocol, (socket) => refuseOverWebSocket(socket, why));
}

const isWebSocket = (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() === "websocket";

function listOf(header: string | string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .flatMap((each) => each.split(","))
    .map((each) => each.trim())
    .filter(Boolean);
}

/** The first protocol of the client that the server speaks. Throws 403. */
function agree(offered: readonly string[], spoken: readonly string[]): string {
  const agreed = offered.find((each) => spoken.includes(each));
  if (agreed) return agreed;
  const lists = `client supports [${offered.join(" ")}], server accepts [${spoken.join(" ")}]`;
  throw failure(403, "Forbidden", `unable to upgrade: unable to negotiate protocol: ${lists}`);
}

function overWebSocket(request: IncomingMessage, protocol: string, serve: (socket: WebSocket) => Promise<void>): Carrier {
  return (socket, head) => {
    const gone = new Promise<void>((resolve) => void socket.once("close", resolve));
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: longestMessage,
      handleProtocols: () => protocol,
    });
    // The library takes no name with a slash in it, such as Kubernetes' own; what was agreed is already known.
    request.headers["sec-websocket-protocol"] = "agreed";
    // A handshake that is no good is answered by the library.
    const served = new Promise<void>((resolve) => {
      server.handleUpgrade(request, socket, head, (accepted) => resolve(serve(accepted)));
    });
    return Promise.race([served, gone]);
  };
}

function overSpdy(protocol: string, serve: (socket: Duplex) => Promise<void>): Carrier {
  return (socket, head) => {
    if (head.length > 0) socket.unshift(head);
    const answer = [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      "Upgrade: SPDY/3.1",
      `X-Stream-Protocol-Version: ${protocol}`,
    ];
    socket.write(`${answer.join("\r\n")}\r\n\r\n`);
    return serve(socket);
  };
}
