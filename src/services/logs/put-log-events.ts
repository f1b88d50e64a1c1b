// PutLogEvents: checks of a batch and what of it is kept (CloudWatch Logs API Reference; spec audit §F.2).
import type { RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import type { Operations, Sdk } from "../../aws/operation.ts";
import type { LogsDeps } from "./deps.ts";
import { invalid } from "./errors.ts";
import { tagConditions } from "./groups.ts";
import { streamResource } from "./names.ts";
import type { LogEvent } from "./records.ts";

const MAX_BATCH_BYTES = 1_048_576;
const MAX_EVENTS = 10_000;
const EVENT_OVERHEAD = 26;
const HOUR_MS = 3_600_000;
const MAX_AHEAD_MS = 2 * HOUR_MS;
const MAX_AGE_MS = 14 * 24 * HOUR_MS;

export const putLogEvents = {
  PutLogEvents: {
    resource: streamResource,
    conditions: tagConditions,
    run({ logGroupName = "", logStreamName = "", logEvents = [] }, call, { book }) {
      const events = logEvents.map(({ timestamp = 0, message = "" }) => ({ timestamp, message }));
      validateBatch(events);
      book.stream(call, logGroupName, logStreamName);
      const since = book.keptSince(book.group(call, logGroupName), call.now);
      const tooOld = events.filter(({ timestamp }) => timestamp < call.now - MAX_AGE_MS).length;
      const expired = events.filter(({ timestamp }) => timestamp < since).length;
      const tooNew = events.findIndex(({ timestamp }) => timestamp > call.now + MAX_AHEAD_MS);
      const kept = events.slice(Math.max(tooOld, expired), tooNew === -1 ? events.length : tooNew);
      book.append(call.account, call.region, logGroupName, logStreamName, kept, call.now);
      const rejected: RejectedLogEventsInfo = {
        ...(tooNew !== -1 && { tooNewLogEventStartIndex: tooNew }),
        ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
        ...(expired > tooOld && { expiredLogEventEndIndex: expired }),
      };
      return {
        nextSequenceToken: sequenceToken(call.now),
        ...(kept.length < events.length && { rejectedLogEventsInfo: rejected }),
      };
    },
  },
} satisfies Operations<Sdk["logs"], LogsDeps>;

/** A token of the form that older clients expect back and that nobody checks any more. */
export function sequenceToken(time: number): string {
  return `4${String(time).padStart(55, "0")}`;
}

function validateBatch(events: readonly LogEvent[]): void {
  if (events.length === 0 || events.length > MAX_EVENTS) throw invalid(`A batch must have from 1 to ${MAX_EVENTS} log events.`);
  let bytes = 0;
  let previous = 0;
  for (const { timestamp, message } of events) {
    if (!Number.isSafeInteger(timestamp) || timestamp < 0 || timestamp > 8.64e15)
      throw invalid("Log event timestamps must not be negative.");
    if (message === "") throw invalid("Log event messages must not be empty.");
    if (timestamp < previous) throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
    previous = timestamp;
    bytes += Buffer.byteLength(message) + EVENT_OVERHEAD;
  }
  if (bytes > MAX_BATCH_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
  if (previous - events[0]!.timestamp > 24 * HOUR_MS) {
    throw invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
}
