// One cluster's API server.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { admissionChain } from "../admission/chain.ts";
import { authorizeBy } from "../auth/chain.ts";
import type { UserInfo } from "../auth/types.ts";
import type { KubeClient } from "../client/client.ts";
import { inProcessClient } from "../client/in-process.ts";
import { ObjectStorage } from "../storage/objects.ts";
import { builtInResources } from "./built-in.ts";
import { Catalog } from "./catalog.ts";
import type { ServerContext } from "./context.ts";
import type { ApiServerOptions } from "./options.ts";

/** A running API server; it does not listen itself. */
export interface ApiServer {
  /** Handles a request of node:http or of node:http2's compatibility API. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Handles an HTTP/1.1 upgrade (exec, port-forward). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** An in-process client that acts as `user`. `fieldManager` owns the fields it writes. */
  client(user: UserInfo, fieldManager?: string): KubeClient;
  /** Ends watches. The store stays open: it is the caller's. */
  close(): void;
}

/** Assembles a server over its options. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const objects = new ObjectStorage(options.store);
  const catalog = new Catalog(builtInResources(Number.parseInt(options.version.minor, 10)), objects, () => []);
  const authorizers = [...(options.authorizers ?? [])];
  const context: ServerContext = {
    options,
    objects,
    catalog,
    authorize: (attributes) => authorizeBy(authorizers, attributes),
    rulesFor: () => ({}),
    reviewToken: async () => ({}),
    admission: admissionChain([...(options.admission ?? [])]),
    now: () => options.clock.now(),
    uuid: () => uuid(options.random.bytes(16)),
  };
  return {
    handle: async () => {},
    upgrade: () => {},
    client: (user, fieldManager) => inProcessClient(context, user, fieldManager),
    close: () => {},
  };
}

function uuid(bytes: Uint8Array): string {
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
