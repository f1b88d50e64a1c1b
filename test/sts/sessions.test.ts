import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, allow, rootOf, testIam, trust } from "../iam/support.ts";
import { ANONYMOUS, testSts } from "./support.ts";

const HOUR = 3600_000;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/r`;

async function session(sts: ReturnType<typeof testSts>) {
  const ann = await sts.user("ann");
  await sts.role("r", trust({ AWS: ann.arn }));
  const { Credentials } = await sts.run("AssumeRole", { RoleArn: ROLE, RoleSessionName: "session", DurationSeconds: 900 }, ann);
  return { ann, id: Credentials?.AccessKeyId ?? "", token: Credentials?.SessionToken ?? "", secret: Credentials?.SecretAccessKey };
}

test("a session says when it ends, is kept for a day after, and then forgotten", async () => {
  const sts = testSts();
  const { id, token, secret } = await session(sts);
  assert.match(id, /^ASIA[A-Z2-7]{16}$/);
  const credential = sts.credentials.credential(id);
  assert.deepEqual([credential?.secretAccessKey, credential?.sessionToken, credential?.active], [secret, token, true]);
  assert.equal(credential?.expiresAt, sts.iam.clock.now() + 900_000);
  await sts.iam.clock.step(HOUR);
  assert.ok((sts.credentials.credential(id)?.expiresAt ?? Infinity) < sts.iam.clock.now(), "expired, and still known as such");
  await sts.iam.clock.step(26 * HOUR);
  assert.equal(sts.credentials.credential(id), undefined);
});

test("sessions survive a restart", async () => {
  const sts = testSts();
  const { id, token } = await session(sts);
  const again = sts.reopen();
  assert.equal(again.credentials.credential(id)?.sessionToken, token);
  assert.deepEqual(again.credentials.credential(id), sts.credentials.credential(id));
});

test("tokens differ and tell nothing", async () => {
  const sts = testSts();
  const { token, secret, ann } = await session(sts);
  const { Credentials } = await sts.run("AssumeRole", { RoleArn: ROLE, RoleSessionName: "session" }, ann);
  assert.notEqual(Credentials?.SessionToken, token);
  assert.match(token, /^[A-Za-z0-9+/=]{40,4096}$/);
  assert.equal(Buffer.from(token, "base64").includes(secret ?? ""), false);
});

test("closing stops the sweeping", () => {
  const iam = testIam();
  const sts = testSts({ iam });
  assert.equal(iam.clock.pending, 1);
  sts.close();
  assert.equal(iam.clock.pending, 0);
});

test("everybody learns who they are", async () => {
  const sts = testSts();
  const { ann, id } = await session(sts);
  assert.deepEqual(await sts.run("GetCallerIdentity", {}, ann), {
    UserId: ann.userId,
    Account: ACCOUNT,
    Arn: `arn:aws:iam::${ACCOUNT}:user/ann`,
  });
  const role = sts.callerOf(id);
  assert.deepEqual(await sts.run("GetCallerIdentity", {}, role), {
    UserId: role.userId,
    Account: ACCOUNT,
    Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/session`,
  });
  assert.deepEqual(await sts.run("GetCallerIdentity", {}, rootOf(ACCOUNT)), {
    UserId: ACCOUNT,
    Account: ACCOUNT,
    Arn: `arn:aws:iam::${ACCOUNT}:root`,
  });
});

test("an access key tells its account", async () => {
  const sts = testSts();
  const { ann, id } = await session(sts);
  for (const key of [id, ann.accessKeyId ?? ""])
    assert.equal((await sts.run("GetAccessKeyInfo", { AccessKeyId: key }, ann)).Account, ACCOUNT);
  await assert.rejects(sts.run("GetAccessKeyInfo", { AccessKeyId: "AKIAEXAMPLE" }, ann), { code: "ValidationError" });
});

test("messages that are not ours are not decoded", async () => {
  const sts = testSts();
  await assert.rejects(sts.run("DecodeAuthorizationMessage", { EncodedMessage: "x" }, rootOf(ACCOUNT)), {
    code: "InvalidAuthorizationMessageException",
  });
});

test("GetSessionToken gives a user temporary credentials with its own permissions", async () => {
  const sts = testSts();
  const ann = await sts.user("ann", allow("eks:*"));
  const { Credentials } = await sts.run("GetSessionToken", {}, ann);
  assert.equal(Credentials?.Expiration?.getTime(), sts.iam.clock.now() + 12 * HOUR);
  const caller = sts.callerOf(Credentials?.AccessKeyId);
  assert.equal(caller.arn, ann.arn);
  assert.equal(sts.iam.directory.policies(caller).identity.length, 1);
  await assert.rejects(sts.run("GetSessionToken", {}, caller), {
    code: "AccessDenied",
    message: "Cannot call GetSessionToken with session credentials",
  });
  await assert.rejects(sts.run("GetSessionToken", { DurationSeconds: 899 }, ann), { code: "ValidationError" });
  await assert.rejects(sts.run("GetSessionToken", { SerialNumber: "arn:aws:iam::1:mfa/x", TokenCode: "000000" }, ann), {
    code: "AccessDenied",
  });
  const root = await sts.run("GetSessionToken", { DurationSeconds: 43200 }, rootOf(ACCOUNT));
  assert.equal(root.Credentials?.Expiration?.getTime(), sts.iam.clock.now() + HOUR, "root's last an hour");
  await assert.rejects(sts.run("GetSessionToken", {}, sts.callerOf(root.Credentials?.AccessKeyId)), { code: "AccessDenied" });
});

test("GetFederationToken: what the user and the session policy both allow", async () => {
  const sts = testSts();
  const ann = await sts.user("ann", allow("eks:*"));
  const answer = await sts.run("GetFederationToken", { Name: "visitor", Policy: allow("eks:ListClusters") }, ann);
  assert.deepEqual(answer.FederatedUser, { FederatedUserId: `${ACCOUNT}:visitor`, Arn: `arn:aws:sts::${ACCOUNT}:federated-user/visitor` });
  const caller = sts.callerOf(answer.Credentials?.AccessKeyId);
  const policies = sts.iam.directory.policies(caller);
  assert.deepEqual([policies.identity.length, policies.session?.length], [1, 1]);
  const without = sts.callerOf((await sts.run("GetFederationToken", { Name: "visitor" }, ann)).Credentials?.AccessKeyId);
  assert.deepEqual(sts.iam.directory.policies(without), { identity: [] }, "without session policies: nothing");
  await assert.rejects(sts.run("AssumeRole", { RoleArn: ROLE, RoleSessionName: "session" }, caller), { code: "AccessDenied" });
  await assert.rejects(sts.run("GetFederationToken", { Name: "visitor" }, caller), { code: "AccessDenied" });
  await assert.rejects(sts.run("GetFederationToken", { Name: "v" }, ann), { code: "ValidationError" });
});

test("nobody assumes no role", async () => {
  const sts = testSts();
  await sts.role("r", trust({ AWS: "*" }));
  await assert.rejects(sts.run("AssumeRole", { RoleArn: ROLE, RoleSessionName: "session" }, ANONYMOUS), { code: "AccessDenied" });
});
