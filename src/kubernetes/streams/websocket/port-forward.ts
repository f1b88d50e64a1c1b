// Port-forward over a WebSocket's own channels: two per port of the query, data and error. One connection per port.
import type { WebSocket } from "ws";
import { badRequest } from "../../api/status.ts";
import type { ConnectPort } from "../back-end.ts";
import { forward, portOf } from "../port-forward/connect.ts";
import { openChannels } from "./channels.ts";

/** Subprotocol of the channels. */
export const portSubprotocols: readonly string[] = ["v4.channel.k8s.io"];

/** Most ports of one connection: a channel is named by one byte. */
const most = 127;

/** The ports a query names. Throws 400. */
export function portsAsked(query: URLSearchParams): number[] {
  const texts = query.getAll("ports").flatMap((each) => each.split(","));
  if (texts.length === 0) throw badRequest("you must specify at least 1 port");
  if (texts.length > most) throw badRequest(`at most ${most} ports can be forwarded at once`);
  return texts.map((text) => {
    const port = portOf(text);
    if (port === undefined) throw badRequest(`invalid port ${JSON.stringify(text)}: must be between 1 and 65535`);
    return port;
  });
}

/** Serves one connection to each port; resolves when the socket is over. */
export async function portForwardOverWebSocket(
  socket: WebSocket,
  sandbox: string,
  ports: readonly number[],
  connect: ConnectPort,
): Promise<void> {
  const { list, closed } = openChannels(socket, ports.length * 2, (channel) => channel % 2 === 0, false);
  const connections = ports.map((port, i) => {
    const [data, error] = [list[i * 2]!, list[i * 2 + 1]!];
    const greeting = Buffer.alloc(2);
    greeting.writeUInt16LE(port);
    // The first message of each channel is its port.
    data.write(greeting);
    error.write(greeting);
    return forward(connect, port, sandbox, data, error);
  });
  // A channel cannot be half-closed: when all connections are over, so is the socket.
  void Promise.all(connections).then(() => socket.close(1000));
  await closed;
}
