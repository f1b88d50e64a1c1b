// Stages 6 and 7: the operation itself, and the disk.
import type { Call } from "../aws/operation.ts";
import { operationOf } from "./authorize.ts";
import type { Stage } from "./exchange.ts";

export const run: Stage = {
  name: "run",
  async run(exchange, context) {
    const { operation, deps } = operationOf(exchange, context);
    exchange.output = ((await operation.run(exchange.input as object, exchange.call as Call, deps)) ?? {}) as object;
  },
};

/** Nothing is acknowledged that a crash could undo. Calls that wrote nothing need not wait. */
export const flush: Stage = {
  name: "flush",
  async run(exchange, { store }) {
    if (store.revision !== exchange.revision) await store.flushed();
  },
};
