import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { filterBy } from "../../src/services/ec2/filters.ts";
import { rejectsWith } from "./errors.ts";
import { ec2, network } from "./harness.ts";

test("tags on anything, described and deleted", async () => {
  const aws = ec2();
  const { vpcId, subnetId } = await network(aws);
  const Resources = [vpcId, subnetId];
  await aws.run("CreateTags", {
    Resources,
    Tags: [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ],
  });
  await aws.run("CreateTags", { Resources: [vpcId], Tags: [{ Key: "a", Value: "3" }] });
  const tags = async (...Filters: { Name: string; Values: string[] }[]) =>
    (await aws.run("DescribeTags", { Filters })).Tags!.map((tag) => `${tag.ResourceType}:${tag.Key}=${tag.Value}`).sort();
  assert.deepEqual(await tags({ Name: "resource-id", Values: Resources }), ["subnet:a=1", "subnet:b=2", "vpc:a=3", "vpc:b=2"]);
  assert.deepEqual(await tags({ Name: "resource-id", Values: [vpcId] }, { Name: "key", Values: ["a"] }), ["vpc:a=3"]);
  await aws.run("DeleteTags", { Resources, Tags: [{ Key: "a", Value: "1" }] });
  assert.deepEqual(await tags({ Name: "key", Values: ["a"] }), ["vpc:a=3"]);
  await aws.run("DeleteTags", { Resources });
  assert.deepEqual(await tags(), []);
});

test("tags that are refused, and that then nothing is tagged", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const tag = (Key: string, Value = "v") => aws.run("CreateTags", { Resources: [vpcId], Tags: [{ Key, Value }] });
  await rejectsWith(tag("aws:x"), "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use");
  await rejectsWith(tag("k".repeat(129)), "InvalidParameterValue");
  await rejectsWith(tag("k", "v".repeat(257)), "InvalidParameterValue");
  await rejectsWith(aws.run("CreateTags", { Resources: [vpcId], Tags: [{ Key: "k" }, { Key: "k" }] }), "InvalidParameterValue");
  await rejectsWith(aws.run("CreateTags", { Resources: [vpcId, "vpc-0123456789abcdef0"], Tags: [{ Key: "k" }] }), "InvalidVpcID.NotFound");
  await rejectsWith(
    aws.run("CreateTags", { Resources: ["what-is-this"], Tags: [{ Key: "k" }] }),
    "InvalidID",
    "The ID 'what-is-this' is not valid",
  );
  await tag("__proto__", "kept");
  assert.deepEqual((await aws.run("DescribeVpcs", { VpcIds: [vpcId] })).Vpcs![0]!.Tags, [{ Key: "__proto__", Value: "kept" }]);
  await aws.run("DeleteTags", { Resources: [vpcId], Tags: [{ Key: "__proto__" }] });
  const fifty = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
  await rejectsWith(aws.run("CreateTags", { Resources: [vpcId], Tags: [...fifty, { Key: "one-more", Value: "" }] }), "TagLimitExceeded");
  await aws.run("CreateTags", { Resources: [vpcId], Tags: fifty });
  await rejectsWith(tag("one-more"), "TagLimitExceeded");
});

test("filters: any of the values, all of the filters, wildcards, escapes", () => {
  interface Thing {
    readonly name: string;
    readonly Tags: { Key: string; Value: string }[];
  }
  const things: Thing[] = ["web-1", "web-2", "db*1", "a.b"].map((name) => ({ name, Tags: [{ Key: "Name", Value: name }] }));
  const select = (Name: string, ...Values: string[]) =>
    things.filter(filterBy<Thing>([{ Name, Values }], { name: (thing) => thing.name })).map((thing) => thing.name);
  assert.deepEqual(select("name", "web-1", "a.b"), ["web-1", "a.b"]);
  assert.deepEqual(select("name", "web-?"), ["web-1", "web-2"]);
  assert.deepEqual(select("name", "*"), ["web-1", "web-2", "db*1", "a.b"]);
  assert.deepEqual(select("name", "db\\*1"), ["db*1"]);
  assert.deepEqual(select("name", "a?b"), ["a.b"]);
  assert.deepEqual(select("name", "WEB-1"), []);
  assert.deepEqual(select("tag:Name", "*-1"), ["web-1"]);
  assert.deepEqual(select("tag-key", "Name").length, 4);
  assert.deepEqual(select("tag:Other", "*"), []);
  assert.throws(() => select("colour", "red"), /The filter 'colour' is invalid/);
  assert.throws(() => select("constructor", "red"), /is invalid/);
  assert.throws(() => select("name"), /at least one value/);
});

test("any text without wildcards matches exactly itself", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      const escaped = text.replace(/[\\*?]/g, "\\$&");
      const matches = filterBy<{ text: string }>([{ Name: "text", Values: [escaped] }], { text: (view) => view.text });
      assert.equal(matches({ text }), true);
      assert.equal(matches({ text: other }), text === other);
    }),
  );
});
