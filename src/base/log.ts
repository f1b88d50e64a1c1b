// Structured logging. Lines are JSON keyed requestId, operation, controller, cluster.
import { pino } from "pino";

/** What Atoll's code needs of a logger; pino satisfies it. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

/** Makes the process logger. `level` is a pino level name; lines go to standard error. */
export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true })) as unknown as Log;
}

/** Swallows everything; for tests. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
