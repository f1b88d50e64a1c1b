// Log streams (CloudWatch Logs API Reference; spec audit §F.1).
import type { LogStream } from "@aws-sdk/client-cloudwatch-logs";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { LogsDeps } from "./deps.ts";
import { invalid, streamExists } from "./errors.ts";
import { tagConditions } from "./groups.ts";
import { groupNameOf, groupResource, streamArn, streamResource } from "./names.ts";
import { openToken, sealToken } from "./paging.ts";
import { sequenceToken } from "./put-log-events.ts";
import type { StreamFacts, StreamRecord } from "./records.ts";

type Row = StreamRecord & StreamFacts;

export const streams = {
  CreateLogStream: {
    resource: streamResource,
    conditions: tagConditions,
    run({ logGroupName = "", logStreamName = "" }, call, { book }) {
      if (!/^[^:*]{1,512}$/.test(logStreamName)) throw invalid("Log stream names must have 1 to 512 characters, none of them : or *");
      book.group(call, logGroupName);
      const key = book.streamKey(call, logGroupName, logStreamName);
      if (book.streams.has(key)) throw streamExists();
      book.streams.put(key, { name: logStreamName, createdAt: call.now });
      return {};
    },
  },

  DeleteLogStream: {
    resource: streamResource,
    conditions: tagConditions,
    run({ logGroupName = "", logStreamName = "" }, call, { book }) {
      book.stream(call, logGroupName, logStreamName);
      book.deleteStream(call, logGroupName, logStreamName);
      return {};
    },
  },

  DescribeLogStreams: {
    resource: groupResource,
    conditions: tagConditions,
    run({ logStreamNamePrefix, orderBy = "LogStreamName", descending = false, limit = 50, nextToken, ...reference }, call, { book }) {
      const group = groupNameOf(reference);
      if (orderBy === "LastEventTime" && logStreamNamePrefix !== undefined) {
        throw invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
      }
      book.group(call, group);
      const byTime = orderBy === "LastEventTime";
      const time = (row: Pick<Row, "lastEvent">) => (byTime ? (row.lastEvent ?? 0) : 0);
      const compare = (a: Pick<Row, "name" | "lastEvent">, b: Pick<Row, "name" | "lastEvent">) =>
        (time(a) - time(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)) * (descending ? -1 : 1);
      const rows: Row[] = book
        .streamsOf(call, group, logStreamNamePrefix)
        .map((stream) => ({ ...stream, ...book.facts(call, group, stream.name) }))
        .sort(compare);
      const [name, lastEvent] = nextToken === undefined ? [] : openToken(nextToken, 2);
      const rest = name === undefined ? rows : rows.filter((row) => compare(row, { name: String(name), lastEvent: Number(lastEvent) }) > 0);
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      return {
        logStreams: page.map((row) => view(row, group, call)),
        ...(rest.length > limit && last && { nextToken: sealToken([last.name, last.lastEvent ?? 0]) }),
      };
    },
  },
} satisfies Operations<Sdk["logs"], LogsDeps>;

function view(row: Row, group: string, call: Call): LogStream {
  return {
    logStreamName: row.name,
    creationTime: row.createdAt,
    ...(row.firstEvent !== undefined && {
      firstEventTimestamp: row.firstEvent,
      lastEventTimestamp: row.lastEvent,
      lastIngestionTime: row.lastIngestion,
    }),
    uploadSequenceToken: sequenceToken(row.lastIngestion ?? row.createdAt),
    arn: streamArn(call, group, row.name),
    storedBytes: 0,
  };
}
