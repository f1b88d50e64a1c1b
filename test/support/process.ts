// Atoll as a process of its own, to be killed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Connection, readConnection } from "../../src/base/connection.ts";

const SERVER = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** A server process over a temporary data directory that survives kills. */
export class AtollProcess {
  readonly dataDir = mkdtempSync(join(tmpdir(), "atoll-process-"));
  #child: ChildProcess | undefined;
  #errors = "";

  /** Starts, or starts again; ports stay the same. Rejects with what the process printed if it ends at once. */
  async start(): Promise<Connection> {
    const child = spawn(process.execPath, [SERVER, "--data-dir", this.dataDir, "--port", "0", "--tls-port", "0", "--log-level", "warn"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    child.stderr?.on("data", (chunk) => {
      this.#errors += chunk;
    });
    for (let waited = 0; waited < 20_000; waited += 20) {
      const connection = readConnection(this.dataDir);
      if (connection && connection.pid === child.pid) return connection;
      if (child.exitCode !== null) break;
      await wait(20);
    }
    throw new Error(`Atoll did not start: ${this.#errors}`);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** A clean stop. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Warnings and errors so far. */
  get log(): string {
    return this.#errors;
  }

  async dispose(): Promise<void> {
    await this.#end("SIGKILL");
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}
