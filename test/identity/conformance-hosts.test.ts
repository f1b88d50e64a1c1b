// STS hosts that tokens may name, by partition and region of the verifier (spec identity §8.4, TestSTSEndpoints).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseToken, TokenFormatError } from "../../src/clusters/eks-token.ts";

const NOW = Date.parse("2026-01-01T00:05:00Z");
const query =
  "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101%2Fr%2Fsts%2Faws4_request" +
  "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=00";
const accepts = (host: string, partition: string, region: string) => {
  const token = `k8s-aws-v1.${Buffer.from(`https://${host}/?${query}`).toString("base64url")}`;
  try {
    parseToken(token, { ownHosts: new Set(), partition, region }, NOW);
    return true;
  } catch (error) {
    assert.ok(error instanceof TokenFormatError);
    return false;
  }
};

const ACCEPTED = [
  ["aws", "", "sts.amazonaws.com"],
  ["aws", "", "sts.us-west-2.amazonaws.com"],
  ["aws", "", "sts.not-a-region.amazonaws.com"],
  ["aws", "", "sts-fips.us-east-1.amazonaws.com"],
  ["aws", "", "sts-fips.us-west-2.amazonaws.com"],
  ["aws", "", "sts.us-west-2.api.aws"],
  ["aws-cn", "", "sts.cn-north-1.amazonaws.com.cn"],
  ["aws-cn", "", "sts.cn-northwest-1.amazonaws.com.cn"],
  ["aws-cn", "", "sts.cn-north-1.api.amazonwebservices.com.cn"],
  ["aws-cn", "cn-nowhere-9", "sts.cn-nowhere-9.amazonaws.com.cn"],
  ["aws-us-gov", "", "sts.us-gov-east-1.amazonaws.com"],
  ["aws-iso", "", "sts.us-iso-east-1.c2s.ic.gov"],
] as const;
const REJECTED = [
  ...["aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-nowhere"].map((partition) => [partition, "", "sts.amazonaws.com"] as const),
  ["aws", "", "sts.amazonaws.com.cn"],
  ["aws", "", "website.amazonaws.com"],
  ["aws", "", "sts.us-west-2.amazonaws.com.cn"],
  ["aws", "", "sts.cn-north-1.api.amazonwebservices.com.cn"],
  ["aws", "", "sts.-x.amazonaws.com"],
  ["aws", "", "sts.us-west-2.amazonaws.com.evil.example"],
  ["aws", "", "evil.example"],
  ["aws-cn", "", "sts.cn-nowhere-9.amazonaws.com.cn"],
  ["aws-cn", "", "sts-fips.us-east-1.amazonaws.com"],
  ["aws-cn", "", "sts.us-iso-east-1.c2s.ic.gov"],
  ["aws-cn", "", "sts.not-a-region.amazonaws.com"],
  ["aws-cn", "", "sts.us-west-2.amazonaws.com.cn"],
  ["aws-iso", "", "sts.cn-north-1.amazonaws.com.cn"],
  ["aws-iso-b", "", "sts.cn-north-1.amazonaws.com.cn"],
  ["aws-iso-b", "us-isob-east-1", "sts.us-isob-east-1.amazonaws.com.cn"],
] as const;

describe("TestSTSEndpoints", () => {
  for (const [partition, region, host] of ACCEPTED)
    test(`${partition} ${region} accepts ${host}`, () => assert.equal(accepts(host, partition, region), true));
  for (const [partition, region, host] of REJECTED)
    test(`${partition} ${region} rejects ${host}`, () => assert.equal(accepts(host, partition, region), false));
});
