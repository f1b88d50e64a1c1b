// The command line's way to a running Atoll: HTTP with the administration token.
import { type Connection, readConnection } from "../base/connection.ts";

/** A failure the user can act on; the message says what to do next. */
export class CommandError extends Error {}

/** A running Atoll as commands see it. */
export class AtollClient {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** GETs an administration document. Throws CommandError with the server's message. */
  async get<T>(path: string): Promise<T> {
    return (await this.#request("GET", path)) as T;
  }

  async post(path: string): Promise<void> {
    await this.#request("POST", path);
  }

  async #request(method: string, path: string): Promise<unknown> {
    const { endpoint, adminToken } = this.connection;
    let response: Response;
    try {
      response = await fetch(`${endpoint}/_atoll/${path}`, { method, headers: { authorization: `Bearer ${adminToken}` } });
    } catch {
      throw new CommandError(`Atoll does not answer at ${endpoint}. Start it with: atoll up`);
    }
    const body = (await response.json().catch(() => ({}))) as { message?: string };
    if (!response.ok) throw new CommandError(body.message ?? `Atoll answered ${response.status} to ${method} ${path}`);
    return body;
  }
}

/** Connects to the Atoll whose state is in `dataDir`. Throws CommandError if none runs there. */
export function connect(dataDir: string): AtollClient {
  const connection = readConnection(dataDir);
  if (!connection || !isAlive(connection.pid)) throw new CommandError("Atoll is not running. Start it with: atoll up");
  return new AtollClient(connection);
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
