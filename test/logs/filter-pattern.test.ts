// Filter patterns (spec audit §F.3).
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AwsError } from "../../src/aws/errors.ts";
import { parseFilterPattern } from "../../src/services/logs/filter-pattern/pattern.ts";
import { testMetricFilter } from "../../src/services/logs/filter-pattern/test-metric-filter.ts";

const audit = JSON.stringify({
  verb: "get",
  objectRef: { resource: "secrets", name: null },
  responseStatus: { code: 403 },
  sourceIPs: ["10.0.0.1", "10.0.0.2"],
  annotations: { "authorization.k8s.io/decision": "forbid" },
  dry: true,
  off: false,
  big: 1.5e3,
  text: "12",
});
const line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

const rows: [string, string, boolean][] = [
  ["", "anything", true],
  ['" "', "anything", true],
  ["ERROR", "an ERROR here", true],
  ["ERROR", "an error here", false],
  ["ERR", "ERROR", true],
  ["a b", "b and a", true],
  ["a b", "only a", false],
  ['"out of memory"', "it is out of memory now", true],
  ['"out of memory"', "out of it", false],
  ['"a \\"b\\""', 'say a "b" c', true],
  ["a -b", "a c", true],
  ["a -b", "a b", false],
  ["-b", "a", true],
  ["?x ?y", "has y", true],
  ["?x ?y", "has z", false],
  ["plain ?x ?y", "plain only", true],
  ['-"a b" c', "c a b", false],
  ['{ $.verb = "get" }', audit, true],
  ["{ $.verb = get }", audit, true],
  ['{ $.verb = "g*" }', audit, true],
  ['{ $.verb = "*e*" }', audit, true],
  ['{ $.verb != "get" }', audit, false],
  ['{ $.verb != "list" }', audit, true],
  ['{ ($.verb = "get") && ($.objectRef.resource = "secrets") }', audit, true],
  ['{ $.verb = "list" || $.verb = "get" && $.responseStatus.code = 403 }', audit, true],
  ['{ ($.verb = "list" || $.verb = "get") && $.responseStatus.code = 200 }', audit, false],
  ["{ $.responseStatus.code >= 400 }", audit, true],
  ["{ $.responseStatus.code > 403 }", audit, false],
  ["{ $.responseStatus.code < 4.04e2 }", audit, true],
  ["{ $.responseStatus.code != 200 }", audit, true],
  ["{ $.responseStatus.code = 4* }", audit, true],
  ["{ $.big = 1500 }", audit, true],
  ["{ $.text = 12 }", audit, true],
  ["{ $.sourceIPs[1] = 10.0.0.2 }", audit, true],
  ['{ $.sourceIPs[*] = "10.0.0.2" }', audit, true],
  ['{ $.sourceIPs[2] = "10.0.0.2" }', audit, false],
  ["{ $.sourceIPs = * }", audit, false],
  ['{ $.annotations.["authorization.k8s.io/decision"] = "forbid" }', audit, true],
  ["{ $.objectRef.name IS NULL }", audit, true],
  ["{ $.verb IS NULL }", audit, false],
  ["{ $.dry IS TRUE }", audit, true],
  ["{ $.off IS FALSE }", audit, true],
  ["{ $.nothing NOT EXISTS }", audit, true],
  ["{ $.verb NOT EXISTS }", audit, false],
  ["{ $.nothing = 1 }", audit, false],
  ["{ $.constructor.name = * }", audit, false],
  ["{ $.__proto__ NOT EXISTS }", audit, true],
  ['{ $.verb = "get" }', "not json", false],
  ['{ $.verb = "get" }', '"get"', false],
  ["[ip, id, user, time, request, status, size]", line, true],
  ["[ip, id, user, time, request, status]", line, false],
  ["[ip, id, user, time, request, status = 4*, size]", line, true],
  ["[ip, id, user, time, request, status = 404, size > 1000]", line, true],
  ["[ip, id, user, time, request, status = 404, size > 2000]", line, false],
  ['[ip, id, user = "f*", ...]', line, true],
  ["[..., status = 404, size]", line, true],
  ["[ip, ..., size >= 1534]", line, true],
  ['[ip, id, user, time, request = "GET *", status = 200 || status = 404, size]', line, true],
  ["[ip, id, user, time, request, status > 400 && status < 404, size]", line, false],
  ["[ip != 127.0.0.1, ...]", line, false],
  ["[ip, ...]", "", false],
];
for (const [pattern, message, expected] of rows) {
  test(`${pattern || "(empty)"} ${expected ? "matches" : "does not match"} ${message.slice(0, 20)}`, () =>
    assert.equal(parseFilterPattern(pattern)(message), expected));
}

const malformed = [
  "a.b",
  '"unclosed',
  "%regex%",
  "{",
  "{ }",
  "{ $ = 1 }",
  "{ $.a }",
  "{ $.a = }",
  '{ $.a > "x" }',
  "{ $.a IS NOT NULL }",
  "{ $.a EXISTS }",
  "{ $.a = 1 && }",
  "{ ($.a = 1 }",
  "{ $.a = 1 } x",
  "{ $.a[x] = 1 }",
  "{ verb = 1 }",
  "[",
  "[a",
  "[a,]",
  "[..., a, ...]",
  "[a] b",
];
for (const pattern of malformed) {
  test(`refused: ${pattern}`, () =>
    assert.throws(() => parseFilterPattern(pattern), { code: "InvalidParameterException", message: "Invalid filter pattern" }));
}

test("no pattern and no message does anything but match, not match or be refused", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "$.a",
    "=",
    "!=",
    "&&",
    "||",
    '"',
    "'",
    "\\",
    "*",
    "1",
    "x",
    ",",
    "...",
    " ",
    "IS",
    "NOT",
  );
  const pattern = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(pattern, fc.oneof(fc.string(), fc.json()), (text, message) => {
      try {
        assert.equal(typeof parseFilterPattern(text)(message), "boolean");
      } catch (error) {
        assert.ok(error instanceof AwsError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test("hostile patterns and messages are dealt with quickly", () => {
  const started = performance.now();
  assert.throws(() => parseFilterPattern(`{ ${"(".repeat(1000)} }`), AwsError);
  assert.equal(parseFilterPattern("[a, b]")("[ ".repeat(300_000)), false);
  assert.equal(parseFilterPattern('{ $.a = "*a*a*a*a*b" }')(JSON.stringify({ a: "a".repeat(20_000) })), false);
  assert.equal(parseFilterPattern(`"${"a".repeat(1000)}b"`)("a".repeat(500_000)), false);
  assert.ok(performance.now() - started < 3000);
});

test("TestMetricFilter numbers the messages that match", () => {
  assert.deepEqual(testMetricFilter.TestMetricFilter.run({ filterPattern: "b", logEventMessages: ["a", "b", "ab"] }), {
    matches: [
      { eventNumber: 2, eventMessage: "b", extractedValues: {} },
      { eventNumber: 3, eventMessage: "ab", extractedValues: {} },
    ],
  });
});
