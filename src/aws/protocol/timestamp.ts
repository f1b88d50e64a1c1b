// Moments on the wire: epoch seconds, ISO 8601 and HTTP dates (Smithy specification, timestampFormat).
import type { TimestampFormat } from "./shape.ts";

const LATEST = 8.64e15;
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** Parses a number of epoch seconds, or a text in any of the three formats. Undefined if it is none. */
export function parseTimestamp(value: unknown): Date | undefined {
  if (typeof value === "number") return fromMilliseconds(Math.round(value * 1000));
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return fromMilliseconds(Math.round(Number(text) * 1000));
  if (!ISO.test(text) && !/^[A-Za-z]{3}, \d{2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  return fromMilliseconds(Date.parse(text));
}

function fromMilliseconds(value: number): Date | undefined {
  return Number.isFinite(value) && Math.abs(value) <= LATEST ? new Date(value) : undefined;
}

/** `2024-01-02T03:04:05Z`, with milliseconds only where there are some. */
export function isoTimestamp(date: Date): string {
  return date.toISOString().replace(".000Z", "Z");
}

/** A moment as a JSON value. */
export function jsonTimestamp(date: Date, format: TimestampFormat | undefined): number | string {
  if (format === "date-time") return isoTimestamp(date);
  if (format === "http-date") return date.toUTCString();
  return date.getTime() / 1000;
}

/** A moment as text in XML, queries and forms. */
export function textTimestamp(date: Date, format: TimestampFormat | undefined): string {
  if (format === "epoch-seconds") return String(date.getTime() / 1000);
  return format === "http-date" ? date.toUTCString() : isoTimestamp(date);
}

/** Accepts what handlers return for a moment: a Date or epoch milliseconds. Throws on anything else, a fault of ours. */
export function toDate(value: unknown): Date {
  const date = value instanceof Date ? value : new Date(typeof value === "number" ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new TypeError(`not a moment: ${String(value)}`);
  return date;
}
