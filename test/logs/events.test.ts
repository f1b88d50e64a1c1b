// Writing and reading events (spec audit §F.2).
import assert from "node:assert/strict";
import { test } from "node:test";
import { groups } from "../../src/services/logs/groups.ts";
import { streams } from "../../src/services/logs/streams.ts";
import { DAY, HOUR, invalid, NOW, noGroup, noStream, setUp } from "./fixtures.ts";

test("events come back in order of time, however they were written", () => {
  const { withStream, put, get, filter } = setUp();
  withStream();
  put([
    [NOW - 50, "c"],
    [NOW - 10, "f"],
  ]);
  put([
    [NOW - 100, "a"],
    [NOW - 60, "b"],
    [NOW - 20, "e"],
  ]);
  put([[NOW - 50, "d"]]);
  assert.deepEqual(get({ startFromHead: true }).texts, ["a", "b", "c", "d", "e", "f"]);
  assert.deepEqual(get({ limit: 2 }).texts, ["e", "f"]);
  assert.deepEqual(get({ startTime: NOW - 60, endTime: NOW - 20 }).texts, ["b", "c", "d"]);
  assert.deepEqual(filter({ startTime: NOW - 60, endTime: NOW - 20 }).texts, ["b", "c", "d", "e"]);
  assert.deepEqual(filter({ startFromHead: false }).texts, ["f", "e", "d", "c", "b", "a"]);
  const ids = filter().events.map(({ eventId }) => eventId!);
  assert.ok(ids.every((id, index) => /^\d{56}$/.test(id) && (index === 0 || id > ids[index - 1]!)));
});

test("GetLogEvents walks forwards and backwards; at an end the same token comes back", () => {
  const { withStream, put, get } = setUp();
  withStream();
  put(Array.from({ length: 10 }, (_, i) => [NOW + i, `e${i}`]));
  const first = get({ limit: 4, startFromHead: true });
  const second = get({ limit: 4, nextToken: first.nextForwardToken });
  const third = get({ limit: 4, nextToken: second.nextForwardToken });
  assert.deepEqual(
    [first.texts, second.texts, third.texts],
    [
      ["e0", "e1", "e2", "e3"],
      ["e4", "e5", "e6", "e7"],
      ["e8", "e9"],
    ],
  );
  const end = get({ nextToken: third.nextForwardToken });
  assert.deepEqual([end.texts, end.nextForwardToken], [[], third.nextForwardToken]);
  assert.deepEqual(get({ nextToken: end.nextBackwardToken, limit: 2 }).texts, ["e8", "e9"]);
  const back = get({ limit: 3, nextToken: third.nextBackwardToken });
  assert.deepEqual(back.texts, ["e5", "e6", "e7"]);
  const start = get({ nextToken: first.nextBackwardToken });
  assert.deepEqual([start.texts, start.nextBackwardToken], [[], first.nextBackwardToken]);
  assert.deepEqual(get({ nextToken: start.nextForwardToken, limit: 1 }).texts, ["e0"]);
  put([[NOW + 100, "new"]]);
  assert.deepEqual(get({ nextToken: end.nextForwardToken }).texts, ["new"]);
  assert.match(first.nextForwardToken, /^f\/\d{56}$/);
  assert.deepEqual(get({ nextToken: `${first.nextForwardToken}/s`, limit: 1 }).texts, ["e4"]);
  for (const nextToken of ["x", "f/1", `g/${"0".repeat(56)}`]) assert.throws(() => get({ nextToken }), invalid);
});

test("an empty stream can be followed", () => {
  const { withStream, put, get } = setUp();
  withStream();
  const empty = get();
  assert.deepEqual(empty.texts, []);
  assert.equal(get({ nextToken: empty.nextForwardToken }).nextForwardToken, empty.nextForwardToken);
  put([[NOW, "x"]]);
  assert.deepEqual(get({ nextToken: empty.nextForwardToken }).texts, ["x"]);
});

test("a page has at most a megabyte", () => {
  const { withStream, put, get } = setUp();
  withStream();
  for (let i = 0; i < 3; i++) put([[NOW + i, "x".repeat(500_000)]]);
  assert.equal(get({ startFromHead: true }).texts.length, 2);
  assert.equal(get().texts.length, 2);
});

test("batches that break a rule are refused and nothing of them is kept", () => {
  const { withStream, put, get } = setUp();
  withStream();
  const refused: [[number, string][], RegExp][] = [
    [
      [
        [NOW, "a"],
        [NOW - 1, "b"],
      ],
      /^Log events in a single PutLogEvents request must be in chronological order\.$/,
    ],
    [
      [
        [NOW - 25 * HOUR, "a"],
        [NOW, "b"],
      ],
      /span more than 24 hours/,
    ],
    [[[NOW, "x".repeat(1_048_576)]], /^Upload too large: 1048602 bytes exceeds limit of 1048576$/],
    [[[NOW, "é".repeat(524_276)]], /^Upload too large/],
    [[[-1, "a"]], /negative/],
    [[[NOW, ""]], /empty/],
    [[], /1 to 10000/],
    [Array.from({ length: 10_001 }, () => [NOW, "a"]), /1 to 10000/],
  ];
  for (const [events, message] of refused) assert.throws(() => put(events), { ...invalid, message });
  assert.throws(() => put([[NOW, "a"]], "no"), noStream);
  assert.deepEqual(get().texts, []);
  put([[NOW, "x".repeat(1_048_550)]]);
});

test("events outside the window are reported and left out", () => {
  const { deps, here, withStream, put, get } = setUp();
  withStream();
  assert.equal(put([[NOW, "ok"]]).rejectedLogEventsInfo, undefined);
  assert.deepEqual(
    put([
      [NOW, "a"],
      [NOW + 2 * HOUR, "b"],
      [NOW + 2 * HOUR + 1, "c"],
    ]).rejectedLogEventsInfo,
    { tooNewLogEventStartIndex: 2 },
  );
  assert.deepEqual(
    put([
      [NOW - 14 * DAY - 1, "old"],
      [NOW - 14 * DAY, "d"],
    ]).rejectedLogEventsInfo,
    { tooOldLogEventEndIndex: 1 },
  );
  groups.PutRetentionPolicy.run({ logGroupName: "g", retentionInDays: 3 }, here, deps);
  assert.deepEqual(
    put([
      [NOW - 3 * DAY - 1, "expired"],
      [NOW - 3 * DAY, "e"],
    ]).rejectedLogEventsInfo,
    { expiredLogEventEndIndex: 1 },
  );
  assert.deepEqual(get().texts, ["e", "ok", "a", "b"]);
});

test("retention and the size limit take the oldest away", () => {
  const { deps, here, withStream, put, get, store } = setUp({ limit: 5000 });
  withStream();
  for (let i = 0; i < 20; i++) put([[NOW + i, `${i} ${"x".repeat(1000)}`]]);
  assert.ok(store.count("logs/events/") <= 5);
  assert.match(get().texts.at(-1)!, /^19 /);
  groups.PutRetentionPolicy.run({ logGroupName: "g", retentionInDays: 1 }, here, deps);
  put([[NOW + 5 * DAY, "later"]], "s", NOW + 5 * DAY);
  assert.equal(store.count("logs/events/"), 1);
});

test("FilterLogEvents: streams, patterns and pages", () => {
  const { deps, here, withStream, put, filter } = setUp();
  withStream();
  for (const name of ["api-1", "api-2"]) streams.CreateLogStream.run({ logGroupName: "g", logStreamName: name }, here, deps);
  put(
    [
      [NOW, "one error"],
      [NOW + 2, "three"],
    ],
    "api-1",
  );
  put([[NOW + 1, "two error"]], "api-2");
  put([[NOW + 3, "four error"]]);
  assert.deepEqual(filter({ filterPattern: "error" }).texts, ["one error", "two error", "four error"]);
  assert.deepEqual(filter({ logStreamNamePrefix: "api-" }).texts, ["one error", "two error", "three"]);
  assert.deepEqual(filter({ logStreamNames: ["s", "s", "api-2"] }).texts, ["two error", "four error"]);
  assert.deepEqual(filter().events[0]?.logStreamName, "api-1");
  assert.deepEqual(filter().searchedLogStreams, []);
  const pages: string[][] = [];
  let nextToken: string | undefined;
  do {
    const page = filter({ limit: 1, filterPattern: "error", ...(nextToken !== undefined && { nextToken }) });
    pages.push(page.texts.map(String));
    nextToken = page.nextToken;
  } while (nextToken !== undefined && pages.length < 10);
  assert.deepEqual(pages.flat(), ["one error", "two error", "four error"]);
  const { nextToken: token } = filter({ limit: 1 });
  assert.throws(() => filter({ nextToken: token, filterPattern: "x" }), invalid);
  assert.throws(() => filter({ logStreamNames: ["a"], logStreamNamePrefix: "a" }), invalid);
  assert.throws(() => filter({ logStreamNames: ["no"] }), noStream);
  assert.throws(() => filter({ filterPattern: "{ broken" }), { ...invalid, message: "Invalid filter pattern" });
  assert.throws(() => filter({ logGroupName: "no" }), noGroup);
  assert.deepEqual(
    filter({ logGroupName: undefined, logGroupIdentifier: "arn:aws:logs:us-west-2:111122223333:log-group:g" }).texts.length,
    4,
  );
});

test("a long search stops and goes on with a token", () => {
  const { withStream, put, filter } = setUp();
  withStream();
  for (let i = 0; i < 6; i++) put(Array.from({ length: 10_000 }, (_, j) => [NOW + i, i === 5 && j === 9999 ? "needle" : "hay"]));
  const first = filter({ filterPattern: "needle" });
  assert.deepEqual(first.texts, []);
  assert.deepEqual(filter({ filterPattern: "needle", nextToken: first.nextToken }).texts, ["needle"]);
});
