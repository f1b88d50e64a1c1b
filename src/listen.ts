// Listening on a port that stays the same over restarts.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Installation } from "./stores.ts";

/** A port that was asked for cannot be had; the message says what to do. */
export class PortError extends Error {}

/**
 * Binds a server. A fixed `port` must be free (PortError); 0 takes the port of the last run if it is free, else any.
 * Returns the port.
 */
export async function bind(server: Server, name: string, host: string, port: number, installation: Installation): Promise<number> {
  const wanted = port || installation.port(name);
  try {
    await listen(server, host, wanted);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    if (port !== 0)
      throw new PortError(
        `Port ${port} on ${host} is in use. Choose another with --${name === "tls" ? "tls-port" : "port"}, or stop what uses it.`,
      );
    await listen(server, host, 0);
  }
  const bound = (server.address() as AddressInfo).port;
  installation.setPort(name, bound);
  return bound;
}

/** Stops listening and ends open connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
