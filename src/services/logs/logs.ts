// CloudWatch Logs: the log store and the API over it.
import { type Service, service } from "../../aws/operation.ts";
import type { Store } from "../../store/store.ts";
import { filterLogEvents } from "./filter-log-events.ts";
import { testMetricFilter } from "./filter-pattern/test-metric-filter.ts";
import { getLogEvents } from "./get-log-events.ts";
import { groups } from "./groups.ts";
import { LogBook } from "./log-book.ts";
import { putLogEvents } from "./put-log-events.ts";
import { streams } from "./streams.ts";
import { tagging } from "./tags.ts";

/** The service and the store of logs, to which others append: see {@link LogBook.ensure} and {@link LogBook.append}. */
export interface Logs {
  readonly book: LogBook;
  readonly service: Service;
}

/** Makes CloudWatch Logs. `streamLimitBytes`: what is kept of one stream, default 64 MiB. */
export function createLogs(deps: { readonly store: Store; readonly streamLimitBytes?: number }): Logs {
  const book = new LogBook(deps.store, deps.streamLimitBytes);
  const tables = [groups, streams, putLogEvents, getLogEvents, filterLogEvents, tagging, testMetricFilter] as const;
  return { book, service: service("logs", { book }, ...tables) };
}
