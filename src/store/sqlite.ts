// A store in one SQLite file, in WAL mode: survives the process being killed at any moment.
import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type LoadedEntry, LogStore, type LogStoreOptions, type Persistence } from "./log-store.ts";
import type { Entry, Store } from "./store.ts";

/** After an unclean end, revisions continue this far above the last durable one: those in between may have been seen by readers. */
const REVISION_GAP = 1_000_000;

// A log of 16 MB before it goes into the file: what is written several times within seconds goes there once.
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA cache_size = -8000;
  CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, clean INTEGER NOT NULL);
`;

/** Opens or creates the store in `path`. Throws the SQLite error if the file is not a store or is locked by another process. */
export function sqliteStore(path: string, options?: LogStoreOptions): Store {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return new LogStore(new SqlitePersistence(path), options);
}

class SqlitePersistence implements Persistence {
  readonly #database: DatabaseSync;
  readonly #begin;
  readonly #end;
  readonly #get;
  readonly #put;
  readonly #delete;
  readonly #state;
  #revision = 0;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    // Records hold secrets. SQLite gives its side files the permissions of the main one.
    chmodSync(path, 0o600);
    // One writer per file: a second process fails at once instead of corrupting the first one's view.
    this.#database.exec("PRAGMA locking_mode = EXCLUSIVE");
    this.#database.exec(SCHEMA);
    this.#begin = this.#database.prepare("BEGIN");
    this.#end = this.#database.prepare("COMMIT");
    this.#get = this.#database.prepare("SELECT value FROM entry WHERE key = ?");
    this.#put = this.#database.prepare("INSERT OR REPLACE INTO entry (key, value, revision, created) VALUES (?, ?, ?, ?)");
    this.#delete = this.#database.prepare("DELETE FROM entry WHERE key = ?");
    this.#state = this.#database.prepare("INSERT OR REPLACE INTO state (id, revision, clean) VALUES (1, ?, ?)");
  }

  load(): { revision: number; entries: Iterable<LoadedEntry> } {
    const state = this.#database.prepare("SELECT revision, clean FROM state").get() as { revision: number; clean: number } | undefined;
    this.#revision = state ? state.revision + (state.clean ? 0 : REVISION_GAP) : 0;
    this.#state.run(this.#revision, 0);
    return { revision: this.#revision, entries: this.#entries() };
  }

  *#entries(): Iterable<LoadedEntry> {
    for (const row of this.#database.prepare("SELECT key, revision, created FROM entry").iterate()) {
      const { key, revision, created } = row as unknown as { key: string; revision: number; created: number };
      yield { key, revision, createRevision: created };
    }
  }

  read(key: string): Uint8Array {
    const row = this.#get.get(key) as { value: Uint8Array } | undefined;
    if (!row) throw new Error(`the store has lost ${key}`);
    return row.value;
  }

  commit(changes: ReadonlyMap<string, Entry | undefined>, revision: number): void {
    this.#begin.run();
    try {
      for (const [key, entry] of changes) {
        if (entry) this.#put.run(key, entry.value, entry.revision, entry.createRevision);
        else this.#delete.run(key);
      }
      this.#state.run(revision, 0);
      this.#end.run();
      this.#revision = revision;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#state.run(this.#revision, 1);
    this.#database.close();
  }
}
