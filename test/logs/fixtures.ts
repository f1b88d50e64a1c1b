// CloudWatch Logs over a store in memory.
import type { Call } from "../../src/aws/operation.ts";
import { filterLogEvents } from "../../src/services/logs/filter-log-events.ts";
import { getLogEvents } from "../../src/services/logs/get-log-events.ts";
import { groups } from "../../src/services/logs/groups.ts";
import { LogBook } from "../../src/services/logs/log-book.ts";
import { putLogEvents } from "../../src/services/logs/put-log-events.ts";
import { streams } from "../../src/services/logs/streams.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";

export const NOW = Date.parse("2026-01-05T09:00:00Z");
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const ACCOUNT = "111122223333";
export const REGION = "us-west-2";

/** The operations, bound to one book. */
export function setUp({ store = memoryStore(), limit }: { store?: Store; limit?: number } = {}) {
  const deps = { book: new LogBook(store, limit) };
  const call = (change: Partial<Call> = {}): Call => ({
    requestId: "r",
    partition: "aws",
    account: ACCOUNT,
    region: REGION,
    caller: { kind: "root", partition: "aws", accountId: ACCOUNT, arn: "", userId: ACCOUNT },
    now: NOW,
    sourceIp: "127.0.0.1",
    userAgent: "test",
    endpoint: "http://127.0.0.1:4566",
    authorize: async () => {},
    ...change,
  });
  const here = call();
  const withStream = () => {
    groups.CreateLogGroup.run({ logGroupName: "g" }, here, deps);
    streams.CreateLogStream.run({ logGroupName: "g", logStreamName: "s" }, here, deps);
  };
  const put = (events: [number, string][], logStreamName = "s", now = NOW) =>
    putLogEvents.PutLogEvents.run(
      { logGroupName: "g", logStreamName, logEvents: events.map(([timestamp, message]) => ({ timestamp, message })) },
      call({ now }),
      deps,
    );
  const get = (input: Partial<Parameters<typeof getLogEvents.GetLogEvents.run>[0]> = {}) => {
    const page = getLogEvents.GetLogEvents.run({ logGroupName: "g", logStreamName: "s", ...input }, here, deps);
    return { ...page, texts: page.events.map(({ message }) => message) };
  };
  const filter = (input: Partial<Parameters<typeof filterLogEvents.FilterLogEvents.run>[0]> = {}) => {
    const page = filterLogEvents.FilterLogEvents.run({ logGroupName: "g", ...input }, here, deps);
    return { ...page, texts: page.events.map(({ message }) => message) };
  };
  return { deps, call, here, withStream, put, get, filter, store };
}

export const noGroup = { code: "ResourceNotFoundException", message: "The specified log group does not exist." };
export const noStream = { code: "ResourceNotFoundException", message: "The specified log stream does not exist." };
export const invalid = { code: "InvalidParameterException" };
