// Groups, streams, tags and what IAM is asked (spec audit §F.1).
import assert from "node:assert/strict";
import { test } from "node:test";
import { filterLogEvents } from "../../src/services/logs/filter-log-events.ts";
import { getLogEvents } from "../../src/services/logs/get-log-events.ts";
import { groups } from "../../src/services/logs/groups.ts";
import { createLogs } from "../../src/services/logs/logs.ts";
import { putLogEvents } from "../../src/services/logs/put-log-events.ts";
import { streams } from "../../src/services/logs/streams.ts";
import { tagging } from "../../src/services/logs/tags.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { ACCOUNT, invalid, NOW, noGroup, noStream, REGION, setUp } from "./fixtures.ts";

test("a group is made once, described and deleted with what it holds", () => {
  const { deps, here, put, withStream, store } = setUp();
  withStream();
  put([[NOW, "x"]]);
  assert.throws(() => groups.CreateLogGroup.run({ logGroupName: "g" }, here, deps), {
    code: "ResourceAlreadyExistsException",
    message: "The specified log group already exists",
  });
  const { logGroups } = groups.DescribeLogGroups.run({}, here, deps);
  const { storedBytes, ...group } = logGroups[0]!;
  assert.ok(storedBytes! > 0);
  assert.deepEqual(group, {
    logGroupName: "g",
    creationTime: NOW,
    metricFilterCount: 0,
    arn: "arn:aws:logs:us-west-2:111122223333:log-group:g:*",
    logGroupClass: "STANDARD",
    logGroupArn: "arn:aws:logs:us-west-2:111122223333:log-group:g",
    deletionProtectionEnabled: false,
  });
  groups.DeleteLogGroup.run({ logGroupName: "g" }, here, deps);
  assert.equal(store.count("logs/"), 0);
  assert.throws(() => groups.DeleteLogGroup.run({ logGroupName: "g" }, here, deps), noGroup);
});

test("deleting a group leaves those alone whose names begin alike", () => {
  const { deps, here } = setUp();
  for (const name of ["a", "a/b", "ab"]) {
    deps.book.ensure(here, name, "s", NOW);
    deps.book.append(ACCOUNT, REGION, name, "s", [{ timestamp: NOW, message: name }], NOW);
  }
  groups.DeleteLogGroup.run({ logGroupName: "a" }, here, deps);
  for (const name of ["a/b", "ab"]) {
    const { events } = getLogEvents.GetLogEvents.run({ logGroupName: name, logStreamName: "s" }, here, deps);
    assert.deepEqual(
      events.map(({ message }) => message),
      [name],
    );
  }
});

const badNames: [string, RegExp][] = [
  ["", /1 to 512/],
  ["a b", /1 to 512/],
  ["a:b", /1 to 512/],
  ["x".repeat(513), /1 to 512/],
  ["aws/x", /reserved for AWS/],
  ["AWS/x", /reserved for AWS/],
];
for (const [logGroupName, message] of badNames) {
  test(`no group is named ${JSON.stringify(logGroupName.slice(0, 20))}`, () => {
    const { deps, here } = setUp();
    assert.throws(() => groups.CreateLogGroup.run({ logGroupName }, here, deps), { ...invalid, message });
  });
}

test("groups are listed in ASCII order, by prefix, by part, by class, page by page", () => {
  const { deps, here, call } = setUp();
  const make = (logGroupName: string, change = {}) => groups.CreateLogGroup.run({ logGroupName, ...change }, here, deps);
  for (const name of ["/b", "Z", "a", "/aws/eks/dev/cluster", "/aws/eks/Dev2/cluster"]) make(name);
  make("rare", { logGroupClass: "INFREQUENT_ACCESS" });
  const list = (input: Parameters<typeof groups.DescribeLogGroups.run>[0], where = here) =>
    groups.DescribeLogGroups.run(input, where, deps).logGroups.map(({ logGroupName }) => logGroupName);
  assert.deepEqual(list({}), ["/aws/eks/Dev2/cluster", "/aws/eks/dev/cluster", "/b", "Z", "a", "rare"]);
  assert.deepEqual(list({ logGroupNamePrefix: "/aws/eks/d" }), ["/aws/eks/dev/cluster"]);
  assert.deepEqual(list({ logGroupNamePattern: "Dev" }), ["/aws/eks/Dev2/cluster"]);
  assert.deepEqual(list({ logGroupClass: "INFREQUENT_ACCESS" }), ["rare"]);
  assert.deepEqual(list({ logGroupIdentifiers: ["a", "arn:aws:logs:us-west-2:111122223333:log-group:Z:*"] }), ["Z", "a"]);
  assert.deepEqual(list({}, call({ region: "eu-west-1" })), []);
  assert.throws(() => list({ logGroupNamePrefix: "a", logGroupNamePattern: "b" }), invalid);
  const first = groups.DescribeLogGroups.run({ limit: 4 }, here, deps);
  assert.deepEqual(list({ nextToken: first.nextToken }), ["a", "rare"]);
  assert.throws(() => list({ nextToken: "!" }), invalid);
});

test("retention takes only the listed numbers of days", () => {
  const { deps, here, withStream } = setUp();
  withStream();
  for (const retentionInDays of [0, 2, 31, -1, 1.5]) {
    assert.throws(() => groups.PutRetentionPolicy.run({ logGroupName: "g", retentionInDays }, here, deps), invalid);
  }
  groups.PutRetentionPolicy.run({ logGroupName: "g", retentionInDays: 7 }, here, deps);
  assert.equal(groups.DescribeLogGroups.run({}, here, deps).logGroups[0]?.retentionInDays, 7);
  groups.DeleteRetentionPolicy.run({ logGroupName: "g" }, here, deps);
  assert.ok(!("retentionInDays" in groups.DescribeLogGroups.run({}, here, deps).logGroups[0]!));
  assert.throws(() => groups.PutRetentionPolicy.run({ logGroupName: "no", retentionInDays: 7 }, here, deps), noGroup);
  assert.throws(() => groups.DeleteRetentionPolicy.run({ logGroupName: "no" }, here, deps), noGroup);
});

test("a protected group stays", () => {
  const { deps, here, withStream } = setUp();
  withStream();
  const protect = (deletionProtectionEnabled: boolean) =>
    groups.PutLogGroupDeletionProtection.run({ logGroupIdentifier: "g", deletionProtectionEnabled }, here, deps);
  protect(true);
  assert.throws(() => groups.DeleteLogGroup.run({ logGroupName: "g" }, here, deps), { code: "ValidationException" });
  protect(false);
  groups.DeleteLogGroup.run({ logGroupName: "g" }, here, deps);
});

test("there are no keys to encrypt with", () => {
  const { deps, here, withStream } = setUp();
  withStream();
  const noKey = { ...invalid, message: "The specified KMS Key Id could not be found." };
  assert.throws(() => groups.AssociateKmsKey.run({ logGroupName: "g", kmsKeyId: "arn:aws:kms:x" }, here, deps), noKey);
  assert.throws(() => groups.CreateLogGroup.run({ logGroupName: "h", kmsKeyId: "arn:aws:kms:x" }, here, deps), noKey);
  assert.throws(() => groups.AssociateKmsKey.run({ logGroupName: "no", kmsKeyId: "k" }, here, deps), noGroup);
  assert.deepEqual(groups.DisassociateKmsKey.run({ logGroupName: "g" }, here, deps), {});
});

test("streams are made once, listed by name or by time, and deleted", () => {
  const { deps, here, withStream, put } = setUp();
  withStream();
  const make = (logStreamName: string) => streams.CreateLogStream.run({ logGroupName: "g", logStreamName }, here, deps);
  assert.throws(() => make("s"), { code: "ResourceAlreadyExistsException", message: "The specified log stream already exists" });
  for (const bad of ["a:b", "a*", "", "x".repeat(513)]) assert.throws(() => make(bad), invalid);
  assert.throws(() => streams.CreateLogStream.run({ logGroupName: "no", logStreamName: "s" }, here, deps), noGroup);
  for (const name of ["b", "a", "c"]) make(name);
  put(
    [
      [NOW - 10, "1"],
      [NOW - 5, "2"],
    ],
    "b",
  );
  put([[NOW - 20, "1"]], "c");
  const list = (input: Partial<Parameters<typeof streams.DescribeLogStreams.run>[0]>) =>
    streams.DescribeLogStreams.run({ logGroupName: "g", ...input }, here, deps);
  const names = (input: Parameters<typeof list>[0]) => list(input).logStreams.map(({ logStreamName }) => logStreamName);
  assert.deepEqual(names({}), ["a", "b", "c", "s"]);
  assert.deepEqual(names({ descending: true }), ["s", "c", "b", "a"]);
  assert.deepEqual(names({ orderBy: "LastEventTime", descending: true }), ["b", "c", "s", "a"]);
  assert.deepEqual(names({ logStreamNamePrefix: "b" }), ["b"]);
  assert.throws(() => list({ orderBy: "LastEventTime", logStreamNamePrefix: "b" }), {
    ...invalid,
    message: "Cannot order by LastEventTime with a logStreamNamePrefix.",
  });
  for (const order of [{}, { orderBy: "LastEventTime", descending: true }] as const) {
    const first = list({ ...order, limit: 2 });
    assert.deepEqual(
      [...first.logStreams.map((row) => row.logStreamName), ...names({ ...order, nextToken: first.nextToken })],
      names(order),
    );
  }
  const { uploadSequenceToken, ...stream } = list({ logStreamNamePrefix: "b" }).logStreams[0]!;
  assert.match(uploadSequenceToken!, /^\d{56}$/);
  assert.deepEqual(stream, {
    logStreamName: "b",
    creationTime: NOW,
    firstEventTimestamp: NOW - 10,
    lastEventTimestamp: NOW - 5,
    lastIngestionTime: NOW,
    arn: "arn:aws:logs:us-west-2:111122223333:log-group:g:log-stream:b",
    storedBytes: 0,
  });
  streams.DeleteLogStream.run({ logGroupName: "g", logStreamName: "b" }, here, deps);
  assert.throws(() => streams.DeleteLogStream.run({ logGroupName: "g", logStreamName: "b" }, here, deps), noStream);
  assert.throws(() => list({ logGroupName: "no" }), noGroup);
  assert.throws(() => list({ logGroupName: undefined }), invalid);
});

test("tags by ARN and by name are the same tags", () => {
  const { deps, here, withStream } = setUp();
  withStream();
  const resourceArn = "arn:aws:logs:us-west-2:111122223333:log-group:g";
  tagging.TagResource.run({ resourceArn, tags: { a: "1", b: "2" } }, here, deps);
  tagging.TagLogGroup.run({ logGroupName: "g", tags: { b: "3" } }, here, deps);
  assert.deepEqual(tagging.ListTagsForResource.run({ resourceArn: `${resourceArn}:*` }, here, deps), { tags: { a: "1", b: "3" } });
  tagging.UntagResource.run({ resourceArn, tagKeys: ["a", "zz"] }, here, deps);
  assert.deepEqual(tagging.ListTagsLogGroup.run({ logGroupName: "g" }, here, deps), { tags: { b: "3" } });
  tagging.UntagLogGroup.run({ logGroupName: "g", tags: ["b"] }, here, deps);
  assert.deepEqual(tagging.ListTagsLogGroup.run({ logGroupName: "g" }, here, deps), { tags: {} });
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, ""]));
  assert.throws(() => tagging.TagResource.run({ resourceArn, tags: many }, here, deps), { code: "TooManyTagsException" });
  for (const other of [
    "g",
    resourceArn.replace("us-west-2", "eu-west-1"),
    resourceArn.replace("1111", "9999"),
    "arn:aws:logs:us-west-2:111122223333:destination:d",
  ]) {
    assert.throws(() => tagging.ListTagsForResource.run({ resourceArn: other }, here, deps), { code: "ResourceNotFoundException" });
  }
  assert.throws(() => tagging.TagResource.run({ resourceArn: `${resourceArn}x`, tags: {} }, here, deps), noGroup);
});

test("what IAM is asked", () => {
  const { here, deps, withStream } = setUp();
  withStream();
  const arn = "arn:aws:logs:us-west-2:111122223333:log-group:";
  assert.equal(groups.CreateLogGroup.resource({ logGroupName: "g" }, here), `${arn}g:log-stream:`);
  assert.equal(groups.DescribeLogGroups.resource({}, here), `${arn}:log-stream:`);
  assert.equal(putLogEvents.PutLogEvents.resource({ logGroupName: "g", logStreamName: "s" }, here), `${arn}g:log-stream:s`);
  assert.equal(tagging.TagResource.resource({ resourceArn: `${arn}g:*` }, here), `${arn}g`);
  tagging.TagLogGroup.run({ logGroupName: "g", tags: { team: "x" } }, here, deps);
  assert.deepEqual(groups.DeleteLogGroup.conditions({ logGroupName: "g" }, here, deps), { "aws:ResourceTag/team": "x" });
});

test("the book outlives the process, and others can write to it", () => {
  const store = memoryStore();
  const { book } = createLogs({ store });
  book.ensure({ account: ACCOUNT, region: REGION }, "/aws/eks/dev/cluster", "kube-apiserver-1", NOW);
  book.append(ACCOUNT, REGION, "/aws/eks/dev/cluster", "kube-apiserver-1", [{ timestamp: NOW, message: "up" }], NOW);
  book.append(ACCOUNT, REGION, "/aws/eks/dev/cluster", "kube-apiserver-1", [], NOW);
  assert.throws(() => book.append(ACCOUNT, REGION, "no", "s", [], NOW), noGroup);
  const { service } = createLogs({ store });
  assert.equal(service.name, "logs");
  assert.ok(!("StartQuery" in service.operations));
  const { deps, here } = setUp({ store });
  const input = { logGroupName: "/aws/eks/dev/cluster" };
  assert.equal(streams.DescribeLogStreams.run(input, here, deps).logStreams[0]?.lastEventTimestamp, NOW);
  assert.equal(filterLogEvents.FilterLogEvents.run(input, here, deps).events[0]?.message, "up");
});
