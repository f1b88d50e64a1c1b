// Groups, streams and events of all accounts: the state behind CloudWatch Logs, also for Atoll's own writers.
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { type Chunk, chunkName, encodeChunk, readChunk } from "./chunks.ts";
import { noGroup, noStream } from "./errors.ts";
import type { GroupRecord, LogEvent, StreamFacts, StreamRecord } from "./records.ts";

const DAY_MS = 24 * 3600 * 1000;

/** Where a group lives. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** Bytes of one stream that are kept; the oldest batches go first. */
const DEFAULT_STREAM_LIMIT = 64 * 1024 * 1024;

/**
 * The log store. Group names have no colon and stream names neither, so `account/region/group:stream:batch` is unambiguous, and a
 * stream's batches lie next to each other in order of time.
 */
export class LogBook {
  readonly groups: Collection<GroupRecord>;
  readonly streams: Collection<StreamRecord>;
  readonly #store: Store;
  readonly #streamLimit: number;
  readonly #facts = new Map<string, StreamFacts>();

  constructor(store: Store, streamLimitBytes = DEFAULT_STREAM_LIMIT) {
    this.#store = store;
    this.#streamLimit = streamLimitBytes;
    this.groups = new Collection(store, "logs/group");
    this.streams = new Collection(store, "logs/stream");
  }

  groupKey({ account, region }: Place, group: string): string {
    return `${account}/${region}/${group}`;
  }

  streamKey(place: Place, group: string, stream: string): string {
    return `${this.groupKey(place, group)}:${stream}`;
  }

  /** Throws ResourceNotFoundException. */
  group(place: Place, group: string): GroupRecord {
    const record = this.groups.get(this.groupKey(place, group));
    if (!record) throw noGroup();
    return record;
  }

  /** Throws ResourceNotFoundException for the group or the stream. */
  stream(place: Place, group: string, stream: string): StreamRecord {
    this.group(place, group);
    const record = this.streams.get(this.streamKey(place, group, stream));
    if (!record) throw noStream();
    return record;
  }

  /** Streams of a group whose name begins with `prefix`, in order of name. */
  streamsOf(place: Place, group: string, prefix = ""): readonly StreamRecord[] {
    return this.streams.list(`${this.groupKey(place, group)}:${prefix}`);
  }

  /** Makes the group and the stream unless they exist. */
  ensure(place: Place, group: string, stream: string, now: number): void {
    const groupKey = this.groupKey(place, group);
    const streamKey = this.streamKey(place, group, stream);
    if (!this.groups.has(groupKey)) {
      this.groups.put(groupKey, { name: group, createdAt: now, logGroupClass: "STANDARD", deletionProtection: false, tags: {} });
    }
    if (!this.streams.has(streamKey)) this.streams.put(streamKey, { name: stream, createdAt: now });
  }

  /**
   * Appends a batch to a stream. Events in order of time; an empty batch writes nothing. `now`, the time of ingestion, in epoch
   * milliseconds. One batch is one write, so writers of many lines should collect some. Throws ResourceNotFoundException.
   */
  append(account: string, region: string, group: string, stream: string, events: readonly LogEvent[], now: number): void {
    const place = { account, region };
    this.stream(place, group, stream);
    if (events.length === 0) return;
    const key = this.streamKey(place, group, stream);
    const before = this.facts(place, group, stream);
    const value = encodeChunk(events);
    this.#store.transact((tx) => tx.put(`logs/events/${key}:${chunkName(events, now, this.#store.revision + 1)}`, value));
    this.#facts.set(key, {
      firstEvent: Math.min(before.firstEvent ?? Number.POSITIVE_INFINITY, events[0]!.timestamp),
      lastEvent: Math.max(before.lastEvent ?? 0, events.at(-1)!.timestamp),
      lastIngestion: now,
      bytes: before.bytes + value.byteLength,
    });
    this.#prune(place, group, stream, now);
  }

  /** All batches of a stream, by key. */
  chunks(place: Place, group: string, stream: string): Chunk[] {
    return this.#store.list(`logs/events/${this.streamKey(place, group, stream)}:`).map((entry) => readChunk(entry, stream));
  }

  /** What is known of a stream's events. */
  facts(place: Place, group: string, stream: string): StreamFacts {
    const key = this.streamKey(place, group, stream);
    let facts = this.#facts.get(key);
    if (!facts) {
      facts = summarize(this.chunks(place, group, stream));
      this.#facts.set(key, facts);
    }
    return facts;
  }

  /** The earliest timestamp that is still kept under the group's retention. */
  keptSince(group: GroupRecord, now: number): number {
    return group.retentionInDays === undefined ? 0 : now - group.retentionInDays * DAY_MS;
  }

  deleteStream(place: Place, group: string, stream: string): void {
    const key = this.streamKey(place, group, stream);
    this.#store.transact((tx) => {
      for (const { key: chunk } of tx.list(`logs/events/${key}:`)) tx.delete(chunk);
      this.streams.delete(key);
    });
    this.#facts.delete(key);
  }

  deleteGroup(place: Place, group: string): void {
    this.#store.transact(() => {
      for (const { name } of this.streamsOf(place, group)) this.deleteStream(place, group, name);
      this.groups.delete(this.groupKey(place, group));
    });
  }

  #prune(place: Place, group: string, stream: string, now: number): void {
    const since = this.keptSince(this.group(place, group), now);
    const { bytes, firstEvent = 0 } = this.facts(place, group, stream);
    if (bytes <= this.#streamLimit && firstEvent >= since) return;
    const chunks = this.chunks(place, group, stream);
    let excess = bytes - this.#streamLimit;
    const dropped = new Set<Chunk>();
    for (const chunk of chunks) {
      if (chunk.last >= since && excess <= 0) continue;
      dropped.add(chunk);
      excess -= chunk.value.byteLength;
    }
    if (dropped.size === 0) return;
    this.#store.transact((tx) => {
      for (const { key } of dropped) tx.delete(key);
    });
    this.#facts.set(this.streamKey(place, group, stream), summarize(chunks.filter((chunk) => !dropped.has(chunk))));
  }
}

function summarize(chunks: readonly Chunk[]): StreamFacts {
  if (chunks.length === 0) return { bytes: 0 };
  let lastEvent = 0;
  let lastIngestion = 0;
  let bytes = 0;
  for (const chunk of chunks) {
    lastEvent = Math.max(lastEvent, chunk.last);
    lastIngestion = Math.max(lastIngestion, chunk.ingestion);
    bytes += chunk.value.byteLength;
  }
  return { firstEvent: chunks[0]!.first, lastEvent, lastIngestion, bytes };
}
