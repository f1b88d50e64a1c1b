// Which store holds what, and where: one for AWS records, one for each cluster.
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ClusterStores } from "./clusters/embedded-provider.ts";
import type { ClusterFacts } from "./clusters/provider.ts";
import { Collection } from "./store/collection.ts";
import { MemoryDisk, memoryStore } from "./store/memory.ts";
import { sqliteStore } from "./store/sqlite.ts";
import type { Store } from "./store/store.ts";

/** Opens the stores of a data directory; with `ephemeral` all are in memory. */
export class Stores implements ClusterStores {
  readonly aws: Store;
  readonly #directory: string;
  readonly #ephemeral: boolean;
  /** In place of files when ephemeral: a cluster that is upgraded is closed and opened again. */
  readonly #disks = new Map<string, MemoryDisk>();

  constructor(directory: string, ephemeral: boolean, onError: (error: unknown) => void) {
    this.#directory = directory;
    this.#ephemeral = ephemeral;
    this.aws = ephemeral ? memoryStore({ onError }) : sqliteStore(join(directory, "aws.db"), { onError });
  }

  open(cluster: ClusterFacts): Store {
    if (!this.#ephemeral) return sqliteStore(this.#pathOf(cluster));
    const disk = this.#disks.get(cluster.key) ?? new MemoryDisk();
    this.#disks.set(cluster.key, disk);
    return disk.open();
  }

  erase(key: string): void {
    this.#disks.delete(key);
    const directory = join(this.#directory, "clusters", dirname(key));
    if (this.#ephemeral || !existsSync(directory)) return;
    const prefix = `${basename(key)}-`;
    for (const file of readdirSync(directory)) {
      const isCluster = file.startsWith(prefix) && /^[0-9A-F]{32}\.db(-wal|-shm)?$/.test(file.slice(prefix.length));
      if (isCluster) rmSync(join(directory, file));
    }
  }

  /** The id in the name keeps a cluster made anew under an old name apart from what the old one left. */
  #pathOf({ account, region, name, hexId }: ClusterFacts): string {
    return join(this.#directory, "clusters", account, region, `${name}-${hexId}.db`);
  }
}

/** Facts of the installation that outlive a restart. */
export class Installation {
  readonly #records: Collection<{ value: string }>;

  constructor(store: Store) {
    this.#records = new Collection(store, "atoll/installation");
  }

  /** Opens the administration endpoints; made at first use. */
  get adminToken(): string {
    return (
      this.#records.get("admin-token")?.value ?? this.#records.put("admin-token", { value: randomBytes(32).toString("base64url") }).value
    );
  }

  /** The port a listener had last; 0 if it never listened. */
  port(listener: string): number {
    return Number(this.#records.get(`port/${listener}`)?.value ?? 0);
  }

  setPort(listener: string, port: number): void {
    if (port !== this.port(listener)) this.#records.put(`port/${listener}`, { value: String(port) });
  }
}
