import assert from "node:assert/strict";
import { test } from "node:test";
import { dnsSuffix, formatArn, globalRegion, isAccountId, parseArn, partitionOf, roleArnOfSession } from "./arn.ts";

test("ARNs are taken apart and put together", () => {
  const arn = "arn:aws:logs:us-west-2:111122223333:log-group:/aws/eks/dev/cluster:*";
  const parsed = parseArn(arn);
  assert.deepEqual(parsed, {
    ...{ partition: "aws", service: "logs", region: "us-west-2", account: "111122223333" },
    resource: "log-group:/aws/eks/dev/cluster:*",
  });
  assert.equal(parsed && formatArn(parsed), arn);
  assert.equal(parseArn("arn:aws:iam::aws:policy/X")?.account, "aws");
  for (const bad of ["", "*", "arn:aws", "arn:aws:s3:::", "xarn:aws:iam::1:r", "arn::iam::1:r"])
    assert.equal(parseArn(bad), undefined, bad);
});

test("regions have partitions, suffixes and a home for global services", () => {
  const cases: Record<string, [string, string, string]> = {
    "us-west-2": ["aws", "amazonaws.com", "us-east-1"],
    "cn-north-1": ["aws-cn", "amazonaws.com.cn", "cn-north-1"],
    "us-gov-east-1": ["aws-us-gov", "amazonaws.com", "us-gov-west-1"],
    "us-iso-east-1": ["aws-iso", "c2s.ic.gov", "us-iso-east-1"],
    "us-isob-east-1": ["aws-iso-b", "sc2s.sgov.gov", "us-isob-east-1"],
  };
  for (const [region, expected] of Object.entries(cases)) {
    assert.deepEqual([partitionOf(region), dnsSuffix(region), globalRegion(region)], expected, region);
  }
});

test("sessions name their role", () => {
  assert.equal(roleArnOfSession("arn:aws:sts::111122223333:assumed-role/Ops/alice"), "arn:aws:iam::111122223333:role/Ops");
  assert.equal(roleArnOfSession("arn:aws:iam::111122223333:user/a"), "arn:aws:iam::111122223333:user/a");
  assert.ok(isAccountId("000000000000"));
  assert.ok(!isAccountId("12345"));
});
