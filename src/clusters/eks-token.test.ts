import assert from "node:assert/strict";
import { test } from "node:test";
import { isEksToken, parseToken, TokenFormatError } from "./eks-token.ts";

const NOW = Date.parse("2026-01-01T00:05:00Z");
const RULES = { ownHosts: new Set(["127.0.0.1:4566"]), region: "us-west-2", partition: "aws" };
const PARAMETERS = {
  Action: "GetCallerIdentity",
  Version: "2011-06-15",
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": "AKIA/20260101/us-west-2/sts/aws4_request",
  "X-Amz-Date": "20260101T000000Z",
  "X-Amz-Expires": "60",
  "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
  "X-Amz-Signature": "00",
};
const encode = (url: string) => `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
const token = (changes: Record<string, string | undefined> = {}, base = "https://sts.us-west-2.amazonaws.com/") => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...PARAMETERS, ...changes })) if (value !== undefined) query.set(name, value);
  return encode(`${base}?${query}`);
};
const raw = (suffix: string) => encode(`https://sts.us-west-2.amazonaws.com/?${new URLSearchParams(PARAMETERS)}${suffix}`);

for (const base of [
  "https://sts.us-west-2.amazonaws.com/",
  "https://sts.amazonaws.com/",
  "https://sts-fips.us-east-1.amazonaws.com/",
  "https://sts.eu-west-1.api.aws/",
  "http://127.0.0.1:4566/",
  "https://127.0.0.1:4566/",
]) {
  test(`accepts a token for ${base}`, () => {
    const parsed = parseToken(token({}, base), RULES, NOW);
    assert.equal(parsed.signedAt, Date.parse("2026-01-01T00:00:00Z"));
    assert.equal(parsed.query.get("action"), "GetCallerIdentity");
  });
}

test("accepts X-Amz-Expires 0, as Terraform signs", () => {
  assert.ok(parseToken(token({ "X-Amz-Expires": "0" }), RULES, NOW));
});

const REFUSED: [name: string, token: string, message: string | RegExp][] = [
  ["too large", `k8s-aws-v1.${"a".repeat(4096)}`, "token is too large"],
  ["prefix", "k8s-aws-v2.abcd", 'token is missing expected "k8s-aws-v1." prefix'],
  ["base64", "k8s-aws-v1.ab*d", "illegal base64 data at input byte 2"],
  ["base64 length", "k8s-aws-v1.abcde", /illegal base64 data/],
  ["no scheme", encode("sts.amazonaws.com/?x"), /missing protocol scheme/],
  ["http", token({}, "http://sts.us-west-2.amazonaws.com/"), 'unexpected scheme "http" in pre-signed URL'],
  ["ftp to own host", token({}, "ftp://127.0.0.1:4566/"), 'unexpected scheme "ftp" in pre-signed URL'],
  ["foreign host", token({}, "https://sts.us-west-2.example.com/"), 'unexpected hostname "sts.us-west-2.example.com" in pre-signed URL'],
  ["not sts", token({}, "https://ec2.us-west-2.amazonaws.com/"), /could not parse region for pre-signed URL/],
  ["suffix trick", token({}, "https://sts.us-west-2.amazonaws.com.evil.org/"), /unexpected hostname/],
  ["user info trick", token({}, "https://sts.us-west-2.amazonaws.com@evil.org/"), /could not parse region/],
  ["own host, other port", token({}, "http://127.0.0.1:4567/"), /unexpected scheme/],
  ["bad region", token({}, "https://sts.-nowhere.amazonaws.com/"), "invalid region identifier format provided: -nowhere"],
  ["path", token({}, "https://sts.us-west-2.amazonaws.com/x"), "unexpected path in pre-signed URL"],
  ["no path", token({}, "https://sts.us-west-2.amazonaws.com"), "unexpected path in pre-signed URL"],
  ["bad escape", raw("&Action=%gh"), "malformed query parameter"],
  ["semicolon", raw("&a;b=1"), "malformed query parameter"],
  ["duplicate", raw("&action=GetCallerIdentity"), 'duplicate query parameter found: "action"'],
  ["unknown parameter", token({ Foo: "1" }), 'non-whitelisted query parameter "Foo"'],
  ["other action", token({ Action: "GetSessionToken" }), "unexpected action parameter in pre-signed URL"],
  ["no action", token({ Action: undefined }), "unexpected action parameter in pre-signed URL"],
  ["cluster not signed", token({ "X-Amz-SignedHeaders": "host" }), "client did not sign the x-k8s-aws-id header in the pre-signed URL"],
  ["expires too long", token({ "X-Amz-Expires": "901" }), "invalid X-Amz-Expires parameter in pre-signed URL: 901"],
  ["expires negative", token({ "X-Amz-Expires": "-1" }), "invalid X-Amz-Expires parameter in pre-signed URL: -1"],
  ["expires not a number", token({ "X-Amz-Expires": "abc" }), "invalid X-Amz-Expires parameter in pre-signed URL: 0"],
  ["expires missing", token({ "X-Amz-Expires": undefined }), "invalid X-Amz-Expires parameter in pre-signed URL: 0"],
  ["no date", token({ "X-Amz-Date": undefined }), "X-Amz-Date parameter must be present in pre-signed URL"],
  ["bad date", token({ "X-Amz-Date": "yesterday" }), /error parsing X-Amz-Date parameter yesterday into format 20060102T150405Z/],
  ["old", token({ "X-Amz-Date": "20251231T235000Z" }), undefined as never],
  ["expired", token({ "X-Amz-Date": "20251231T234959Z" }), /X-Amz-Date parameter is expired \(15 minute expiration\)/],
];

for (const [name, bad, message] of REFUSED) {
  test(`${message ? "refuses" : "accepts to the second"}: ${name}`, () => {
    if (!message) return void parseToken(bad, RULES, NOW);
    const expected = typeof message === "string" ? `input token was not properly formatted: ${message}` : message;
    assert.throws(
      () => parseToken(bad, RULES, NOW),
      (error: Error) => {
        assert.ok(error instanceof TokenFormatError);
        if (typeof expected === "string") assert.equal(error.message, expected);
        else assert.match(error.message, expected);
        return true;
      },
    );
  });
}

test("the global endpoint exists in the aws partition only", () => {
  const china = { ...RULES, partition: "aws-cn" };
  assert.throws(() => parseToken(token({}, "https://sts.amazonaws.com/"), china, NOW), /global endpoint unsupported in partition aws-cn/);
  assert.ok(parseToken(token({}, "https://sts.cn-north-1.amazonaws.com.cn/"), china, NOW));
});

test("leaves other bearer tokens to other authenticators", () => {
  assert.equal(isEksToken("eyJhbGciOi.J9.x"), false);
});
