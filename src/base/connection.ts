// The owner-only file through which a running Atoll and its command line find each other.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How to reach a running Atoll, and the root key of its default account. */
export interface Connection {
  readonly pid: number;
  /** `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** `https://localhost:4567`. */
  readonly tlsEndpoint: string;
  /** PEM file of the authority that signed the TLS endpoint's certificate. */
  readonly certificateAuthority: string;
  /** Opens the administration endpoints. */
  readonly adminToken: string;
  readonly account: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const pathOf = (dataDir: string) => join(dataDir, "connection.json");

/** Writes the file so that only the owner can read it, in one step. */
export function writeConnection(dataDir: string, connection: Connection): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${pathOf(dataDir)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, pathOf(dataDir));
}

/** Reads the file; undefined if no Atoll was started in `dataDir`. */
export function readConnection(dataDir: string): Connection | undefined {
  try {
    return JSON.parse(readFileSync(pathOf(dataDir), "utf8")) as Connection;
  } catch {
    return undefined;
  }
}

/** Removes the file; absent is fine. */
export function removeConnection(dataDir: string): void {
  rmSync(pathOf(dataDir), { force: true });
}
