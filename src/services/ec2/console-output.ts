// What instances wrote to their serial console (EC2 API Reference, GetConsoleOutput).
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { required } from "./errors.ts";

/** The console of one instance. */
export interface ConsoleRecord {
  readonly lines: readonly string[];
  /** Epoch milliseconds. */
  readonly at: number;
}

/** As many lines as are kept: AWS keeps 64 KB. */
const KEPT = 200;

/** Consoles by `<account>/<region>/<instance>`. */
export const consoles = (store: Store) => new Collection<ConsoleRecord>(store, "ec2/console");

/** Writes a line unless it is the last one already. */
export function writeConsole(store: Store, key: string, line: string, now: number): void {
  const book = consoles(store);
  const lines = book.get(key)?.lines ?? [];
  if (lines.at(-1) === line) return;
  book.put(key, { lines: [...lines.slice(1 - KEPT), line], at: now });
}

export const consoleOperations = {
  GetConsoleOutput: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const { id } = scope.require("instance", required(input.InstanceId, "InstanceId"));
      const record = consoles(deps.store).get(`${scope.account}/${scope.region}/${id}`);
      return {
        InstanceId: id,
        ...(record && {
          Output: Buffer.from(`${record.lines.join("\r\n")}\r\n`).toString("base64"),
          Timestamp: new Date(record.at),
        }),
      };
    },
  },
} satisfies Ec2Operations;
