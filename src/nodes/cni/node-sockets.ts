// The sockets of one node: open while its ipamd serves (spec vpc-cni §3.12).
import { rmdir } from "node:fs/promises";
import type { Socket } from "node:net";
import type { PolicyAgent } from "../../cni/plugin/driver.ts";
import type { CniRpc } from "../../cni/rpc/messages.ts";
import { agentSocket, ipamdSocket, socketDirectory } from "../../cni/socket/paths.ts";
import { agentServices, ipamdServices, type SocketServices } from "../../cni/socket/services.ts";
import { listenOn } from "../../cni/socket/unix-listener.ts";

/** Opens and closes one after the other, in the order they are asked for. */
export class NodeSockets {
  readonly #directory: string;
  #last: Promise<void> = Promise.resolve();
  #open: (() => Promise<void>)[] = [];

  /** `base` is the directory that was set; every instance has one of its own below it. */
  constructor(base: string, instanceId: string) {
    this.#directory = socketDirectory(base, instanceId);
  }

  /** Serves ipamd, and the network policy agent where one runs. Rejects, with nothing open, if a socket cannot be made. */
  open(rpc: CniRpc, agent: PolicyAgent | undefined): Promise<void> {
    return this.#then(async () => {
      await this.#closeAll();
      try {
        await this.#serve(ipamdSocket(this.#directory), ipamdServices(rpc));
        if (agent) await this.#serve(agentSocket(this.#directory), agentServices(agent));
      } catch (error) {
        await this.#closeAll();
        throw new Error(`ipamd: failed to listen to gRPC socket: ${(error as Error).message}`);
      }
    });
  }

  /** Ends all connections and removes the sockets. Harmless if there are none. */
  close(): Promise<void> {
    return this.#then(() => this.#closeAll());
  }

  async #serve(path: string, services: SocketServices): Promise<void> {
    // The library is a tenth of a second's work, for nothing where no sockets are wanted.
    const { grpcServer } = await import("../../cni/socket/grpc-server.ts");
    const server = grpcServer(services);
    const connections = new Set<Socket>();
    const listener = await listenOn(path, (connection) => {
      connections.add(connection);
      connection.once("close", () => connections.delete(connection));
      server.serve(connection);
    });
    this.#open.push(async () => {
      const closed = listener.close();
      server.close();
      for (const connection of connections) connection.destroy();
      await closed;
    });
  }

  async #closeAll(): Promise<void> {
    const open = this.#open.splice(0);
    await Promise.all(open.map((close) => close()));
    // What else is in the directory is not the node's.
    if (open.length > 0) await rmdir(this.#directory).catch(() => {});
  }

  #then(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    return done;
  }
}
