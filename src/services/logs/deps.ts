// What the operations of CloudWatch Logs need.
import type { LogBook } from "./log-book.ts";

export interface LogsDeps {
  readonly book: LogBook;
}
