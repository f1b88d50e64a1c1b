// Control-plane logs of one cluster, delivered in batches to its CloudWatch log group (spec audit §E.1, §E.2).
import { createHash } from "node:crypto";
import type { Clock, Timer } from "../../base/clock.ts";
import type { RequestRecord } from "../../kubernetes/server/options.ts";
import { auditEvent } from "./audit-event.ts";

/** A log type that Atoll writes. */
export type LogType = "audit" | "authenticator";

/** One line. `timestamp` is epoch milliseconds. */
export interface LogLine {
  readonly timestamp: number;
  readonly message: string;
}

/** What the log works with. */
export interface ControlPlaneLogOptions {
  readonly clock: Clock;
  /** Names the streams: one API server host, as it were. */
  readonly hexId: string;
  enabled(type: LogType): boolean;
  /** Writes lines to a stream of the cluster's log group. */
  deliver(stream: string, lines: readonly LogLine[]): void;
}

const DELIVERY = 1000;
/** Longer events are cut down to their metadata, as the service does. */
const MAX_BYTES = 1024 * 1024;
const STREAMS: Readonly<Record<LogType, string>> = { audit: "kube-apiserver-audit", authenticator: "authenticator" };

/** Collects lines of the enabled types and delivers them about once a second. */
export class ControlPlaneLog {
  readonly #options: ControlPlaneLogOptions;
  readonly #host: string;
  readonly #pending = new Map<LogType, LogLine[]>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: ControlPlaneLogOptions) {
    this.#options = options;
    this.#host = createHash("sha256").update(options.hexId).digest("hex").slice(0, 32);
  }

  /** The audit sink of the API server; undefined while audit logging is off, so that nothing is spent on it. */
  get audit(): ((record: RequestRecord) => void) | undefined {
    if (!this.#options.enabled("audit")) return undefined;
    return (record) => {
      let event = auditEvent(record);
      if (event !== undefined && event.length > MAX_BYTES) {
        const { requestObject: _, responseObject: __, ...metadata } = record;
        event = auditEvent(metadata);
      }
      if (event !== undefined) this.#add("audit", event);
    };
  }

  /** A line of the IAM authenticator in logfmt; keys after `msg` in alphabetical order. */
  authenticator(level: "info" | "warning", message: string, fields: Readonly<Record<string, string>>): void {
    if (!this.#options.enabled("authenticator")) return;
    const time = new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const rest = Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${quoted(value)}`);
    this.#add("authenticator", [`time=${quoted(time)} level=${level} msg=${quoted(message)}`, ...rest].join(" "));
  }

  /** Delivers what is left. What stragglers add afterwards is lost: where it would go may be closed. */
  close(): void {
    this.#timer?.cancel();
    this.#flush();
    this.#closed = true;
  }

  #add(type: LogType, message: string): void {
    if (this.#closed) return;
    const lines = this.#pending.get(type) ?? [];
    lines.push({ timestamp: this.#options.clock.now(), message });
    this.#pending.set(type, lines);
    this.#timer ??= this.#options.clock.after(DELIVERY, () => this.#flush());
  }

  #flush(): void {
    this.#timer = undefined;
    for (const [type, lines] of this.#pending) this.#options.deliver(`${STREAMS[type]}-${this.#host}`, lines);
    this.#pending.clear();
  }
}

/** logfmt quotes what is not a plain word. */
function quoted(value: string): string {
  return /^[\w./:@-]+$/.test(value) && !value.includes(":") ? value : JSON.stringify(value);
}
