// Which trust policies name a service for all the actions EKS needs.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Statement } from "../../policy/types.ts";
import { trustsService } from "./trust.ts";

const POD = "pods.eks.amazonaws.com";
const BOTH = ["sts:AssumeRole", "sts:TagSession"];
const allow = (members: Partial<Statement>): Statement => ({
  effect: "Allow",
  principals: { Service: [POD] },
  actions: BOTH,
  conditions: {},
  ...members,
});

const cases: [title: string, statements: Statement[], trusted: boolean][] = [
  ["both actions", [allow({})], true],
  ["wildcard action", [allow({ actions: ["sts:*"] })], true],
  ["in two statements", BOTH.map((action) => allow({ actions: [action] })), true],
  ["with a condition", [allow({ conditions: { StringEquals: { "aws:SourceAccount": ["1"] } } })], true],
  ["among other services", [allow({ principals: { Service: ["ec2.amazonaws.com", POD] } })], true],
  ["anyone", [allow({ principals: "*" })], true],
  ["without TagSession", [allow({ actions: ["sts:AssumeRole"] })], false],
  ["another service", [allow({ principals: { Service: ["eks.amazonaws.com"] } })], false],
  ["an account", [allow({ principals: { AWS: ["111122223333"] } })], false],
  ["denied", [allow({}), allow({ effect: "Deny", actions: ["sts:TagSession"] })], false],
  ["nothing", [], false],
];

for (const [title, statements, trusted] of cases) {
  test(`${title}: ${trusted ? "trusted" : "not trusted"}`, () => {
    assert.equal(trustsService({ version: "2012-10-17", statements }, POD, BOTH), trusted);
  });
}
