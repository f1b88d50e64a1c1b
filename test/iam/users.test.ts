import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../src/aws/caller.ts";
import { accountOf } from "../../src/services/access-key-id.ts";
import { ACCOUNT, allow, OTHER, rootOf, testIam } from "./support.ts";

const userCaller = (name: string, id = "AIDAX"): Caller => ({
  kind: "user",
  partition: "aws",
  accountId: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
  userId: id,
  userName: name,
});

const roleCaller: Caller = {
  kind: "role-session",
  partition: "aws",
  accountId: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/s`,
  userId: "AROAX:s",
  roleName: "r",
  roleArn: `arn:aws:iam::${ACCOUNT}:role/r`,
  sessionName: "s",
  session: { issuedAt: 0, expiresAt: 1, tags: {}, transitiveTagKeys: [], policies: [], policyArns: [] },
};

test("a user is made, read, renamed and deleted", async () => {
  const { run } = testIam();
  const { User } = await run("CreateUser", { UserName: "Ann", Path: "/team/", Tags: [{ Key: "a", Value: "b" }] });
  assert.equal(User?.Arn, `arn:aws:iam::${ACCOUNT}:user/team/Ann`);
  assert.match(User?.UserId ?? "", /^AIDA[A-Z2-7]{17}$/);
  await assert.rejects(run("CreateUser", { UserName: "ann" }), {
    code: "EntityAlreadyExists",
    status: 409,
    message: "User with name ann already exists.",
  });
  assert.deepEqual((await run("GetUser", { UserName: "ann" })).User, User);
  assert.equal((await run("ListUsers", {})).Users?.[0]?.Tags, undefined);
  await run("UpdateUser", { UserName: "Ann", NewUserName: "Anna", NewPath: "/" });
  assert.equal((await run("GetUser", { UserName: "Anna" })).User?.Arn, `arn:aws:iam::${ACCOUNT}:user/Anna`);
  await assert.rejects(run("GetUser", { UserName: "Ann" }), { code: "NoSuchEntity", message: "The user with name Ann cannot be found." });
  await run("UpdateUser", { UserName: "anna", NewUserName: "ANNA" });
  assert.equal((await run("GetUser", { UserName: "anna" })).User?.UserName, "ANNA", "a change of case only");
  await run("DeleteUser", { UserName: "anna" });
  assert.deepEqual((await run("ListUsers", {})).Users, []);
});

test("GetUser without a name is about the caller", async () => {
  const { run, authorization } = testIam();
  const { User } = await run("CreateUser", { UserName: "ann" });
  assert.deepEqual((await run("GetUser", {}, userCaller("ann"))).User, User);
  assert.equal((await run("GetUser", {})).User?.Arn, `arn:aws:iam::${ACCOUNT}:root`);
  await assert.rejects(run("GetUser", {}, roleCaller), {
    code: "ValidationError",
    message: "Must specify userName when calling with non-User credentials",
  });
  assert.equal(authorization("GetUser", {}, userCaller("ann")).resource, User?.Arn);
});

test("a user that still has something cannot be deleted", async () => {
  const { run } = testIam();
  await run("CreateUser", { UserName: "u" });
  await run("CreateGroup", { GroupName: "g" });
  const key = await run("CreateAccessKey", { UserName: "u" });
  await run("AddUserToGroup", { GroupName: "g", UserName: "u" });
  await run("PutUserPolicy", { UserName: "u", PolicyName: "p", PolicyDocument: allow("eks:*") });
  await run("AttachUserPolicy", { UserName: "u", PolicyArn: "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy" });
  const conflict = (text: string) => ({ code: "DeleteConflict", message: `Cannot delete entity, must ${text} first.` });
  await assert.rejects(run("DeleteUser", { UserName: "u" }), conflict("delete access keys"));
  await run("DeleteAccessKey", { UserName: "u", AccessKeyId: key.AccessKey?.AccessKeyId });
  await assert.rejects(run("DeleteUser", { UserName: "u" }), conflict("remove users from group"));
  await assert.rejects(run("DeleteGroup", { GroupName: "g" }), conflict("remove users from group"));
  await run("RemoveUserFromGroup", { GroupName: "g", UserName: "u" });
  await assert.rejects(run("DeleteUser", { UserName: "u" }), conflict("detach all policies"));
  await run("DetachUserPolicy", { UserName: "u", PolicyArn: "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy" });
  await assert.rejects(run("DeleteUser", { UserName: "u" }), conflict("delete policies"));
  await run("DeleteUserPolicy", { UserName: "u", PolicyName: "p" });
  await run("DeleteUser", { UserName: "u" });
});

test("access keys: two per user, the secret shown once, credentials at once", async () => {
  const { run, credentials } = testIam();
  const { User } = await run("CreateUser", { UserName: "ann" });
  const { AccessKey } = await run("CreateAccessKey", { UserName: "ann" });
  const id = AccessKey?.AccessKeyId ?? "";
  assert.match(id, /^AKIA[A-Z2-7]{16}$/);
  assert.equal(accountOf(id), ACCOUNT);
  const credential = credentials.credential(id);
  assert.equal(credential?.secretAccessKey, AccessKey?.SecretAccessKey);
  assert.deepEqual(credential?.caller, {
    kind: "user",
    partition: "aws",
    accountId: ACCOUNT,
    arn: User?.Arn,
    userId: User?.UserId,
    accessKeyId: id,
    userName: "ann",
  });
  await run("CreateAccessKey", { UserName: "ann" });
  await assert.rejects(run("CreateAccessKey", { UserName: "ann" }), {
    code: "LimitExceeded",
    message: "Cannot exceed quota for AccessKeysPerUser: 2",
  });
  const listed = await run("ListAccessKeys", { UserName: "ann" });
  assert.equal(listed.AccessKeyMetadata?.length, 2);
  assert.doesNotMatch(JSON.stringify(listed), /Secret/);
  await run("UpdateAccessKey", { UserName: "ann", AccessKeyId: id, Status: "Inactive" });
  assert.equal(credentials.credential(id)?.active, false);
  await assert.rejects(run("UpdateAccessKey", { UserName: "ann", AccessKeyId: id, Status: "Off" as never }), { code: "ValidationError" });
  await run("UpdateUser", { UserName: "ann", NewUserName: "anna" });
  assert.equal(credentials.credential(id)?.caller.arn, `arn:aws:iam::${ACCOUNT}:user/anna`);
  await run("DeleteAccessKey", { UserName: "anna", AccessKeyId: id });
  assert.equal(credentials.credential(id), undefined);
  await assert.rejects(run("DeleteAccessKey", { UserName: "anna", AccessKeyId: id }), {
    code: "NoSuchEntity",
    message: `The Access Key with id ${id} cannot be found.`,
  });
});

test("a key is its owner's only", async () => {
  const { run, accounts } = testIam();
  await run("CreateUser", { UserName: "ann" });
  await run("CreateUser", { UserName: "bob" });
  const { AccessKey } = await run("CreateAccessKey", { UserName: "ann" });
  const AccessKeyId = AccessKey?.AccessKeyId;
  await assert.rejects(run("DeleteAccessKey", { UserName: "bob", AccessKeyId }), { code: "NoSuchEntity" });
  await assert.rejects(run("DeleteAccessKey", { AccessKeyId }, rootOf(OTHER)), { code: "NoSuchEntity" });
  await assert.rejects(run("GetAccessKeyLastUsed", { AccessKeyId }, rootOf(OTHER)), { code: "NoSuchEntity" });
  await assert.rejects(run("DeleteAccessKey", { AccessKeyId: accounts.ensureAccount(ACCOUNT).rootKey?.accessKeyId }, userCaller("ann")), {
    code: "NoSuchEntity",
  });
});

test("the last use of keys and roles is kept, to the minute", async () => {
  const { run, usage, credentials, clock, store } = testIam();
  await run("CreateUser", { UserName: "ann" });
  const { AccessKey } = await run("CreateAccessKey", { UserName: "ann" });
  const AccessKeyId = AccessKey?.AccessKeyId ?? "";
  assert.deepEqual((await run("GetAccessKeyLastUsed", { AccessKeyId })).AccessKeyLastUsed, { ServiceName: "N/A", Region: "N/A" });
  const caller = credentials.credential(AccessKeyId)?.caller as Caller;
  const use = (at: number) => usage.record({ caller, time: at, region: "us-west-2", service: "eks" } as never);
  use(clock.now());
  const revision = store.revision;
  use(clock.now() + 1000);
  assert.equal(store.revision, revision, "nothing is written within a minute");
  const used = await run("GetAccessKeyLastUsed", { AccessKeyId });
  assert.deepEqual(
    [used.UserName, used.AccessKeyLastUsed],
    ["ann", { LastUsedDate: new Date(clock.now()), ServiceName: "eks", Region: "us-west-2" }],
  );
});

test("accounts: made once, root key kept over a restart, gone when deleted", async () => {
  const { accounts, credentials, run, store } = testIam();
  const again = accounts.ensureAccount(ACCOUNT);
  assert.equal(again.created, false);
  const id = again.rootKey?.accessKeyId ?? "";
  assert.equal(credentials.credential(id)?.caller.kind, "root");
  assert.equal(credentials.credential(id)?.secretAccessKey, again.rootKey?.secretAccessKey);
  assert.deepEqual(accounts.list(), [ACCOUNT, OTHER]);
  assert.deepEqual(testIam({ store }).accounts.ensureAccount(ACCOUNT).rootKey, again.rootKey);
  assert.equal((await run("ListAccessKeys", {})).AccessKeyMetadata?.[0]?.AccessKeyId, id);
  await run("DeleteAccessKey", { AccessKeyId: id });
  assert.deepEqual(accounts.ensureAccount(ACCOUNT), { accountId: ACCOUNT, created: false });
  assert.throws(() => accounts.ensureAccount("12"), RangeError);
});

test("groups: membership gives permissions, renaming keeps it", async () => {
  const { run, directory } = testIam();
  const { User } = await run("CreateUser", { UserName: "ann" });
  const { Group } = await run("CreateGroup", { GroupName: "ops", Path: "/x/" });
  assert.match(Group?.GroupId ?? "", /^AGPA/);
  await assert.rejects(run("CreateGroup", { GroupName: "OPS" }), {
    code: "EntityAlreadyExists",
    message: "Group with name OPS already exists.",
  });
  await run("PutGroupPolicy", { GroupName: "ops", PolicyName: "p", PolicyDocument: allow("eks:*") });
  await run("AttachGroupPolicy", { GroupName: "ops", PolicyArn: "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy" });
  await run("AddUserToGroup", { GroupName: "ops", UserName: "ann" });
  await run("AddUserToGroup", { GroupName: "ops", UserName: "ann" });
  assert.equal(directory.policies(userCaller("ann", User?.UserId)).identity.length, 2);
  assert.equal(directory.policies(userCaller("ann", "AIDAOTHER")).identity.length, 0, "a user made again is another user");
  await run("UpdateGroup", { GroupName: "ops", NewGroupName: "admins" });
  assert.deepEqual(
    (await run("GetGroup", { GroupName: "admins" })).Users?.map(({ UserName }) => UserName),
    ["ann"],
  );
  assert.deepEqual(
    (await run("ListGroupsForUser", { UserName: "ann" })).Groups?.map(({ GroupName }) => GroupName),
    ["admins"],
  );
  assert.deepEqual((await run("ListGroups", { PathPrefix: "/x/" })).Groups?.length, 1);
  await run("RemoveUserFromGroup", { GroupName: "admins", UserName: "ann" });
  await assert.rejects(run("RemoveUserFromGroup", { GroupName: "admins", UserName: "ann" }), { code: "NoSuchEntity" });
  assert.deepEqual(directory.policies(userCaller("ann", User?.UserId)).identity, []);
  await assert.rejects(run("AddUserToGroup", { GroupName: "none", UserName: "ann" }), {
    message: "The group with name none cannot be found.",
  });
});

test("accounts do not see each other's entities", async () => {
  const { run } = testIam();
  await run("CreateUser", { UserName: "ann" });
  await assert.rejects(run("GetUser", { UserName: "ann" }, rootOf(OTHER)), { code: "NoSuchEntity" });
  assert.deepEqual((await run("ListUsers", {}, rootOf(OTHER))).Users, []);
});

test("listings come in pages that neither repeat nor lose anybody", async () => {
  const { run } = testIam();
  for (const name of ["c", "a", "e", "b", "d"]) await run("CreateUser", { UserName: name });
  const seen: (string | undefined)[] = [];
  let Marker: string | undefined;
  do {
    const answer = await run("ListUsers", { MaxItems: 2, ...(Marker ? { Marker } : {}) });
    seen.push(...(answer.Users ?? []).map(({ UserName }) => UserName));
    assert.equal(answer.IsTruncated, answer.Marker !== undefined);
    Marker = answer.Marker;
    if (seen.length === 2) await run("DeleteUser", { UserName: "b" });
  } while (Marker);
  assert.deepEqual(seen, ["a", "b", "c", "d", "e"]);
  await assert.rejects(run("ListUsers", { Marker: "nonsense" }), { code: "ValidationError" });
  await assert.rejects(run("ListUsers", { MaxItems: 1001 }), { code: "ValidationError" });
});
