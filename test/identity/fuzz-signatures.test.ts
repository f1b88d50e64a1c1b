// Signatures under mutation: a presigned URL or signed request that was changed anywhere is refused, whatever the change.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { presignCallerIdentity, verifyPresigned } from "../../src/aws/sigv4.ts";
import { isEksToken, parseToken, TokenFormatError } from "../../src/clusters/eks-token.ts";

const RUNS = 3000;
const NOW = Date.parse("2026-01-05T09:12:44Z");
const HOST = "sts.us-west-2.amazonaws.com";
const KEYS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret/one" };
const TEMPORARY = { accessKeyId: "ASIAIOSFODNN7EXAMPLE", secretAccessKey: "secret/two", sessionToken: "to/ken+=" };
const rules = { ownHosts: new Set<string>(), region: "us-west-2", partition: "aws" };
const stored = [KEYS, TEMPORARY].map((keys) => [keys.accessKeyId, { ...keys, active: true }] as const);
const lookup = (id: string) => Object.fromEntries(stored)[id];

/** Whether a bearer token opens the cluster `dev` at `now`: form first, then signature, as the authenticator does. */
function opens(token: string, cluster = "dev", now = NOW): boolean {
  if (!isEksToken(token)) return false;
  let text: string;
  try {
    text = parseToken(token, rules, now).text;
  } catch (error) {
    if (error instanceof TokenFormatError) return false;
    throw error;
  }
  return verifyPresigned(text, { "x-k8s-aws-id": cluster }, lookup, { now: () => now }, { hosts: new Set([HOST]) }).ok;
}

const wrap = (url: string) => `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
const url = (keys: typeof KEYS | typeof TEMPORARY = KEYS) => presignCallerIdentity(`https://${HOST}`, "dev", keys, "us-west-2", NOW);

/** What a URL says, whatever its spelling. */
const meaning = (text: string) => {
  try {
    const parsed = new URL(text);
    return JSON.stringify([parsed.protocol, parsed.host, parsed.pathname, [...parsed.searchParams].sort()]);
  } catch {
    return text;
  }
};

test("the real ones open their own cluster only", () => {
  for (const keys of [KEYS, TEMPORARY]) {
    assert.equal(opens(wrap(url(keys))), true);
    assert.equal(opens(wrap(url(keys)), "prod"), false);
    assert.equal(opens(wrap(url(keys)), "dev", NOW + 15 * 60_000 + 1), false);
  }
});

test(`${RUNS} mutated URLs: none opens unless it says the same`, () =>
  fc.assert(
    fc.property(
      fc.constantFrom(url(), url(TEMPORARY)),
      fc.array(fc.tuple(fc.nat(600), fc.constantFrom("replace", "insert", "delete"), fc.constantFrom(..."aA0&=%?#/+:@. -~\u0000é")), {
        minLength: 1,
        maxLength: 3,
      }),
      (original, edits) => {
        let text = original;
        for (const [where, how, char] of edits) {
          const at = where % text.length;
          text =
            how === "replace"
              ? text.slice(0, at) + char + text.slice(at + 1)
              : how === "insert"
                ? text.slice(0, at) + char + text.slice(at)
                : text.slice(0, at) + text.slice(at + 1);
        }
        if (meaning(text) !== meaning(original)) assert.equal(opens(wrap(text)), false, text);
        else opens(wrap(text));
      },
    ),
    { numRuns: RUNS, seed: 5 },
  ));

test("changed, doubled, dropped and reordered parameters", () =>
  fc.assert(
    fc.property(
      fc.constantFrom(url(), url(TEMPORARY)),
      fc.nat(20),
      fc.constantFrom("drop", "double", "other", "empty", "case"),
      (original, which, how) => {
        const parsed = new URL(original);
        const names = [...parsed.searchParams.keys()];
        const name = names[which % names.length]!;
        const value = parsed.searchParams.get(name)!;
        if (how === "drop") parsed.searchParams.delete(name);
        else if (how === "double") parsed.searchParams.append(name, value);
        else if (how === "case") {
          parsed.searchParams.delete(name);
          parsed.searchParams.append(name.toLowerCase(), value);
        } else parsed.searchParams.set(name, how === "empty" ? "" : `${value}0`);
        fc.pre(meaning(parsed.href) !== meaning(original));
        assert.equal(opens(wrap(parsed.href)), false, `${how} ${name}`);
      },
    ),
    { numRuns: 300, seed: 6 },
  ));

test("any text, any bytes: refused without a crash", () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 300 }),
        fc.webUrl(),
        fc.base64String(),
        fc.constantFrom("", "x".repeat(5000), `https://${HOST}/?${"a=b&".repeat(500)}`),
      ),
      (text) => {
        assert.equal(opens(wrap(text)), false);
        assert.equal(opens(`k8s-aws-v1.${text}`), false);
        assert.equal(opens(text), false);
      },
    ),
    { numRuns: 1000, seed: 7 },
  ));

test("time, to the second: X-Amz-Date may be fifteen minutes old, whatever X-Amz-Expires says", () =>
  fc.assert(
    fc.property(fc.integer({ min: -400, max: 1200 }), (age) => {
      const expected = age >= -300 && age <= 900;
      assert.equal(opens(wrap(url()), "dev", NOW + age * 1000), expected, `${age} s`);
    }),
    { numRuns: 300, seed: 8 },
  ));
