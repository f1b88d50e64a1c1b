import assert from "node:assert/strict";
import { test } from "node:test";
import { amzDate, canonicalPath, canonicalQuery, EMPTY_HASH, parseAmzDate, signature, stringToSign, uriEncode } from "./canonical.ts";

test("the worked example of the AWS documentation", () => {
  const input = {
    ...{ method: "GET", path: "/", query: "Action=ListUsers&Version=2010-05-08", payloadHash: EMPTY_HASH },
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      ...{ host: "iam.amazonaws.com", "x-amz-date": "20150830T123600Z" },
    },
    signedHeaders: ["content-type", "host", "x-amz-date"],
  };
  const scope = { accessKeyId: "AKIDEXAMPLE", date: "20150830", region: "us-east-1", service: "iam" };
  assert.match(stringToSign(input, scope, "20150830T123600Z"), /f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59$/);
  const signed = signature(input, scope, "20150830T123600Z", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  assert.equal(signed.toString("hex"), "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
});

test("an encoded path is encoded once more; empty and dot segments vanish", () => {
  const cases: Record<string, string> = {
    "": "/",
    "/": "/",
    "/a/./b/../c/": "/a/c/",
    "//a//b": "/a/b",
    "/clusters/x/access-entries/arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr":
      "/clusters/x/access-entries/arn%253Aaws%253Aiam%253A%253A1%253Arole%252Fr",
    "/a b(c)*": "/a%20b%28c%29%2A",
    "/../..": "/",
  };
  for (const [path, expected] of Object.entries(cases)) assert.equal(canonicalPath(path), expected, path);
});

test("query parameters are sorted by encoded name and value; the signature is left out", () => {
  assert.equal(canonicalQuery("b=2&a=1&b=1&a-=x&X-Amz-Signature=zz&c"), "a=1&a-=x&b=1&b=2&c=");
  assert.equal(canonicalQuery("q=a+b&r=%7E%2f"), "q=a%20b&r=~%2F");
  assert.equal(canonicalQuery("q=%zz"), "q=%25zz");
  assert.equal(canonicalQuery(""), "");
});

test("dates", () => {
  const now = Date.parse("2026-01-05T09:12:44.999Z");
  assert.equal(amzDate(now), "20260105T091244Z");
  assert.equal(parseAmzDate("20260105T091244Z"), now - 999);
  for (const bad of ["2026-01-05T09:12:44Z", "20261305T091244Z", "20260105T091244", ""]) assert.equal(parseAmzDate(bad), undefined, bad);
  assert.equal(uriEncode("a/b!'()*~-_."), "a%2Fb%21%27%28%29%2A~-_.");
});
