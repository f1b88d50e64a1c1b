// The URL inside an `aws eks get-token` token, verified without a server (spec identity §5.2).
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "../../src/aws/sigv4/canonical.ts";
import { presign, presignCallerIdentity, type SigningKeys, verifyPresigned } from "../../src/aws/sigv4.ts";

const NOW = Date.parse("2026-01-05T09:12:44Z");
const KEYS = { accessKeyId: "AKIAONE", secretAccessKey: "secret/one" };
const TEMPORARY = { accessKeyId: "ASIATWO", secretAccessKey: "secret/two", sessionToken: "to/ken+=" };
const HEADERS = { "x-k8s-aws-id": "dev" };
const HOST = "sts.us-west-2.amazonaws.com";

const credentials: Record<string, { secretAccessKey: string; sessionToken?: string; active: boolean; expiresAt?: number }> = {
  AKIAONE: { secretAccessKey: "secret/one", active: true },
  ASIATWO: { secretAccessKey: "secret/two", sessionToken: "to/ken+=", active: true, expiresAt: NOW + 60_000 },
};

function verify(url: string, headers: Record<string, string> = HEADERS, now = NOW) {
  const lookup = (id: string) => credentials[id];
  const result = verifyPresigned(url, headers, lookup, { now: () => now }, { hosts: new Set([HOST]) });
  return result.ok ? "ok" : result.failure.reason;
}

const token = (keys: SigningKeys = KEYS, now = NOW) => presignCallerIdentity(`https://${HOST}`, "dev", keys, "us-west-2", now);

test("good tokens of long-term and temporary keys", () => {
  assert.equal(verify(token()), "ok");
  assert.equal(verify(token(TEMPORARY)), "ok");
  assert.equal(verify(token(), HEADERS, NOW + 15 * 60_000), "ok");
});

const refused: Record<string, [url: string, reason: string, headers?: Record<string, string>, now?: number]> = {
  "another cluster": [token(), "bad-signature", { "x-k8s-aws-id": "prod" }],
  "no header": [token(), "bad-signature", {}],
  "another secret": [token({ ...KEYS, secretAccessKey: "guess" }), "bad-signature"],
  "unknown key": [token({ ...KEYS, accessKeyId: "AKIANONE" }), "unknown-key"],
  "missing session token": [token({ accessKeyId: "ASIATWO", secretAccessKey: "secret/two" }), "unknown-key"],
  "expired session": [token(TEMPORARY, NOW + 60_000), "expired-session", HEADERS, NOW + 60_000],
  "sixteen minutes old": [token(), "expired-request", HEADERS, NOW + 16 * 60_000],
  "from the future": [token(), "skewed", HEADERS, NOW - 6 * 60_000],
  "another host": [token().replace(HOST, "sts.example.com"), "wrong-scope"],
  "signature swapped": [token().replace(/Signature=\w{64}/, `Signature=${"0".repeat(64)}`), "bad-signature"],
  "signature cut": [token().slice(0, -2), "bad-signature"],
  "another action": [token().replace("GetCallerIdentity", "AssumeRole"), "malformed"],
  "two actions": [`${token()}&Action=GetCallerIdentity`, "malformed"],
  "a path": [token().replace(".com/?", ".com/x?"), "malformed"],
  "credentials in the URL": [token().replace("https://", "https://u:p@"), "malformed"],
  "cluster header not signed": [
    presign(`https://${HOST}/?Action=GetCallerIdentity&Version=2011-06-15`, KEYS, {
      region: "us-west-2",
      service: "sts",
      now: NOW,
      expires: 60,
    }),
    "malformed",
  ],
  "valid for too long": [
    presign(`https://${HOST}/?Action=GetCallerIdentity`, KEYS, {
      region: "us-west-2",
      service: "sts",
      now: NOW,
      expires: 901,
      headers: HEADERS,
    }),
    "malformed",
  ],
  "signed for another service": [
    presign(`https://${HOST}/?Action=GetCallerIdentity`, KEYS, {
      region: "us-west-2",
      service: "s3",
      now: NOW,
      expires: 60,
      headers: HEADERS,
    }),
    "wrong-scope",
  ],
  "not a URL": ["hello", "malformed"],
};

for (const [title, [url, reason, headers, now]] of Object.entries(refused)) {
  test(`refused: ${title}`, () => assert.equal(verify(url, headers, now), reason));
}

// Made with the signer of the official JavaScript SDK.
const GOLDEN =
  "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Security-Token=to%2Fken%2B%3D&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
  "&X-Amz-Credential=ASIATWO%2F20260105%2Fus-west-2%2Fsts%2Faws4_request&X-Amz-Date=20260105T091244Z&X-Amz-Expires=60" +
  "&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=7499fa6563d9139a48610b9f3aba3c540be913cd3567b490fdae5d70ea9cc317";

test("a URL from AWS's own signer is accepted, and no other order of its parameters is needed", () => {
  assert.equal(verify(`https://${HOST}/?${GOLDEN}`), "ok");
  assert.equal(verify(`https://${HOST}/?${GOLDEN.split("&").reverse().join("&")}`), "ok");
});

test("the hash of nothing is the hash of nothing", () => {
  assert.equal(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});
