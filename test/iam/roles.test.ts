import assert from "node:assert/strict";
import { test } from "node:test";
import type { CreateRoleRequest } from "@aws-sdk/client-iam";
import { ACCOUNT, allow, EC2_TRUST, testIam, trust } from "./support.ts";

test("a role is made, read, listed and deleted", async () => {
  const { run } = testIam();
  const { Role: created } = await run("CreateRole", {
    RoleName: "node",
    Path: "/eks/",
    AssumeRolePolicyDocument: EC2_TRUST,
    Description: "nodes",
    Tags: [{ Key: "team", Value: "a" }],
  });
  assert.equal(created?.Arn, `arn:aws:iam::${ACCOUNT}:role/eks/node`);
  assert.match(created?.RoleId ?? "", /^AROA[A-Z2-7]{17}$/);
  assert.equal(created && "MaxSessionDuration" in created, false, "CreateRole leaves the session duration out");
  assert.deepEqual(created?.Tags, [{ Key: "team", Value: "a" }]);

  const { Role: read } = await run("GetRole", { RoleName: "NODE" });
  assert.equal(read?.RoleName, "node", "names are found whatever their case");
  assert.equal(read?.MaxSessionDuration, 3600);
  assert.deepEqual(read?.RoleLastUsed, {});
  assert.equal(decodeURIComponent(read?.AssumeRolePolicyDocument ?? ""), EC2_TRUST);
  assert.doesNotMatch(read?.AssumeRolePolicyDocument ?? "", /[{" *:]/);
  assert.equal(read?.CreateDate?.getUTCMilliseconds(), 0);

  const { Roles, IsTruncated } = await run("ListRoles", { PathPrefix: "/eks/" });
  assert.deepEqual([Roles?.map(({ RoleName }) => RoleName), IsTruncated], [["node"], false]);
  assert.equal(Roles?.[0]?.Tags, undefined);
  assert.deepEqual((await run("ListRoles", { PathPrefix: "/other" })).Roles, []);

  await run("DeleteRole", { RoleName: "node" });
  await assert.rejects(run("GetRole", { RoleName: "node" }), {
    code: "NoSuchEntity",
    status: 404,
    message: "The role with name node cannot be found.",
  });
});

test("a role is updated", async () => {
  const { run } = testIam();
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST, MaxSessionDuration: 7200 });
  await run("UpdateRole", { RoleName: "r", Description: "new" });
  const { Role } = await run("GetRole", { RoleName: "r" });
  assert.deepEqual([Role?.Description, Role?.MaxSessionDuration], ["new", 7200]);
  await run("UpdateRole", { RoleName: "r", MaxSessionDuration: 43200 });
  assert.equal((await run("GetRole", { RoleName: "r" })).Role?.MaxSessionDuration, 43200);
  assert.equal((await run("UpdateRoleDescription", { RoleName: "r", Description: "" })).Role?.Description, "");
});

const refused: [string, CreateRoleRequest, string, RegExp][] = [
  [
    "a name taken in another case",
    { RoleName: "TAKEN", AssumeRolePolicyDocument: EC2_TRUST },
    "EntityAlreadyExists",
    /^Role with name TAKEN already exists\.$/,
  ],
  ["a name with a space", { RoleName: "a b", AssumeRolePolicyDocument: EC2_TRUST }, "ValidationError", /at 'roleName' failed/],
  ["a name of 65", { RoleName: "a".repeat(65), AssumeRolePolicyDocument: EC2_TRUST }, "ValidationError", /less than or equal to 64/],
  ["a path without slash", { RoleName: "a", Path: "x", AssumeRolePolicyDocument: EC2_TRUST }, "ValidationError", /at 'path' failed/],
  ["sessions under an hour", { RoleName: "a", MaxSessionDuration: 3599, AssumeRolePolicyDocument: EC2_TRUST }, "ValidationError", /3600/],
  ["no JSON", { RoleName: "a", AssumeRolePolicyDocument: "{" }, "MalformedPolicyDocument", /./],
  [
    "a trust policy with a resource",
    { RoleName: "a", AssumeRolePolicyDocument: allow("sts:AssumeRole") },
    "MalformedPolicyDocument",
    /Has prohibited field Resource\./,
  ],
  [
    "an unknown principal",
    { RoleName: "a", AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${ACCOUNT}:role/none` }) },
    "MalformedPolicyDocument",
    /^Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role\/none"$/,
  ],
  [
    "a trust policy over 2048",
    { RoleName: "a", AssumeRolePolicyDocument: trust({ Service: Array(80).fill("lengthy-service.amazonaws.com") }) },
    "LimitExceeded",
    /ACLSizePerRole: 2048/,
  ],
  [
    "an unknown boundary",
    { RoleName: "a", AssumeRolePolicyDocument: EC2_TRUST, PermissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/none` },
    "NoSuchEntity",
    /./,
  ],
  [
    "tags that differ in case only",
    {
      RoleName: "a",
      AssumeRolePolicyDocument: EC2_TRUST,
      Tags: [
        { Key: "a", Value: "" },
        { Key: "A", Value: "" },
      ],
    },
    "InvalidInput",
    /Duplicate tag keys/,
  ],
  [
    "a system tag",
    { RoleName: "a", AssumeRolePolicyDocument: EC2_TRUST, Tags: [{ Key: "aws:x", Value: "" }] },
    "InvalidInput",
    /system tags/,
  ],
  [
    "a service's path",
    { RoleName: "a", Path: "/aws-service-role/eks.amazonaws.com/", AssumeRolePolicyDocument: EC2_TRUST },
    "InvalidInput",
    /reserved/,
  ],
];

for (const [what, input, code, message] of refused) {
  test(`CreateRole refuses ${what}`, async () => {
    const { run } = testIam();
    await run("CreateRole", { RoleName: "taken", AssumeRolePolicyDocument: EC2_TRUST });
    await assert.rejects(run("CreateRole", input), { code, message });
    assert.equal((await run("ListRoles", {})).Roles?.length, 1, "nothing is half-written");
  });
}

test("a role in use cannot be deleted", async () => {
  const { run } = testIam();
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  await run("CreateInstanceProfile", { InstanceProfileName: "p" });
  await run("AddRoleToInstanceProfile", { InstanceProfileName: "p", RoleName: "r" });
  await run("AttachRolePolicy", { RoleName: "r", PolicyArn: "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy" });
  await run("PutRolePolicy", { RoleName: "r", PolicyName: "i", PolicyDocument: allow("eks:*") });
  const conflict = (text: string) => ({ code: "DeleteConflict", status: 409, message: `Cannot delete entity, must ${text} first.` });
  await assert.rejects(run("DeleteRole", { RoleName: "r" }), conflict("remove roles from instance profile"));
  await run("RemoveRoleFromInstanceProfile", { InstanceProfileName: "p", RoleName: "r" });
  await assert.rejects(run("DeleteRole", { RoleName: "r" }), conflict("detach all policies"));
  await run("DetachRolePolicy", { RoleName: "r", PolicyArn: "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy" });
  await assert.rejects(run("DeleteRole", { RoleName: "r" }), conflict("delete policies"));
  await run("DeleteRolePolicy", { RoleName: "r", PolicyName: "i" });
  await run("DeleteRole", { RoleName: "r" });
});

test("a trusted role made again under its name is not trusted", async () => {
  const { run, directory } = testIam();
  await run("CreateRole", { RoleName: "app", AssumeRolePolicyDocument: EC2_TRUST });
  const appArn = `arn:aws:iam::${ACCOUNT}:role/app`;
  await run("CreateRole", { RoleName: "target", AssumeRolePolicyDocument: trust({ AWS: [appArn, ACCOUNT] }) });
  const id = directory.roleByName(ACCOUNT, "app")?.id;
  const principals = () => directory.roleByName(ACCOUNT, "target")?.trust.statements[0]?.principals;
  assert.deepEqual(principals(), { AWS: [appArn, ACCOUNT] });
  await run("DeleteRole", { RoleName: "app" });
  assert.deepEqual(principals(), { AWS: [id, ACCOUNT] });
  await run("CreateRole", { RoleName: "app", AssumeRolePolicyDocument: EC2_TRUST });
  assert.deepEqual(principals(), { AWS: [id, ACCOUNT] });
  const { Role } = await run("GetRole", { RoleName: "target" });
  assert.match(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""), new RegExp(`"AWS":\\["${id}"`));
  await run("UpdateAssumeRolePolicy", { RoleName: "target", PolicyDocument: trust({ AWS: appArn }) });
  assert.deepEqual(principals(), { AWS: [appArn] });
});

test("a trusted user that is renamed stays trusted", async () => {
  const { run, directory } = testIam();
  await run("CreateUser", { UserName: "ann" });
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${ACCOUNT}:user/ann` }) });
  await run("UpdateUser", { UserName: "ann", NewUserName: "anna" });
  assert.deepEqual(directory.roleByName(ACCOUNT, "r")?.trust.statements[0]?.principals, { AWS: [`arn:aws:iam::${ACCOUNT}:user/anna`] });
});

test("boundaries are put, shown, counted and removed", async () => {
  const { run, directory } = testIam();
  const { Policy } = await run("CreatePolicy", { PolicyName: "b", PolicyDocument: allow("s3:*") });
  const arn = Policy?.Arn ?? "";
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  await run("PutRolePermissionsBoundary", { RoleName: "r", PermissionsBoundary: arn });
  const { Role } = await run("GetRole", { RoleName: "r" });
  assert.deepEqual(Role?.PermissionsBoundary, { PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: arn });
  assert.equal((await run("GetPolicy", { PolicyArn: arn })).Policy?.PermissionsBoundaryUsageCount, 1);
  await assert.rejects(run("DeletePolicy", { PolicyArn: arn }), { code: "DeleteConflict" });
  const session = {
    kind: "role-session" as const,
    partition: "aws",
    accountId: ACCOUNT,
    arn: "",
    roleArn: Role?.Arn ?? "",
    roleName: "r",
    sessionName: "s",
  };
  const facts = { issuedAt: 0, expiresAt: 1, tags: {}, transitiveTagKeys: [], policies: [], policyArns: [] };
  assert.equal(directory.policies({ ...session, userId: `${Role?.RoleId}:s`, session: facts }).boundary?.arn, arn);
  await run("DeleteRolePermissionsBoundary", { RoleName: "r" });
  assert.equal((await run("GetRole", { RoleName: "r" })).Role?.PermissionsBoundary, undefined);
  await run("DeletePolicy", { PolicyArn: arn });
});
