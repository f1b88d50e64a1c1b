// LookupEvents and the trail operations that can be answered (spec audit §C).
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/base/random.ts";
import { createCloudTrail } from "../../src/services/cloudtrail/cloudtrail.ts";
import { EventHistory, RETENTION_MS } from "../../src/services/cloudtrail/history.ts";
import { lookupEvents } from "../../src/services/cloudtrail/lookup-events.ts";
import { createRecorder } from "../../src/services/cloudtrail/recorder.ts";
import { trails } from "../../src/services/cloudtrail/trails.ts";
import type { CallRecord } from "../../src/services/ports.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { ACCOUNT, call, NOW, OTHER, record, roleSession, root } from "./fixtures.ts";

type Input = Parameters<typeof lookupEvents.LookupEvents.run>[0];

function setUp(calls: CallRecord[] = [], limit?: number) {
  const store = memoryStore();
  const history = new EventHistory(store, limit);
  const recorder = createRecorder({ history, random: seededRandom(1) });
  for (const each of calls) recorder.record(each);
  const lookup = (input: Input, change: Parameters<typeof call>[0] = {}) => {
    const { Events = [], NextToken } = lookupEvents.LookupEvents.run(input, call(change), { history });
    return { names: Events.map(({ EventName }) => EventName), events: Events, NextToken };
  };
  return { lookup, recorder, history, store };
}

const by = (AttributeKey: string, AttributeValue: string) => ({ LookupAttributes: [{ AttributeKey, AttributeValue }] }) as Input;

const sample = [
  record("eks", "CreateCluster", { time: NOW - 5000, request: { name: "dev" }, response: { cluster: { name: "dev" } } }),
  record("eks", "ListClusters", { time: NOW - 4000, caller: roleSession() }),
  record("eks", "DeleteCluster", { time: NOW - 3000, caller: root, request: { name: "prod" } }),
  record("ec2", "DescribeVpcs", { time: NOW - 2000 }),
];

test("newest first, with the whole record as text", () => {
  const { events, names, NextToken } = setUp(sample).lookup({});
  assert.deepEqual(names, ["DescribeVpcs", "DeleteCluster", "ListClusters", "CreateCluster"]);
  assert.equal(NextToken, undefined);
  const last = events.at(-1)!;
  assert.deepEqual(
    { ...last, CloudTrailEvent: undefined },
    {
      EventId: sample[0]!.eventId,
      EventName: "CreateCluster",
      ReadOnly: "false",
      AccessKeyId: "AKIAALICEALICEALICE0",
      EventTime: new Date("2026-01-05T09:12:39Z"),
      EventSource: "eks.amazonaws.com",
      Username: "alice",
      Resources: [{ ResourceType: "AWS::EKS::Cluster", ResourceName: "dev" }],
      CloudTrailEvent: undefined,
    },
  );
  assert.equal(JSON.parse(last.CloudTrailEvent!).requestParameters.name, "dev");
});

const attributes: [string, string, string[]][] = [
  ["EventName", "CreateCluster", ["CreateCluster"]],
  ["EventName", "createcluster", []],
  ["EventName", "Create", []],
  ["EventId", sample[3]!.eventId, ["DescribeVpcs"]],
  ["ReadOnly", "true", ["DescribeVpcs", "ListClusters"]],
  ["ReadOnly", "false", ["DeleteCluster", "CreateCluster"]],
  ["Username", "root", ["DeleteCluster"]],
  ["Username", "alice", ["DescribeVpcs", "ListClusters", "CreateCluster"]],
  ["ResourceType", "AWS::EKS::Cluster", ["DeleteCluster", "CreateCluster"]],
  ["ResourceName", "dev", ["CreateCluster"]],
  ["EventSource", "ec2.amazonaws.com", ["DescribeVpcs"]],
  ["AccessKeyId", "ASIAOPSOPSOPSOPSOPS0", ["ListClusters"]],
  ["ResourceName", 'no "such" thing', []],
];
for (const [key, value, expected] of attributes) {
  test(`by ${key} ${value}`, () => assert.deepEqual(setUp(sample).lookup(by(key, value)).names, expected));
}

test("by time, both ends included to the second", () => {
  const { lookup } = setUp(sample);
  const second = (offset: number) => new Date(Math.floor((NOW + offset) / 1000) * 1000);
  assert.deepEqual(lookup({ StartTime: second(-4000) }).names, ["DescribeVpcs", "DeleteCluster", "ListClusters"]);
  assert.deepEqual(lookup({ EndTime: second(-4000) }).names, ["ListClusters", "CreateCluster"]);
  assert.deepEqual(lookup({ StartTime: second(-3000), EndTime: second(-3000) }).names, ["DeleteCluster"]);
  assert.deepEqual(lookup({ EndTime: new Date(0) }).names, []);
});

test("only this account and region, only 90 days", () => {
  const { lookup } = setUp([...sample, record("eks", "Old", { time: NOW - RETENTION_MS - 1000 })]);
  assert.deepEqual(lookup({}, { account: OTHER }).names, []);
  assert.deepEqual(lookup({}, { region: "eu-west-1" }).names, []);
  assert.ok(!lookup({}).names.includes("Old"));
  assert.deepEqual(lookup({ EventCategory: "insight" }).names, []);
});

test("pages of 50, and a token for the same question only", () => {
  const { lookup, recorder } = setUp(Array.from({ length: 120 }, (_, i) => record("eks", `Op${i}`, { time: NOW - 200 + i })));
  const first = lookup({});
  assert.equal(first.names.length, 50);
  assert.equal(first.names[0], "Op119");
  recorder.record(record("eks", "Later", { time: NOW }));
  const second = lookup({ NextToken: first.NextToken });
  assert.equal(second.names[0], "Op69");
  const third = lookup({ NextToken: second.NextToken });
  assert.deepEqual([third.names.length, third.names.at(-1), third.NextToken], [20, "Op0", undefined]);
  assert.equal(new Set([...first.names, ...second.names, ...third.names]).size, 120);
  for (const NextToken of ["x", Buffer.from('["../",""]').toString("base64"), `${first.NextToken}AA`.slice(2)]) {
    assert.throws(() => lookup({ NextToken }), { code: "InvalidNextTokenException" });
  }
  assert.throws(() => lookup({ ...by("EventName", "Op1"), NextToken: first.NextToken }), { code: "InvalidNextTokenException" });
  assert.throws(() => lookup({ NextToken: first.NextToken }, { account: OTHER }), { code: "InvalidNextTokenException" });
});

test("a page that ends with the last event has no token", () => {
  const { lookup } = setUp(sample);
  assert.equal(lookup({ MaxResults: 4 }).NextToken, undefined);
  assert.ok(lookup({ MaxResults: 3 }).NextToken);
});

const refused: [string, Input, string][] = [
  [
    "two attributes",
    { LookupAttributes: [...by("EventName", "a").LookupAttributes!, ...by("EventId", "b").LookupAttributes!] },
    "InvalidLookupAttributesException",
  ],
  ["unknown attribute", by("Colour", "red"), "InvalidLookupAttributesException"],
  ["empty value", by("EventName", ""), "InvalidLookupAttributesException"],
  ["long value", by("EventName", "x".repeat(2001)), "InvalidLookupAttributesException"],
  ["end before start", { StartTime: new Date(2), EndTime: new Date(1) }, "InvalidTimeRangeException"],
  ["page of 0", { MaxResults: 0 }, "InvalidMaxResultsException"],
  ["page of 51", { MaxResults: 51 }, "InvalidMaxResultsException"],
  ["unknown category", { EventCategory: "management" as "insight" }, "InvalidEventCategoryException"],
];
for (const [name, input, code] of refused) test(`refused: ${name}`, () => assert.throws(() => setUp().lookup(input), { code }));

test("the history is bounded, the newest stay", () => {
  const { lookup, store } = setUp(
    Array.from({ length: 1200 }, (_, i) => record("eks", `Op${i}`, { time: NOW - 5000 + i })),
    300,
  );
  assert.ok(store.count("cloudtrail/event/") <= 500);
  assert.equal(lookup({ MaxResults: 1 }).names[0], "Op1199");
});

test("events older than 90 days leave the store", () => {
  const old = Array.from({ length: 10 }, () => record("eks", "Old", { time: NOW - RETENTION_MS - 1000 }));
  const { store } = setUp([...old, ...Array.from({ length: 490 }, () => record("eks", "New"))]);
  assert.equal(store.count("cloudtrail/event/"), 490);
});

test("events of one millisecond keep their order", () => {
  const { lookup } = setUp(["a", "b", "c"].map((name) => record("eks", name)));
  assert.deepEqual(lookup({}).names, ["c", "b", "a"]);
});

test("there are no trails, and making one is not offered", () => {
  const deps = { history: new EventHistory(memoryStore()) };
  assert.deepEqual(trails.DescribeTrails.run(), { trailList: [] });
  assert.deepEqual(trails.ListTrails.run(), { Trails: [] });
  const unknown = { code: "TrailNotFoundException", message: `Unknown trail: t for the user: ${ACCOUNT}` };
  assert.throws(() => trails.GetTrail.run({ Name: "t" }, call()), unknown);
  assert.throws(() => trails.GetTrailStatus.run({ Name: "t" }, call()), unknown);
  assert.throws(() => trails.GetEventSelectors.run({ TrailName: "t" }, call()), unknown);
  const { service, recorder } = createCloudTrail({ store: memoryStore(), random: seededRandom(1) });
  assert.equal(service.name, "cloudtrail");
  assert.ok(!("CreateTrail" in service.operations));
  recorder.record(record("eks", "CreateCluster"));
  assert.ok(deps);
});

test("recording costs tens of microseconds", () => {
  const { recorder } = setUp();
  const one = record("eks", "UpdateClusterConfig", {
    caller: roleSession(),
    request: { name: "demo", logging: { clusterLogging: [{ types: ["audit"] }] } },
  });
  for (let i = 0; i < 500; i++) recorder.record(one);
  const started = performance.now();
  for (let i = 0; i < 2000; i++) recorder.record(one);
  const each = ((performance.now() - started) / 2000) * 1000;
  assert.ok(each < 500, `${each.toFixed(0)} µs`);
});
