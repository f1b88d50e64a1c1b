// A gRPC client of a node's sockets, out of the same definitions; which numbers they have is shown elsewhere.
import { type Client, credentials, makeGenericClientConstructor, type ServiceDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { DEFINITIONS } from "../../src/cni/socket/definitions.ts";

const PACKAGE = fromJSON(DEFINITIONS, { defaults: true, arrays: true, enums: String });

/** What a call ended with: a reply, or a status. */
export interface Answer {
  readonly reply?: any;
  /** gRPC's number. */
  readonly code?: number;
  readonly details?: string;
}

/** One connection to a socket. */
export interface SocketClient {
  /** Calls a method by its full name, such as `rpc.CNIBackend/AddNetwork`. Never rejects. */
  call(method: string, request?: object): Promise<Answer>;
  /** Messages of a streaming method until `count` are there; the call is cancelled then. */
  stream(method: string, request: object, count: number): Promise<any[]>;
  close(): void;
}

/** Connects when the first call is made; a call fails at once if nobody listens. */
export function socketClient(path: string): SocketClient {
  const clients = new Map<string, Client & Record<string, (...given: any[]) => any>>();
  const clientOf = (service: string) => {
    const known = clients.get(service);
    if (known) return known;
    const Constructor = makeGenericClientConstructor(PACKAGE[service] as ServiceDefinition, service);
    // Connections are not shared between clients: what one breaks, the next does not meet.
    const client = new Constructor(`unix:${path}`, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
    clients.set(service, client as never);
    return client as never as Client & Record<string, (...given: any[]) => any>;
  };
  const methodOf = (name: string) => {
    const [service = "", method = ""] = name.split("/");
    const client = clientOf(service);
    return (...given: unknown[]) => client[method]!.call(client, ...given);
  };
  return {
    call: (method, request = {}) =>
      new Promise((resolve) => {
        methodOf(method)(request, (error: { code: number; details: string } | null, reply: unknown) =>
          resolve(error ? { code: error.code, details: error.details } : { reply }),
        );
      }),
    stream: (method, request, count) =>
      new Promise((resolve, reject) => {
        const messages: unknown[] = [];
        const stream = methodOf(method)(request);
        stream.on("error", reject);
        stream.on("data", (message: unknown) => {
          if (messages.push(message) < count) return;
          // Cancelling is told as an error.
          stream.removeListener("error", reject).on("error", () => {});
          stream.cancel();
          resolve(messages);
        });
      }),
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}
