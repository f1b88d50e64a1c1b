// atoll up: starts the server process and says when it is ready.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Connection, readConnection } from "../../base/connection.ts";
import { CommandError, isAlive } from "../client.ts";
import { type OutputFormat, print } from "../output.ts";

/** Flags of the command; those of the server are passed on as they are. */
export interface UpOptions {
  readonly dataDir: string;
  readonly output: OutputFormat;
  /** What the user types to run a command against the same Atoll. */
  readonly program: string;
  readonly detach?: boolean;
  /** `["--port", "4566", …]`. */
  readonly serverFlags: readonly string[];
}

const SERVER = fileURLToPath(new URL("../../main.ts", import.meta.url));
const PATIENCE_MS = 30_000;
/** Room for what is short-lived, in MiB: a request's objects die before V8 copies them. Grows to it only when there is work. */
const NODE_FLAGS = ["--max-semi-space-size=64"];

/** Runs the server until it is stopped; with `detach` returns when it is ready. Returns the exit status. */
export async function up(options: UpOptions): Promise<number> {
  const running = readConnection(options.dataDir);
  if (running && isAlive(running.pid)) {
    throw new CommandError(`Atoll is already running at ${running.endpoint} (process ${running.pid}). Stop it with: atoll down`);
  }
  const args = [...NODE_FLAGS, SERVER, "--data-dir", options.dataDir, ...options.serverFlags];
  return options.detach ? startDetached(args, options) : runInForeground(args);
}

async function startDetached(args: readonly string[], { dataDir, output, program }: UpOptions): Promise<number> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const logFile = join(dataDir, "atoll.log");
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  let ended = false;
  child.on("exit", () => {
    ended = true;
  });
  for (let waited = 0; waited < PATIENCE_MS; waited += 25) {
    const connection = readConnection(dataDir);
    if (connection && connection.pid === child.pid) {
      child.unref();
      print(output, publicPart(connection), (ready) => readyText(ready, program));
      return 0;
    }
    if (ended) throw new CommandError(`Atoll did not start:\n${readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-8).join("\n")}`);
    await wait(25);
  }
  child.kill();
  throw new CommandError(`Atoll was not ready within ${PATIENCE_MS / 1000} s; see ${logFile}`);
}

function runInForeground(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  // A terminal's Ctrl-C reaches the server itself; this process only waits for its clean stop.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

function publicPart({ endpoint, tlsEndpoint, account, region, pid }: Connection) {
  return { endpoint, tlsEndpoint, account, region, pid };
}

function readyText({ endpoint, account, region }: Pick<Connection, "endpoint" | "account" | "region">, program: string): string {
  return `Atoll is ready at ${endpoint} (account ${account}, region ${region}).\nUse it in this shell with: eval "$(${program} env)"`;
}
