// A store that forgets when the process ends: for tests and `atoll up --ephemeral`.
import { LogStore, type LogStoreOptions } from "./log-store.ts";
import type { Entry, Store } from "./store.ts";

/** An empty store in memory. */
export function memoryStore(options?: LogStoreOptions): Store {
  return new MemoryDisk().open(options);
}

/** What a file is to a SQLite store: a store closed over it can be opened again. */
export class MemoryDisk {
  readonly #entries = new Map<string, Entry>();
  #revision = 0;

  /** Opens the store; one at a time. */
  open(options?: LogStoreOptions): Store {
    const persistence = {
      load: () => ({ revision: this.#revision, entries: this.#entries.values() }),
      commit: (changes: ReadonlyMap<string, Entry | undefined>, revision: number) => {
        for (const [key, entry] of changes) {
          if (entry) this.#entries.set(key, entry);
          else this.#entries.delete(key);
        }
        this.#revision = revision;
      },
      close() {},
    };
    return new LogStore(persistence, options);
  }
}
