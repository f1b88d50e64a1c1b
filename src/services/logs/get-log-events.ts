// GetLogEvents: one stream, forwards and backwards (CloudWatch Logs API Reference; spec audit §F.2).
import type { Operations, Sdk } from "../../aws/operation.ts";
import { ascending, descending, timestampOf } from "./chunks.ts";
import type { LogsDeps } from "./deps.ts";
import { invalid } from "./errors.ts";
import { tagConditions } from "./groups.ts";
import { groupNameOf, streamResource } from "./names.ts";
import type { StoredLogEvent } from "./records.ts";

const MAX_BYTES = 1_048_576;
const NO_EVENT = "0".repeat(56);

export const getLogEvents = {
  GetLogEvents: {
    resource: streamResource,
    conditions: tagConditions,
    run({ logStreamName = "", startTime = 0, endTime, nextToken, limit = 10_000, startFromHead, ...reference }, call, { book }) {
      const group = groupNameOf(reference);
      book.stream(call, group, logStreamName);
      const token = nextToken === undefined ? undefined : readToken(nextToken);
      const from = Math.max(startTime, book.keptSince(book.group(call, group), call.now));
      const until = endTime ?? Number.POSITIVE_INFINITY;
      const forward = token ? token.forward : (startFromHead ?? false);
      const chunks = book.chunks(call, group, logStreamName);
      const position = token?.id;
      const events = forward
        ? take(ascending(chunks, Math.max(from, position ? timestampOf(position) : 0), until), limit, (id) => !position || id > position)
        : take(
            descending(chunks, from, Math.min(until, position ? timestampOf(position) + 1 : until)),
            limit,
            (id) => !position || id < position,
          ).reverse();
      return {
        events: events.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
        // At an end the token that was sent comes back; the other one turns round at the same place.
        nextForwardToken: `f/${events.at(-1)?.id ?? (forward || !position ? (position ?? NO_EVENT) : shifted(position, -1n))}`,
        nextBackwardToken: `b/${events[0]?.id ?? (forward && position ? shifted(position, 1n) : (position ?? NO_EVENT))}`,
      };
    },
  },
} satisfies Operations<Sdk["logs"], LogsDeps>;

/** As many events as fit a page, at least one. */
function take(events: Iterable<StoredLogEvent>, limit: number, wanted: (id: string) => boolean): StoredLogEvent[] {
  const taken: StoredLogEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    if (!wanted(event.id)) continue;
    bytes += Buffer.byteLength(event.message) + 26;
    if (taken.length > 0 && bytes > MAX_BYTES) break;
    taken.push(event);
    if (taken.length >= limit) break;
  }
  return taken;
}

function readToken(token: string): { forward: boolean; id: string } {
  const [, direction, id] = /^([fb])\/(\d{56})(?:\/s)?$/.exec(token) ?? [];
  if (direction === undefined || id === undefined) throw invalid("The specified nextToken is invalid.");
  return { forward: direction === "f", id };
}

function shifted(id: string, by: bigint): string {
  const moved = BigInt(id) + by;
  return moved < 0n ? NO_EVENT : String(moved).padStart(56, "0");
}
