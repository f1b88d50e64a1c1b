import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, allow, EC2_TRUST, OTHER, rootOf, testIam } from "./support.ts";

const ARN = `arn:aws:iam::${ACCOUNT}:policy/p`;
const AWS = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";

test("a managed policy and its versions", async () => {
  const { run, directory, clock } = testIam();
  const { Policy } = await run("CreatePolicy", {
    PolicyName: "p",
    PolicyDocument: allow("eks:*"),
    Description: "d",
    Tags: [{ Key: "a", Value: "b" }],
  });
  assert.equal(Policy?.Arn, ARN);
  assert.match(Policy?.PolicyId ?? "", /^ANPA/);
  assert.deepEqual([Policy?.DefaultVersionId, Policy?.AttachmentCount, Policy?.IsAttachable], ["v1", 0, true]);
  await assert.rejects(run("CreatePolicy", { PolicyName: "P", PolicyDocument: allow("eks:*") }), {
    code: "EntityAlreadyExists",
    message: "A policy called P already exists. Duplicate names are not allowed.",
  });
  await clock.step(5000);
  for (let i = 2; i <= 5; i++)
    await run("CreatePolicyVersion", { PolicyArn: ARN, PolicyDocument: allow(`s3:Get${i}`), SetAsDefault: i === 3 });
  await assert.rejects(run("CreatePolicyVersion", { PolicyArn: ARN, PolicyDocument: allow("s3:*") }), {
    code: "LimitExceeded",
    message: /up to 5 versions/,
  });
  assert.deepEqual(
    (await run("ListPolicyVersions", { PolicyArn: ARN })).Versions?.map(({ VersionId }) => VersionId),
    ["v5", "v4", "v3", "v2", "v1"],
  );
  assert.deepEqual(directory.managedPolicy(ARN)?.document.statements[0]?.actions, ["s3:Get3"]);
  const { PolicyVersion } = await run("GetPolicyVersion", { PolicyArn: ARN, VersionId: "v3" });
  assert.equal(decodeURIComponent(PolicyVersion?.Document ?? ""), allow("s3:Get3"));
  assert.equal(PolicyVersion?.IsDefaultVersion, true);
  await assert.rejects(run("DeletePolicyVersion", { PolicyArn: ARN, VersionId: "v3" }), { code: "DeleteConflict" });
  await assert.rejects(run("GetPolicyVersion", { PolicyArn: ARN, VersionId: "v9" }), {
    code: "NoSuchEntity",
    message: `Policy ${ARN} version v9 does not exist or is not attachable.`,
  });
  await run("SetDefaultPolicyVersion", { PolicyArn: ARN, VersionId: "v1" });
  assert.deepEqual(directory.managedPolicy(ARN)?.document.statements[0]?.actions, ["eks:*"]);
  await assert.rejects(run("DeletePolicy", { PolicyArn: ARN }), { code: "DeleteConflict", message: /more than one version/ });
  for (const VersionId of ["v2", "v3", "v4", "v5"]) await run("DeletePolicyVersion", { PolicyArn: ARN, VersionId });
  const created = await run("CreatePolicyVersion", { PolicyArn: ARN, PolicyDocument: allow("s3:*") });
  assert.equal(created.PolicyVersion?.VersionId, "v6", "numbers are not used twice");
  await run("DeletePolicyVersion", { PolicyArn: ARN, VersionId: "v6" });
  await run("DeletePolicy", { PolicyArn: ARN });
  await assert.rejects(run("GetPolicy", { PolicyArn: ARN }), { code: "NoSuchEntity", message: `Policy ${ARN} was not found.` });
});

const badDocuments: [string, string, string][] = [
  ["no JSON", "{", "MalformedPolicyDocument"],
  ["version 2008", allow("s3:*").replace("2012-10-17", "2008-10-17"), "MalformedPolicyDocument"],
  ["no resource", JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*" }] }), "MalformedPolicyDocument"],
  [
    "6145 characters",
    allow(
      "s3:*",
      Array.from({ length: 200 }, (_, i) => `arn:aws:s3:::bucket-with-a-name-${i}`),
    ),
    "LimitExceeded",
  ],
];

for (const [what, PolicyDocument, code] of badDocuments) {
  test(`a policy document with ${what} is refused everywhere`, async () => {
    const { run } = testIam();
    await run("CreatePolicy", { PolicyName: "p", PolicyDocument: allow("eks:*") });
    await assert.rejects(run("CreatePolicy", { PolicyName: "q", PolicyDocument }), { code });
    await assert.rejects(run("CreatePolicyVersion", { PolicyArn: ARN, PolicyDocument }), { code });
    assert.equal((await run("ListPolicies", { Scope: "Local" })).Policies?.length, 1);
  });
}

test("AWS managed policies are there and cannot be changed", async () => {
  const { run } = testIam();
  const { Policy } = await run("GetPolicy", { PolicyArn: AWS });
  assert.match(Policy?.PolicyId ?? "", /^ANPA[A-Z2-9]{17}$/);
  const version = await run("GetPolicyVersion", { PolicyArn: AWS, VersionId: Policy?.DefaultVersionId });
  assert.match(decodeURIComponent(version.PolicyVersion?.Document ?? ""), /autoscaling:DescribeAutoScalingGroups/);
  for (const change of [
    run("DeletePolicy", { PolicyArn: AWS }),
    run("CreatePolicyVersion", { PolicyArn: AWS, PolicyDocument: allow("s3:*") }),
    run("TagPolicy", { PolicyArn: AWS, Tags: [{ Key: "a", Value: "b" }] }),
  ]) {
    await assert.rejects(change, { code: "NoSuchEntity" });
  }
  const { Policies } = await run("ListPolicies", { Scope: "AWS", PathPrefix: "/service-role/" });
  assert.ok(Policies?.every(({ Path }) => Path === "/service-role/"));
  assert.ok((await run("ListPolicies", { MaxItems: 1000 })).Policies?.some(({ PolicyName }) => PolicyName === "AmazonEKS_CNI_Policy"));
});

test("attaching, who has it, detaching", async () => {
  const { run } = testIam();
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  await run("CreateUser", { UserName: "u" });
  await run("CreateGroup", { GroupName: "g" });
  await run("CreatePolicy", { PolicyName: "p", PolicyDocument: allow("eks:*") });
  await run("AttachRolePolicy", { RoleName: "r", PolicyArn: ARN });
  await run("AttachRolePolicy", { RoleName: "r", PolicyArn: ARN });
  await run("AttachUserPolicy", { UserName: "u", PolicyArn: ARN });
  await run("AttachGroupPolicy", { GroupName: "g", PolicyArn: ARN });
  assert.deepEqual((await run("ListAttachedRolePolicies", { RoleName: "r" })).AttachedPolicies, [{ PolicyName: "p", PolicyArn: ARN }]);
  const entities = await run("ListEntitiesForPolicy", { PolicyArn: ARN });
  assert.deepEqual(
    [entities.PolicyRoles?.[0]?.RoleName, entities.PolicyUsers?.[0]?.UserName, entities.PolicyGroups?.[0]?.GroupName],
    ["r", "u", "g"],
  );
  const roles = await run("ListEntitiesForPolicy", { PolicyArn: ARN, EntityFilter: "Role" });
  assert.deepEqual([roles.PolicyRoles?.length, roles.PolicyUsers], [1, []]);
  assert.equal((await run("GetPolicy", { PolicyArn: ARN })).Policy?.AttachmentCount, 3);
  assert.deepEqual(
    (await run("ListPolicies", { OnlyAttached: true })).Policies?.map(({ PolicyName }) => PolicyName),
    ["p"],
  );
  await assert.rejects(run("DeletePolicy", { PolicyArn: ARN }), {
    code: "DeleteConflict",
    message: "Cannot delete a policy attached to entities.",
  });
  await run("DetachRolePolicy", { RoleName: "r", PolicyArn: ARN });
  await assert.rejects(run("DetachRolePolicy", { RoleName: "r", PolicyArn: ARN }), {
    code: "NoSuchEntity",
    message: `Policy ${ARN} was not found.`,
  });
});

test("what cannot be attached", async () => {
  const { run } = testIam();
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  await run("CreatePolicy", { PolicyName: "theirs", PolicyDocument: allow("*") }, rootOf(OTHER));
  const attach = (PolicyArn: string, RoleName = "r") => run("AttachRolePolicy", { RoleName, PolicyArn });
  await assert.rejects(attach(ARN), { code: "NoSuchEntity", message: `Policy ${ARN} does not exist or is not attachable.` });
  await assert.rejects(attach(`arn:aws:iam::${OTHER}:policy/theirs`), { code: "NoSuchEntity" });
  await assert.rejects(attach("arn:aws:iam::aws:policy/aws-service-role/AmazonEKSServiceRolePolicy"), { code: "PolicyNotAttachable" });
  await assert.rejects(attach(AWS, "none"), { message: "The role with name none cannot be found." });
  for (let i = 0; i < 10; i++) {
    await run("CreatePolicy", { PolicyName: `p${i}`, PolicyDocument: allow("eks:*") });
    await attach(`${ARN}${i}`);
  }
  await assert.rejects(attach(AWS), { code: "LimitExceeded", message: "Cannot exceed quota for PoliciesPerRole: 10" });
});

test("inline policies", async () => {
  const { run } = testIam();
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  const PolicyDocument = allow("s3:*", "arn:aws:s3:::b (é) *");
  await run("PutRolePolicy", { RoleName: "r", PolicyName: "b", PolicyDocument });
  await run("PutRolePolicy", { RoleName: "r", PolicyName: "a", PolicyDocument: allow("eks:*") });
  assert.deepEqual((await run("ListRolePolicies", { RoleName: "r" })).PolicyNames, ["a", "b"]);
  const read = await run("GetRolePolicy", { RoleName: "r", PolicyName: "b" });
  assert.deepEqual([read.RoleName, read.PolicyName, decodeURIComponent(read.PolicyDocument ?? "")], ["r", "b", PolicyDocument]);
  assert.match(read.PolicyDocument ?? "", /^[A-Za-z0-9\-_.~%]+$/, "RFC 3986");
  assert.equal("UserName" in read, false);
  const missing = { code: "NoSuchEntity", message: "The role policy with name constructor cannot be found." };
  await assert.rejects(run("GetRolePolicy", { RoleName: "r", PolicyName: "constructor" }), missing);
  await assert.rejects(run("DeleteRolePolicy", { RoleName: "r", PolicyName: "constructor" }), missing);
  await run("PutRolePolicy", { RoleName: "r", PolicyName: "__proto__", PolicyDocument: allow("eks:*") });
  assert.deepEqual((await run("ListRolePolicies", { RoleName: "r" })).PolicyNames, ["__proto__", "a", "b"]);
  await assert.rejects(run("PutRolePolicy", { RoleName: "r", PolicyName: "c", PolicyDocument: "{}" }), { code: "MalformedPolicyDocument" });
  const large = allow(
    "s3:*",
    Array.from({ length: 150 }, (_, i) => `arn:aws:s3:::bucket-with-a-name-${i}`),
  );
  await run("PutRolePolicy", { RoleName: "r", PolicyName: "l1", PolicyDocument: large });
  await assert.rejects(run("PutRolePolicy", { RoleName: "r", PolicyName: "l2", PolicyDocument: large }), {
    code: "LimitExceeded",
    message: "Maximum policy size of 10240 bytes exceeded for role r",
  });
});

test("what operations are authorized on", async () => {
  const { run, authorization } = testIam();
  await run("CreateRole", { RoleName: "r", Path: "/x/", AssumeRolePolicyDocument: EC2_TRUST, Tags: [{ Key: "env", Value: "dev" }] });
  const role = `arn:aws:iam::${ACCOUNT}:role/x/r`;
  assert.deepEqual(authorization("AttachRolePolicy", { RoleName: "r", PolicyArn: AWS }), {
    resource: role,
    conditions: { "aws:ResourceTag/env": "dev", "iam:ResourceTag/env": "dev", "iam:PermissionsBoundary": undefined, "iam:PolicyARN": AWS },
  });
  const created = authorization("CreateRole", {
    RoleName: "n",
    AssumeRolePolicyDocument: "",
    PermissionsBoundary: ARN,
    Tags: [{ Key: "a", Value: "b" }],
  });
  assert.deepEqual(created, {
    resource: `arn:aws:iam::${ACCOUNT}:role/n`,
    conditions: { "aws:RequestTag/a": "b", "aws:TagKeys": ["a"], "iam:PermissionsBoundary": ARN },
  });
  assert.equal(authorization("GetRole", { RoleName: "none" }).resource, `arn:aws:iam::${ACCOUNT}:role/none`);
  assert.equal(authorization("ListRoles", {}).resource, `arn:aws:iam::${ACCOUNT}:role/`);
  assert.equal(authorization("DeletePolicy", { PolicyArn: ARN }).resource, ARN);
  assert.deepEqual(authorization("UntagRole", { RoleName: "r", TagKeys: ["env"] }).conditions["aws:TagKeys"], ["env"]);
  const slr = authorization("CreateServiceLinkedRole", { AWSServiceName: "eks.amazonaws.com" });
  assert.equal(slr.resource, `arn:aws:iam::${ACCOUNT}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS`);
  assert.deepEqual(slr.conditions, { "iam:AWSServiceName": "eks.amazonaws.com" });
});
