// FilterLogEvents: a group's events in order of time, those that match a pattern (CloudWatch Logs API Reference; spec audit §F.2).
import { createHash } from "node:crypto";
import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { ascending, descending, timestampOf } from "./chunks.ts";
import type { LogsDeps } from "./deps.ts";
import { invalid } from "./errors.ts";
import { parseFilterPattern } from "./filter-pattern/pattern.ts";
import { tagConditions } from "./groups.ts";
import type { LogBook } from "./log-book.ts";
import { groupNameOf, groupResource } from "./names.ts";
import { openToken, sealToken } from "./paging.ts";

const MAX_BYTES = 1_048_576;
/** Events looked at for one page; a page that ends here may be empty and has a token. */
const MAX_SCANNED = 50_000;

export const filterLogEvents = {
  FilterLogEvents: {
    resource: groupResource,
    conditions: tagConditions,
    run(input, call, { book }) {
      const { startTime = 0, endTime, filterPattern = "", nextToken, limit = 10_000, startFromHead = true } = input;
      const group = groupNameOf(input);
      if (input.logStreamNames && input.logStreamNamePrefix !== undefined) {
        throw invalid("logStreamNames and logStreamNamePrefix cannot be specified together.");
      }
      const matches = parseFilterPattern(filterPattern);
      const from = Math.max(startTime, book.keptSince(book.group(call, group), call.now));
      const until = endTime === undefined ? Number.POSITIVE_INFINITY : endTime + 1;
      const question = [call.account, call.region, group, startTime, endTime ?? "", filterPattern, String(startFromHead)];
      const hash = createHash("sha256").update(JSON.stringify(question)).digest("base64url");
      const after = nextToken === undefined ? undefined : resume(nextToken, hash);
      const chunks = selectedStreams(input, group, call, book).flatMap((stream) => book.chunks(call, group, stream));
      const ordered = startFromHead
        ? ascending(chunks, Math.max(from, after ? timestampOf(after) : 0), until)
        : descending(chunks, from, Math.min(until, after ? timestampOf(after) + 1 : until));
      const events: FilteredLogEvent[] = [];
      let scanned = 0;
      let bytes = 0;
      let last: string | undefined;
      for (const { id, timestamp, message, ingestionTime, stream } of ordered) {
        if (after !== undefined && (startFromHead ? id <= after : id >= after)) continue;
        if (last !== undefined && (events.length >= limit || scanned >= MAX_SCANNED || bytes > MAX_BYTES)) {
          return { events, searchedLogStreams: [], nextToken: sealToken([last, hash]) };
        }
        last = id;
        scanned++;
        if (!matches(message)) continue;
        bytes += Buffer.byteLength(message) + 26;
        events.push({ logStreamName: stream, timestamp, message, ingestionTime, eventId: id });
      }
      return { events, searchedLogStreams: [] };
    },
  },
} satisfies Operations<Sdk["logs"], LogsDeps>;

function selectedStreams(
  { logStreamNames, logStreamNamePrefix }: { logStreamNames?: string[] | undefined; logStreamNamePrefix?: string | undefined },
  group: string,
  call: Call,
  book: LogBook,
): readonly string[] {
  if (!logStreamNames) return book.streamsOf(call, group, logStreamNamePrefix).map(({ name }) => name);
  const names = [...new Set(logStreamNames)];
  for (const name of names) book.stream(call, group, name);
  return names;
}

function resume(token: string, hash: string): string {
  const [id, sealedHash] = openToken(token, 2);
  if (typeof id !== "string" || !/^\d{56}$/.test(id) || sealedHash !== hash) throw invalid("The specified nextToken is invalid.");
  return id;
}
