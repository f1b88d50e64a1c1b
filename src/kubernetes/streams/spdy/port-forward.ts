// Port-forward over SPDY: every connection is a pair of streams, data and error, with the same request id.
import type { Duplex } from "node:stream";
import type { ConnectPort } from "../back-end.ts";
import { forward, portOf } from "../port-forward/connect.ts";
import type { Later } from "./command.ts";
import { SpdyConnection, type SpdyStream } from "./connection.ts";

/** The protocol's only version. */
export const portForwardProtocol = "portforward.k8s.io";

/** How long half a pair may wait for the other. Milliseconds. */
const patience = 30_000;

interface Pair {
  readonly port: number;
  readonly data?: Duplex;
  readonly error?: Duplex;
}

/** Serves connections to a pod's ports until the client hangs up. `sandbox` names it in errors. */
export async function portForwardOverSpdy(transport: Duplex, sandbox: string, connect: ConnectPort, later: Later): Promise<void> {
  const pairs = new Map<string, Pair>();
  const timers = new Set<{ cancel(): void }>();
  const accept = ({ headers, duplex }: SpdyStream) => {
    const type = headers.get("streamtype");
    const port = portOf(headers.get("port"));
    // Clients of old name no request: their streams come in order, data after error.
    const id = headers.get("requestid") ?? "";
    const waiting = pairs.get(id);
    if ((type !== "data" && type !== "error") || port === undefined || waiting?.[type] || (waiting && waiting.port !== port)) {
      duplex.destroy();
      return;
    }
    const pair: Pair = { ...waiting, port, ...(type === "data" ? { data: duplex } : { error: duplex }) };
    const { data, error } = pair;
    if (data && error) {
      pairs.delete(id);
      void forward(connect, port, sandbox, data, error);
      return;
    }
    pairs.set(id, pair);
    const timer = later(patience, () => {
      timers.delete(timer);
      if (pairs.get(id) !== pair) return;
      pairs.delete(id);
      duplex.destroy();
    });
    timers.add(timer);
  };
  const connection = new SpdyConnection(transport, accept);
  await connection.closed;
  for (const timer of timers) timer.cancel();
}
