// The agent's listener on loopback: what local processes that act as pods of the node talk to.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { CredentialsCache } from "./cache.ts";
import type { CredentialsSource } from "./credentials-source.ts";
import { agentHandler } from "./handler.ts";

const LOOPBACK = "127.0.0.1";

/** One node's agent. It listens from the first time somebody asks for its address. */
export class AgentServer {
  readonly #cache: CredentialsCache;
  readonly #clock: Clock;
  #listening: Promise<Server> | undefined;

  constructor(source: CredentialsSource, clock: Clock) {
    this.#cache = new CredentialsCache(source, clock);
    this.#clock = clock;
  }

  /** The same credentials without HTTP, for what runs in this process. */
  get source(): CredentialsSource {
    return this.#cache;
  }

  /** `http://127.0.0.1:<port>/v1/credentials`: AWS SDKs accept plain HTTP from loopback and from the link-local address. */
  async url(): Promise<string> {
    this.#listening ??= this.#listen();
    const { port } = (await this.#listening).address() as AddressInfo;
    return `http://${LOOPBACK}:${port}/v1/credentials`;
  }

  async close(): Promise<void> {
    this.#cache.close();
    const server = await this.#listening?.catch(() => undefined);
    server?.closeAllConnections();
    server?.close();
  }

  #listen(): Promise<Server> {
    const handler = agentHandler({ source: this.#cache, clock: this.#clock, hosts: [LOOPBACK] });
    const server = createServer((request, response) => void handler(request, response));
    server.unref();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, LOOPBACK, () => resolve(server));
    });
  }
}
