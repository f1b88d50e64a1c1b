// Log events in the store: one entry per batch, whose key tells what is in it, and reading them in order of time.
import type { Entry } from "../../store/store.ts";
import type { LogEvent, StoredLogEvent } from "./records.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A batch of events of one stream. */
export interface Chunk {
  readonly key: string;
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  readonly ingestion: number;
  /** Grows with every batch and is never used twice. */
  readonly sequence: number;
  readonly value: Uint8Array;
}

const digits = (value: number, length: number) => String(value).padStart(length, "0");

/** The end of a batch's key: earliest and latest timestamp, time of ingestion and sequence. */
export function chunkName(events: readonly LogEvent[], ingestion: number, sequence: number): string {
  const times = [events[0]!.timestamp, events.at(-1)!.timestamp, ingestion];
  return `${times.map((time) => digits(time, 15)).join("-")}-${digits(sequence, 16)}`;
}

export function encodeChunk(events: readonly LogEvent[]): Uint8Array {
  return encoder.encode(JSON.stringify(events.map(({ timestamp, message }) => [timestamp, message])));
}

/** Reads the key of a batch; `key` without the part before the stream's own. */
export function readChunk(entry: Entry, stream: string): Chunk {
  const [first, last, ingestion, sequence] = entry.key
    .slice(entry.key.lastIndexOf(":") + 1)
    .split("-")
    .map(Number);
  return { key: entry.key, stream, first: first!, last: last!, ingestion: ingestion!, sequence: sequence!, value: entry.value };
}

/** Events of the batches with timestamps of `from` up to but not including `until`, in order of id. */
export function* ascending(chunks: readonly Chunk[], from: number, until: number): Iterable<StoredLogEvent> {
  const wanted = chunks.filter((chunk) => chunk.last >= from && chunk.first < until);
  wanted.sort((a, b) => a.first - b.first || a.sequence - b.sequence);
  let pending: StoredLogEvent[] = [];
  let earliest = Number.POSITIVE_INFINITY;
  for (const [index, chunk] of wanted.entries()) {
    for (const event of eventsOf(chunk, from, until)) pending.push(event);
    earliest = Math.min(earliest, chunk.first);
    const next = wanted[index + 1]?.first ?? Number.POSITIVE_INFINITY;
    // Nothing is certain to come before what the next batch holds: do not sort in vain.
    if (next <= earliest) continue;
    pending.sort(byId);
    const ready = pending.findIndex(({ timestamp }) => timestamp >= next);
    yield* ready === -1 ? pending : pending.slice(0, ready);
    pending = ready === -1 ? [] : pending.slice(ready);
    earliest = pending[0]?.timestamp ?? Number.POSITIVE_INFINITY;
  }
}

/** The same events, latest first. */
export function* descending(chunks: readonly Chunk[], from: number, until: number): Iterable<StoredLogEvent> {
  const wanted = chunks.filter((chunk) => chunk.last >= from && chunk.first < until);
  wanted.sort((a, b) => b.last - a.last || b.sequence - a.sequence);
  const pending: StoredLogEvent[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (const [index, chunk] of wanted.entries()) {
    for (const event of eventsOf(chunk, from, until)) pending.push(event);
    latest = Math.max(latest, chunk.last);
    const next = wanted[index + 1]?.last ?? Number.NEGATIVE_INFINITY;
    if (next >= latest) continue;
    pending.sort(byId);
    while (pending.length > 0 && pending.at(-1)!.timestamp > next) yield pending.pop()!;
    latest = pending.at(-1)?.timestamp ?? Number.NEGATIVE_INFINITY;
  }
}

const byId = (a: StoredLogEvent, b: StoredLogEvent) => (a.id < b.id ? -1 : 1);

function eventsOf(chunk: Chunk, from: number, until: number): StoredLogEvent[] {
  const pairs: [number, string][] = JSON.parse(decoder.decode(chunk.value));
  const events: StoredLogEvent[] = [];
  for (const [index, [timestamp, message]] of pairs.entries()) {
    if (timestamp < from || timestamp >= until) continue;
    events.push({
      id: eventId(timestamp, chunk.sequence, index),
      timestamp,
      message,
      ingestionTime: chunk.ingestion,
      stream: chunk.stream,
    });
  }
  return events;
}

/** 56 digits: the timestamp, then where the event lies, so that ids order as events are read. */
function eventId(timestamp: number, sequence: number, index: number): string {
  return `3${digits(timestamp, 19)}${digits(sequence, 20)}${digits(index, 16)}`;
}

/** Timestamp inside an event id. */
export const timestampOf = (id: string) => Number(id.slice(1, 20));
