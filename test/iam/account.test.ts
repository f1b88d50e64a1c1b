import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, allow, EC2_TRUST, OTHER, rootOf, testIam } from "./support.ts";

test("an account's alias", async () => {
  const { run } = testIam();
  await run("CreateAccountAlias", { AccountAlias: "my-team" });
  assert.deepEqual((await run("ListAccountAliases", {})).AccountAliases, ["my-team"]);
  await assert.rejects(run("CreateAccountAlias", { AccountAlias: "my-team" }, rootOf(OTHER)), { code: "EntityAlreadyExists" });
  for (const AccountAlias of ["My", "-ab", "ab-", "a--b", "ab"])
    await assert.rejects(run("CreateAccountAlias", { AccountAlias }), { code: "ValidationError" });
  await assert.rejects(run("DeleteAccountAlias", { AccountAlias: "other" }), { code: "NoSuchEntity" });
  await run("DeleteAccountAlias", { AccountAlias: "my-team" });
  assert.deepEqual((await run("ListAccountAliases", {})).AccountAliases, []);
});

test("the account's summary counts what is there", async () => {
  const { run } = testIam();
  await run("CreateUser", { UserName: "u" });
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  const { SummaryMap } = await run("GetAccountSummary", {});
  assert.deepEqual([SummaryMap?.Users, SummaryMap?.Roles, SummaryMap?.Groups, SummaryMap?.AccountAccessKeysPresent], [1, 1, 0, 1]);
});

test("authorization details list everything, by kind and in pages", async () => {
  const { run } = testIam();
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";
  await run("CreateUser", { UserName: "u" });
  await run("CreateGroup", { GroupName: "g" });
  await run("AddUserToGroup", { GroupName: "g", UserName: "u" });
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  await run("PutRolePolicy", { RoleName: "r", PolicyName: "i", PolicyDocument: allow("eks:*") });
  await run("AttachRolePolicy", { RoleName: "r", PolicyArn });
  await run("CreatePolicy", { PolicyName: "p", PolicyDocument: allow("eks:*") });
  const all = await run("GetAccountAuthorizationDetails", {});
  assert.deepEqual(all.UserDetailList?.[0]?.GroupList, ["g"]);
  assert.equal(all.GroupDetailList?.length, 1);
  assert.deepEqual(all.RoleDetailList?.[0]?.AttachedManagedPolicies, [{ PolicyName: "AmazonEKSClusterPolicy", PolicyArn }]);
  assert.equal(decodeURIComponent(all.RoleDetailList?.[0]?.RolePolicyList?.[0]?.PolicyDocument ?? ""), allow("eks:*"));
  assert.deepEqual(all.Policies?.map(({ PolicyName }) => PolicyName).sort(), ["AmazonEKSClusterPolicy", "p"]);
  const roles = await run("GetAccountAuthorizationDetails", { Filter: ["Role"] });
  assert.deepEqual([roles.RoleDetailList?.length, roles.UserDetailList, roles.Policies], [1, [], []]);
  const page = await run("GetAccountAuthorizationDetails", { MaxItems: 2 });
  assert.equal(page.IsTruncated, true);
  await assert.rejects(run("GetAccountAuthorizationDetails", { Filter: ["Thing" as never] }), { code: "ValidationError" });
});

const OK = "arn:aws:eks:us-west-2:111122223333:cluster/ok";
const NO = "arn:aws:eks:us-west-2:111122223333:cluster/no";

test("custom policies are simulated", async () => {
  const { run } = testIam();
  const document = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "eks:*", Resource: "*", Condition: { Bool: { "aws:SecureTransport": "true" } } },
      { Effect: "Deny", Action: "eks:Delete*", Resource: NO },
    ],
  });
  const simulate = (ContextEntries?: object[]) =>
    run("SimulateCustomPolicy", {
      PolicyInputList: [document],
      ActionNames: ["eks:DeleteCluster"],
      ResourceArns: [OK, NO],
      ...(ContextEntries ? { ContextEntries: ContextEntries as never } : {}),
    });
  const [unknown] = (await simulate()).EvaluationResults ?? [];
  assert.deepEqual([unknown?.EvalDecision, unknown?.MissingContextValues], ["implicitDeny", ["aws:SecureTransport"]]);
  const results = (await simulate([{ ContextKeyName: "aws:SecureTransport", ContextKeyValues: ["true"], ContextKeyType: "boolean" }]))
    .EvaluationResults;
  assert.deepEqual(
    results?.map(({ EvalResourceName, EvalDecision }) => [EvalResourceName, EvalDecision]),
    [
      [OK, "allowed"],
      [NO, "explicitDeny"],
    ],
  );
  assert.deepEqual(results?.[0]?.MatchedStatements, [{ SourcePolicyId: "PolicyInputList.1", SourcePolicyType: "IAM Policy" }]);
  assert.deepEqual(results?.[0]?.MissingContextValues, []);
  await assert.rejects(run("SimulateCustomPolicy", { PolicyInputList: ["{"], ActionNames: ["eks:*"] }), {
    code: "MalformedPolicyDocument",
  });
  await assert.rejects(run("SimulateCustomPolicy", { PolicyInputList: [], ActionNames: [] }), { code: "InvalidInput" });
});

test("a principal's own policies are simulated, groups and boundary included", async () => {
  const { run } = testIam();
  await run("CreateUser", { UserName: "u" });
  await run("CreateGroup", { GroupName: "g" });
  await run("AddUserToGroup", { GroupName: "g", UserName: "u" });
  await run("PutGroupPolicy", { GroupName: "g", PolicyName: "i", PolicyDocument: allow("eks:*") });
  const source = `arn:aws:iam::${ACCOUNT}:user/u`;
  const decide = async (action: string) =>
    (await run("SimulatePrincipalPolicy", { PolicySourceArn: source, ActionNames: [action] })).EvaluationResults?.[0];
  assert.equal((await decide("eks:DescribeCluster"))?.EvalDecision, "allowed");
  assert.equal((await decide("ec2:RunInstances"))?.EvalDecision, "implicitDeny");
  await run("CreatePolicy", { PolicyName: "b", PolicyDocument: allow("s3:*") });
  await run("PutUserPermissionsBoundary", { UserName: "u", PermissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/b` });
  const bounded = await decide("eks:DescribeCluster");
  assert.deepEqual(
    [bounded?.EvalDecision, bounded?.PermissionsBoundaryDecisionDetail],
    ["implicitDeny", { AllowedByPermissionsBoundary: false }],
  );
  await assert.rejects(run("SimulatePrincipalPolicy", { PolicySourceArn: `${source}2`, ActionNames: ["eks:X"] }), { code: "NoSuchEntity" });
  await assert.rejects(run("SimulatePrincipalPolicy", { PolicySourceArn: `arn:aws:iam::${ACCOUNT}:root`, ActionNames: ["eks:X"] }), {
    code: "InvalidInput",
  });
});
