import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller, SessionFacts } from "../aws/caller.ts";
import type { IamDirectory, RequestFacts } from "../services/ports.ts";
import { globalConditions } from "./global-conditions.ts";
import { requestTagConditions } from "./request-tags.ts";

const NOW = Date.parse("2026-01-05T09:12:44.500Z");
const facts: RequestFacts = {
  ...{ requestId: "r", region: "us-west-2", sourceIp: "198.51.100.7", userAgent: "aws-cli/2", now: NOW, secureTransport: true },
};
const directory = {
  user: () => ({ arn: "", id: "", tags: { stage: "dev" } }),
  role: () => ({ tags: { team: "red", cost: "7" } }),
} as unknown as IamDirectory;
const common = { partition: "aws", accountId: "111122223333", arn: "arn:x", userId: "ID" };
const session: SessionFacts = {
  issuedAt: NOW,
  expiresAt: NOW,
  tags: { team: "blue" },
  transitiveTagKeys: [],
  policies: [],
  policyArns: [],
};
const role = { ...common, kind: "role-session", roleName: "Ops", roleArn: "arn:role", sessionName: "s" } as const;

const conditions = (caller: Caller, changes: Partial<RequestFacts> = {}) => globalConditions(caller, { ...facts, ...changes }, directory);

test("every request", () => {
  const keys = conditions({ ...common, kind: "root" });
  assert.equal(keys["aws:CurrentTime"], "2026-01-05T09:12:44Z");
  assert.equal(keys["aws:EpochTime"], 1_767_604_364);
  assert.equal(keys["aws:SourceIp"], "198.51.100.7");
  assert.equal(keys["aws:RequestedRegion"], "us-west-2");
  assert.equal(keys["aws:SecureTransport"], true);
  assert.equal(keys["aws:PrincipalType"], "Account");
  assert.equal(keys["aws:userid"], "ID");
  assert.ok(!("aws:username" in keys));
});

test("a service's name is no source address", () => {
  assert.ok(!("aws:SourceIp" in conditions({ ...common, kind: "root" }, { sourceIp: "eks.amazonaws.com" })));
  assert.equal(conditions({ ...common, kind: "root" }, { sourceIp: "2001:db8::1" })["aws:SourceIp"], "2001:db8::1");
});

test("users: name and tags; no MFA key and no issue time for long-term keys", () => {
  const keys = conditions({ ...common, kind: "user", userName: "alice" });
  assert.equal(keys["aws:username"], "alice");
  assert.equal(keys["aws:PrincipalTag/stage"], "dev");
  for (const absent of ["aws:MultiFactorAuthPresent", "aws:TokenIssueTime"]) assert.ok(!(absent in keys), absent);
  const temporary = conditions({ ...common, kind: "user", userName: "alice", session: { ...session, mfa: true } });
  assert.equal(temporary["aws:MultiFactorAuthPresent"], true);
});

test("role sessions: the role's ARN, session tags over role tags", () => {
  const keys = conditions({ ...role, session });
  assert.equal(keys["aws:PrincipalArn"], "arn:role");
  assert.equal(keys["aws:PrincipalTag/team"], "blue");
  assert.equal(keys["aws:PrincipalTag/cost"], "7");
  assert.equal(keys["aws:TokenIssueTime"], "2026-01-05T09:12:44Z");
  assert.equal(keys["aws:MultiFactorAuthPresent"], false);
  assert.equal(keys["aws:ViaAWSService"], false);
  const via = conditions({ ...role, session: { ...session, invokedBy: "eks.amazonaws.com", sourceIdentity: "alice" } });
  assert.equal(via["aws:ViaAWSService"], true);
  assert.deepEqual(via["aws:CalledVia"], ["eks.amazonaws.com"]);
  assert.equal(via["aws:SourceIdentity"], "alice");
});

test("web identity sessions keep the issuer's keys", () => {
  const provider = "arn:aws:iam::1:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/ABC";
  const webIdentity = { provider, subject: "system:serviceaccount:n:s", audience: "sts.amazonaws.com" };
  const keys = conditions({ ...role, session: { ...session, webIdentity } });
  assert.equal(keys["oidc.eks.us-west-2.amazonaws.com/id/ABC:sub"], "system:serviceaccount:n:s");
  assert.equal(keys["aws:FederatedProvider"], provider);
});

test("services: principal name and source; nobody: next to nothing", () => {
  const keys = conditions({ ...common, kind: "service", service: "eks.amazonaws.com", sourceArn: "arn:c", sourceAccount: "1" });
  assert.equal(keys["aws:PrincipalIsAWSService"], true);
  assert.equal(keys["aws:SourceArn"], "arn:c");
  assert.equal(keys["aws:SourceAccount"], "1");
  assert.ok(!("aws:PrincipalArn" in keys));
  assert.ok(!("aws:PrincipalArn" in conditions({ ...common, kind: "anonymous" })));
});

test("tags in the input, however the service spells them", () => {
  const expected = { "aws:TagKeys": ["team"], "aws:RequestTag/team": "blue" };
  assert.deepEqual(requestTagConditions({ tags: { team: "blue" } }), expected);
  assert.deepEqual(requestTagConditions({ Tags: [{ Key: "team", Value: "blue" }] }), expected);
  assert.deepEqual(requestTagConditions({ TagsList: [{ Key: "team", Value: "blue" }] }), expected);
  assert.deepEqual(
    requestTagConditions({ TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "team", Value: "blue" }] }] }),
    expected,
  );
  assert.deepEqual(requestTagConditions({ tagKeys: ["a"] }), { "aws:TagKeys": ["a"] });
  assert.deepEqual(requestTagConditions({ TagKeys: ["a", 1, null] }), { "aws:TagKeys": ["a"] });
  for (const nothing of [{}, { tags: null }, { Tags: [null, 3] }, { TagSpecifications: "x" }])
    assert.deepEqual(requestTagConditions(nothing), {});
});
