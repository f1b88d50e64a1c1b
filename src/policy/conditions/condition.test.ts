// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
// A table for every operator: context, operator, policy value, expected.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conditions } from "../../aws/operation.ts";
import { RequestContext } from "../context.ts";
import { compileConditions } from "./condition.ts";

function holds(operator: string, key: string, values: string | readonly string[], context: Conditions, variables = true): boolean {
  const block = { [operator]: { [key]: typeof values === "string" ? [values] : values } };
  const request = new RequestContext(context);
  return compileConditions(block, variables).every((condition) => condition.holds(request));
}

type Row = [
  operator: string,
  policy: string | readonly string[],
  request: string | number | boolean | readonly string[] | undefined,
  expected: boolean,
];

const rows: Row[] = [
  ["StringEquals", "a", "a", true],
  ["StringEquals", "a", "A", false],
  ["StringEquals", ["b", "a"], "a", true],
  ["StringEquals", "a*", "ab", false],
  ["StringEquals", "a*", "a*", true],
  ["StringEquals", "a", undefined, false],
  ["StringEquals", "true", true, true],
  ["StringEquals", "5", 5, true],
  ["StringEquals", [], "a", false],
  ["StringEqualsIfExists", "a", undefined, true],
  ["StringEqualsIfExists", "a", "b", false],
  ["StringNotEquals", "a", "b", true],
  ["StringNotEquals", ["b", "a"], "a", false],
  ["StringNotEquals", "a", undefined, true],
  ["StringNotEqualsIfExists", "a", undefined, true],
  ["StringNotEqualsIfExists", "a", "a", false],
  ["StringEqualsIgnoreCase", "AbC", "aBc", true],
  ["StringEqualsIgnoreCase", "AbC", "aBd", false],
  ["StringNotEqualsIgnoreCase", "AbC", "aBc", false],
  ["StringNotEqualsIgnoreCase", "AbC", "x", true],
  ["StringLike", "dev-*", "dev-a", true],
  ["StringLike", "dev-?", "dev-ab", false],
  ["StringLike", "dev-*", "DEV-a", false],
  ["StringLike", "*", "", true],
  ["StringNotLike", "dev-*", "prod", true],
  ["StringNotLike", "dev-*", "dev-", false],
  ["StringNotLike", "dev-*", undefined, true],
  ["StringNotLikeIfExists", "dev-*", undefined, true],
  ["NumericEquals", "10", "10.0", true],
  ["NumericEquals", "10", 11, false],
  ["NumericEquals", "10", "ten", false],
  ["NumericNotEquals", "10", 11, true],
  ["NumericNotEquals", "10", 10, false],
  ["NumericNotEquals", "10", "ten", false],
  ["NumericNotEquals", "ten", 10, false],
  ["NumericNotEquals", "10", undefined, true],
  ["NumericLessThan", "10", 9.5, true],
  ["NumericLessThan", "10", 10, false],
  ["NumericLessThanEquals", "10", 10, true],
  ["NumericGreaterThan", "-1", 0, true],
  ["NumericGreaterThan", "1", 1, false],
  ["NumericGreaterThanEquals", "1", 1, true],
  ["NumericGreaterThanEquals", "1", undefined, false],
  ["NumericGreaterThanEqualsIfExists", "1", undefined, true],
  ["DateEquals", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z", true],
  ["DateEquals", "1704164645", "2024-01-02T03:04:05Z", true],
  ["DateEquals", "2024-01-02T05:04:05+02:00", 1704164645, true],
  ["DateNotEquals", "2024-01-02", "2024-01-02T00:00:00Z", false],
  ["DateLessThan", "2024-01-02T00:00:00Z", "2024-01-01T23:59:59.999Z", true],
  ["DateLessThan", "2024-01-02T00:00:00Z", "2024-01-02T00:00:00Z", false],
  ["DateLessThanEquals", "2024-01-02T00:00:00Z", "2024-01-02T00:00:00Z", true],
  ["DateGreaterThan", "2024", "2024-06-01T00:00:00Z", true],
  ["DateGreaterThan", "2030-01-01T00:00:00Z", "2024-06-01T00:00:00Z", false],
  ["DateGreaterThanEquals", "2024-06-01T00:00:00Z", "2024-06-01T00:00:00Z", true],
  ["DateGreaterThanEquals", "-292275054", "2024-06-01T00:00:00Z", true],
  ["DateLessThan", "292278993-01-01", "2024-06-01T00:00:00Z", true],
  ["DateLessThan", "2024-01-01T00:00:00Z", "yesterday", false],
  ["Bool", "true", true, true],
  ["Bool", "true", "TRUE", true],
  ["Bool", "false", true, false],
  ["Bool", "true", undefined, false],
  ["Bool", "true", "yes", false],
  ["BoolIfExists", "true", undefined, true],
  ["BinaryEquals", "QmluYXJ5", "QmluYXJ5", true],
  ["BinaryEquals", "QmluYXJ5", "QmluYXJ4", false],
  ["IpAddress", "203.0.113.0/24", "203.0.113.9", true],
  ["IpAddress", "203.0.113.0/24", "203.0.114.9", false],
  ["IpAddress", "203.0.113.9", "203.0.113.9", true],
  ["IpAddress", "203.0.113.9", "203.0.113.8", false],
  ["IpAddress", ["10.0.0.0/8", "203.0.113.0/24"], "203.0.113.9", true],
  ["IpAddress", "0.0.0.0/0", "8.8.8.8", true],
  ["IpAddress", "0.0.0.0/0", "2001:db8::1", false],
  ["IpAddress", "::/0", "2001:db8::1", true],
  ["IpAddress", "::/0", "8.8.8.8", false],
  ["NotIpAddress", "::/0", "8.8.8.8", true],
  ["IpAddress", "10.0.0.0/31", "10.0.0.1", true],
  ["IpAddress", "10.0.0.0/31", "10.0.0.2", false],
  ["IpAddress", "10.0.0.7/8", "10.255.255.255", true],
  ["IpAddress", "10.0.0.0/0", "192.0.2.1", true],
  ["IpAddress", "2001:db8::/127", "2001:db8::1", true],
  ["IpAddress", "2001:db8::/127", "2001:db8::2", false],
  ["IpAddress", "2001:db8:1234:5678::/64", "2001:db8:1234:5678::1", true],
  ["IpAddress", "2001:db8:1234:5678::/64", "2001:db8:1234:5679::1", false],
  ["IpAddress", "2001:DB8::1", "2001:db8:0:0::1", true],
  ["IpAddress", "203.0.113.0/24", "eks.amazonaws.com", false],
  ["IpAddress", "203.0.113.0/24", undefined, false],
  ["IpAddress", "203.0.113.0/33", "203.0.113.1", false],
  ["IpAddress", "everywhere", "203.0.113.1", false],
  ["NotIpAddress", "203.0.113.0/24", "203.0.114.9", true],
  ["NotIpAddress", "203.0.113.0/24", "203.0.113.9", false],
  ["NotIpAddress", "203.0.113.0/24", undefined, true],
  ["NotIpAddress", "203.0.113.0/24", "eks.amazonaws.com", false],
  ["NotIpAddress", "everywhere", "203.0.113.1", false],
  ["ArnEquals", "arn:aws:eks:*:111122223333:cluster/*", "arn:aws:eks:us-west-2:111122223333:cluster/dev", true],
  ["ArnLike", "arn:aws:eks:*:111122223333:cluster/*", "arn:aws:eks:us-west-2:444455556666:cluster/dev", false],
  ["ArnLike", "arn:aws:eks:*:cluster/dev", "arn:aws:eks:us-west-2:111122223333:cluster/dev", false],
  ["ArnLike", "arn:aws:eks:*", "arn:aws:eks:us-west-2:111122223333:cluster/dev", false],
  ["ArnLike", "*", "arn:aws:eks:us-west-2:111122223333:cluster/dev", true],
  ["ArnLike", "arn:aws:logs:*:*:log-group:/a/*:*", "arn:aws:logs:us-west-2:111122223333:log-group:/a/b:log-stream:c", true],
  ["ArnLike", "arn:aws:eks:*:*:cluster/*", "dev", false],
  ["ArnNotLike", "arn:aws:eks:*:*:cluster/dev", "arn:aws:eks:us-west-2:111122223333:cluster/prod", true],
  ["ArnNotEquals", "arn:aws:eks:*:*:cluster/dev", "arn:aws:eks:us-west-2:111122223333:cluster/dev", false],
  ["ArnNotLike", "arn:aws:eks:*:*:cluster/dev", "dev", false],
  ["ArnNotLike", "arn:aws:eks:*:*:cluster/dev", undefined, true],
  ["Null", "true", undefined, true],
  ["Null", "true", "x", false],
  ["Null", "false", "x", true],
  ["Null", "false", undefined, false],
  ["Null", "true", [], true],
  // Sets
  ["ForAnyValue:StringEquals", ["a", "b"], ["x", "b"], true],
  ["ForAnyValue:StringEquals", ["a", "b"], ["x", "y"], false],
  ["ForAnyValue:StringEquals", "a", undefined, false],
  ["ForAnyValue:StringEquals", "a", [], false],
  ["ForAnyValue:StringEqualsIfExists", "a", undefined, true],
  ["ForAnyValue:StringNotEquals", "a", ["a", "b"], true],
  ["ForAnyValue:StringNotEquals", "a", ["a"], false],
  ["ForAnyValue:StringNotEquals", "a", undefined, false],
  ["ForAllValues:StringEquals", ["a", "b"], ["a", "b"], true],
  ["ForAllValues:StringEquals", ["a", "b"], ["a", "x"], false],
  ["ForAllValues:StringEquals", "a", undefined, true],
  ["ForAllValues:StringEquals", "a", [], true],
  ["ForAllValues:StringNotEquals", "a", ["b", "c"], true],
  ["ForAllValues:StringNotEquals", "a", ["b", "a"], false],
  ["ForAllValues:StringLike", "dev-*", ["dev-a", "dev-b"], true],
  ["ForAllValues:StringLike", "dev-*", ["dev-a", "prod"], false],
  ["ForAnyValue:ArnLike", "arn:aws:kms:*:*:key/*", ["x", "arn:aws:kms:us-west-2:111122223333:key/1"], true],
  // Many values, no set prefix: any for positive operators, none for negated ones
  ["StringEquals", "a", ["x", "a"], true],
  ["StringNotEquals", "a", ["x", "a"], false],
  ["StringNotEquals", "a", ["x", "y"], true],
  ["NoSuchOperator", "a", "a", false],
];

for (const [operator, policy, request, expected] of rows) {
  test(`${operator} ${JSON.stringify(policy)} on ${JSON.stringify(request)} is ${expected}`, () =>
    assert.equal(holds(operator, "aws:Key", policy, { "aws:key": request }), expected));
}

const variableRows: [string, string, string, Conditions, boolean, boolean][] = [
  ["replaced", "StringEquals", "${aws:username}", { "aws:username": "alice", k: "alice" }, true, true],
  ["with text around", "StringLike", "home/${AWS:UserName}/*", { "aws:username": "alice", k: "home/alice/x" }, true, true],
  ["wildcards in the value are text", "StringLike", "${aws:username}", { "aws:username": "*", k: "alice" }, true, false],
  ["a star in the value matches a star", "StringLike", "${aws:username}", { "aws:username": "*", k: "*" }, true, true],
  ["without value: positive does not hold", "StringEquals", "${aws:username}", { k: "" }, true, false],
  ["without value: negated holds", "StringNotEquals", "${aws:username}", { k: "x" }, true, true],
  ["default", "StringEquals", "${aws:username, 'anyone'}", { k: "anyone" }, true, true],
  ["default not needed", "StringEquals", "${aws:username, 'anyone'}", { "aws:username": "alice", k: "anyone" }, true, false],
  ["empty default", "StringEquals", "x${aws:username, ''}", { k: "x" }, true, true],
  ["literal star", "StringLike", "a${*}", { k: "a*" }, true, true],
  ["literal star is no wildcard", "StringLike", "a${*}", { k: "ab" }, true, false],
  ["literal question mark and dollar", "StringLike", "${?}${$}", { k: "?$" }, true, true],
  ["unclosed is text", "StringEquals", "${aws:username", { "aws:username": "alice", k: "${aws:username" }, true, true],
  ["of many values is none", "StringEquals", "${aws:tags}", { "aws:tags": ["a", "b"], k: "a" }, true, false],
  ["in an old document is text", "StringEquals", "${aws:username}", { "aws:username": "alice", k: "alice" }, false, false],
  ["in an old document is text, equal", "StringEquals", "${aws:username}", { k: "${aws:username}" }, false, true],
  ["ignoring case", "StringEqualsIgnoreCase", "${aws:username}", { "aws:username": "Alice", k: "aLICE" }, true, true],
  [
    "in any ARN segment",
    "ArnLike",
    "arn:aws:iam::${aws:PrincipalAccount}:role/${aws:username}",
    { "aws:principalaccount": "1", "aws:username": "r", k: "arn:aws:iam::1:role/r" },
    true,
    true,
  ],
];

for (const [name, operator, policy, context, variables, expected] of variableRows) {
  test(`variable: ${name}`, () => assert.equal(holds(operator, "k", policy, context, variables), expected));
}

test("keys are compared without regard to case, and inherited members are no keys", () => {
  assert.equal(holds("StringEquals", "AWS:PrincipalTag/Team", "x", { "aws:principaltag/TEAM": "x" }), true);
  assert.equal(holds("Null", "constructor", "true", {}), true);
  assert.equal(holds("Null", "__proto__", "true", {}), true);
});

test("all keys of an operator and all operators must hold", () => {
  const conditions = compileConditions({ StringEquals: { a: ["1"], b: ["2"] }, Bool: { c: ["true"] } }, true);
  const all = (context: Conditions) => conditions.every((condition) => condition.holds(new RequestContext(context)));
  assert.equal(all({ a: "1", b: "2", c: true }), true);
  for (const missing of ["a", "b", "c"]) assert.equal(all({ a: "1", b: "2", c: true, [missing]: undefined }), false);
});
