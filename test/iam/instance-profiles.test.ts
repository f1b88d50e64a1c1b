import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation, Requirement } from "../../src/aws/operation.ts";
import { ACCOUNT, callOf, EC2_TRUST, rootOf, testIam } from "./support.ts";

const ARN = `arn:aws:iam::${ACCOUNT}:instance-profile/p`;

test("an instance profile carries one role", async () => {
  const { run, directory } = testIam();
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  await run("CreateRole", { RoleName: "r2", AssumeRolePolicyDocument: EC2_TRUST });
  const { InstanceProfile } = await run("CreateInstanceProfile", { InstanceProfileName: "p", Tags: [{ Key: "a", Value: "b" }] });
  assert.deepEqual([InstanceProfile?.Arn, InstanceProfile?.Roles, InstanceProfile?.Tags], [ARN, [], [{ Key: "a", Value: "b" }]]);
  assert.match(InstanceProfile?.InstanceProfileId ?? "", /^AIPA/);
  await assert.rejects(run("CreateInstanceProfile", { InstanceProfileName: "P" }), {
    code: "EntityAlreadyExists",
    message: "Instance Profile P already exists.",
  });
  assert.equal(directory.instanceProfileRole(ARN), undefined);
  await run("AddRoleToInstanceProfile", { InstanceProfileName: "p", RoleName: "r" });
  await assert.rejects(run("AddRoleToInstanceProfile", { InstanceProfileName: "p", RoleName: "r2" }), {
    code: "LimitExceeded",
    message: "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
  });
  assert.equal(directory.instanceProfileRole(ARN)?.name, "r");
  const read = await run("GetInstanceProfile", { InstanceProfileName: "p" });
  assert.equal(read.InstanceProfile?.Roles?.[0]?.RoleName, "r");
  assert.equal(decodeURIComponent(read.InstanceProfile?.Roles?.[0]?.AssumeRolePolicyDocument ?? ""), EC2_TRUST);
  assert.deepEqual(
    (await run("ListInstanceProfilesForRole", { RoleName: "r" })).InstanceProfiles?.map(({ InstanceProfileName }) => InstanceProfileName),
    ["p"],
  );
  assert.deepEqual((await run("ListInstanceProfilesForRole", { RoleName: "r2" })).InstanceProfiles, []);
  await assert.rejects(run("DeleteInstanceProfile", { InstanceProfileName: "p" }), { code: "DeleteConflict" });
  await assert.rejects(run("RemoveRoleFromInstanceProfile", { InstanceProfileName: "p", RoleName: "r2" }), { code: "NoSuchEntity" });
  await run("RemoveRoleFromInstanceProfile", { InstanceProfileName: "p", RoleName: "r" });
  await run("DeleteInstanceProfile", { InstanceProfileName: "p" });
  await assert.rejects(run("GetInstanceProfile", { InstanceProfileName: "p" }), {
    code: "NoSuchEntity",
    message: "Instance Profile p cannot be found.",
  });
});

test("giving instances a role takes iam:PassRole", async () => {
  const iam = testIam();
  const add = iam.service.operations.AddRoleToInstanceProfile as unknown as Operation<unknown, unknown, unknown>;
  const input = { InstanceProfileName: "p", RoleName: "r" };
  const requirements = (await add.requires?.(input, callOf(rootOf(ACCOUNT), iam.clock), iam.service.deps)) as Requirement[];
  assert.deepEqual(requirements, [
    { action: "iam:PassRole", resources: [`arn:aws:iam::${ACCOUNT}:role/r`], conditions: { "iam:PassedToService": "ec2.amazonaws.com" } },
  ]);
});
