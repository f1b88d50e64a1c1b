import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { glob, matchTokens, tokensOf } from "./glob.ts";

const rows: [string, string, boolean][] = [
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["*", "anything", true],
  ["?", "", false],
  ["?", "a", true],
  ["a*", "a", true],
  ["a*", "ba", false],
  ["*a", "bca", true],
  ["a*b*c", "axxbyyc", true],
  ["a*b*c", "axxbyy", false],
  ["*.*", "a.b", true],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["**a**", "xax", true],
  ["eks:Describe*", "eks:DescribeCluster", true],
  ["[a]", "a", false],
  ["a.c", "abc", false],
  ["\\*", "\\x", true],
];

for (const [pattern, text, expected] of rows) {
  test(`${JSON.stringify(pattern)} ${expected ? "matches" : "does not match"} ${JSON.stringify(text)}`, () =>
    assert.equal(glob(pattern)(text), expected));
}

/** The definition, exponential. */
function naive(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  if (pattern[0] === "*") return naive(pattern.slice(1), text) || (text !== "" && naive(pattern, text.slice(1)));
  return text !== "" && (pattern[0] === "?" || pattern[0] === text[0]) && naive(pattern.slice(1), text.slice(1));
}

test("agrees with the definition", () => {
  const word = (alphabet: string) => fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((letters) => letters.join(""));
  fc.assert(
    fc.property(word("ab*?"), word("ab"), (pattern, text) => glob(pattern)(text) === naive(pattern, text)),
    { numRuns: 2000 },
  );
});

test("hostile patterns take no more than pattern × text steps", () => {
  const started = performance.now();
  assert.equal(matchTokens(tokensOf(`${"a*".repeat(1500)}b`, true), "a".repeat(3000)), false);
  assert.equal(matchTokens(tokensOf(`*${"a".repeat(1000)}b`, true), "a".repeat(3000)), false);
  assert.equal(matchTokens(tokensOf(`${"*?".repeat(1000)}b`, true), "a".repeat(2000)), false);
  assert.ok(performance.now() - started < 1000);
});
