// A store that forgets when the process ends: for tests and `atoll up --ephemeral`.
import { LogStore, type LogStoreOptions } from "./log-store.ts";
import type { Store } from "./store.ts";

/** An empty store in memory. */
export function memoryStore(options?: LogStoreOptions): Store {
  return new LogStore({ load: () => ({ revision: 0, entries: [] }), commit() {}, close() {} }, options);
}
