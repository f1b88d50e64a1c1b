// Who may use a key: its policy, IAM, grants, other accounts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT_DECIDES, allow, createWorld, OTHER_ROOT, policy, ROOT } from "./world.ts";

const denied = { code: "AccessDeniedException" };
const Plaintext = Buffer.from("secret");

test("the default policy leaves it to IAM", async () => {
  const { run, key, user } = createWorld();
  const { id, arn } = await key();
  const [may, mayNot] = [await user("may", "kms:Encrypt"), await user("may-not")];
  await run("Encrypt", { KeyId: id, Plaintext }, may);
  await assert.rejects(
    run("Decrypt", { KeyId: id, CiphertextBlob: (await run("Encrypt", { KeyId: id, Plaintext })).CiphertextBlob! }, may),
    denied,
  );
  await assert.rejects(run("Encrypt", { KeyId: id, Plaintext }, mayNot), {
    ...denied,
    message: `User: ${mayNot.arn} is not authorized to perform: kms:Encrypt on resource: ${arn} because no identity-based policy allows the kms:Encrypt action`,
  });
});

test("a key policy that does not trust the account makes IAM worthless, even the root user's", async () => {
  const { run, key, user } = createWorld();
  const [owner, admin] = [await user("owner"), await user("admin", "kms:*")];
  const { id } = await key({ Policy: policy(allow(owner.arn, "kms:*")), BypassPolicyLockoutSafetyCheck: true });
  await run("Encrypt", { KeyId: id, Plaintext }, owner);
  for (const caller of [admin, ROOT]) await assert.rejects(run("DescribeKey", { KeyId: id }, caller), denied);
});

test("an explicit deny in the key policy wins over both", async () => {
  const { run, key, user } = createWorld();
  const admin = await user("admin", "kms:*");
  const { id } = await key({ Policy: policy(ACCOUNT_DECIDES, { ...allow(admin.arn, "kms:Decrypt", "kms:Encrypt"), Effect: "Deny" }) });
  await run("DescribeKey", { KeyId: id }, admin);
  await assert.rejects(run("Encrypt", { KeyId: id, Plaintext }, admin), { ...denied, message: /explicit deny in a resource-based policy/ });
});

test("conditions on the encryption context and on the alias", async () => {
  const { run, key, user } = createWorld();
  const app = await user("app");
  const byContext = { ...allow(app.arn, "kms:Encrypt"), Condition: { StringEquals: { "kms:EncryptionContext:cluster": "dev" } } };
  const byAlias = { ...allow(app.arn, "kms:DescribeKey"), Condition: { StringEquals: { "kms:RequestAlias": "alias/a" } } };
  const { id } = await key({ Policy: policy(ACCOUNT_DECIDES, byContext, byAlias) });
  await run("CreateAlias", { AliasName: "alias/a", TargetKeyId: id });
  await run("Encrypt", { KeyId: id, Plaintext, EncryptionContext: { cluster: "dev" } }, app);
  for (const EncryptionContext of [undefined, { cluster: "prod" }])
    await assert.rejects(run("Encrypt", { KeyId: id, Plaintext, ...(EncryptionContext && { EncryptionContext }) }, app), denied);
  await run("DescribeKey", { KeyId: "alias/a" }, app);
  await assert.rejects(run("DescribeKey", { KeyId: id }, app), denied);
});

test("who may not ask does not learn that there is no key", async () => {
  const { run, user } = createWorld();
  const KeyId = "11111111-2222-4333-8444-555555555555";
  await assert.rejects(run("DescribeKey", { KeyId }, await user("nobody")), denied);
  await assert.rejects(run("DescribeKey", { KeyId }, await user("reader", "kms:DescribeKey")), { code: "NotFoundException" });
});

test("a grant allows its operations to its grantee within its constraints, until revoked", async () => {
  const { run, key, user } = createWorld();
  const { id } = await key();
  const [app, other] = [await user("app"), await user("other")];
  const { GrantId } = await run("CreateGrant", {
    KeyId: id,
    GranteePrincipal: app.arn,
    Operations: ["Encrypt", "DescribeKey"],
    Constraints: { EncryptionContextSubset: { cluster: "dev" } },
  });
  const EncryptionContext = { cluster: "dev", more: "x" };
  await run("Encrypt", { KeyId: id, Plaintext, EncryptionContext }, app);
  await assert.rejects(run("Encrypt", { KeyId: id, Plaintext }, app), denied);
  await assert.rejects(run("Encrypt", { KeyId: id, Plaintext, EncryptionContext }, other), denied);
  await assert.rejects(run("PutKeyPolicy", { KeyId: id, Policy: policy(ACCOUNT_DECIDES) }, app), denied);
  assert.equal((await run("ListGrants", { KeyId: id })).Grants![0]!.GrantId, GrantId);
  await assert.rejects(run("RetireGrant", { KeyId: id, GrantId: GrantId! }, other), denied);
  await run("RevokeGrant", { KeyId: id, GrantId: GrantId! });
  await assert.rejects(run("Encrypt", { KeyId: id, Plaintext, EncryptionContext }, app), denied);
  await assert.rejects(run("RevokeGrant", { KeyId: id, GrantId: GrantId! }), { code: "NotFoundException" });
});

test("a named grant asked for twice is one; its retiring principal ends it", async () => {
  const { run, key, user } = createWorld();
  const { id } = await key();
  const [app, boss] = [await user("app"), await user("boss")];
  const wish = { KeyId: id, Name: "n", GranteePrincipal: app.arn, RetiringPrincipal: boss.arn, Operations: ["Decrypt" as const] };
  const [first, second] = [await run("CreateGrant", wish), await run("CreateGrant", wish)];
  assert.equal(first.GrantId, second.GrantId);
  assert.equal((await run("ListRetirableGrants", { RetiringPrincipal: boss.arn })).Grants!.length, 1);
  await run("RetireGrant", { GrantToken: first.GrantToken! }, boss);
  assert.deepEqual((await run("ListGrants", { KeyId: id })).Grants, []);
});

test("another account gets in by ARN where the policy lets it, for the operations that cross accounts", async () => {
  const { run, key } = createWorld();
  const closed = await key();
  const open = await key({ Policy: policy(ACCOUNT_DECIDES, allow(OTHER_ROOT.arn, "kms:*")) });
  await assert.rejects(run("DescribeKey", { KeyId: closed.arn }, OTHER_ROOT), denied);
  await run("DescribeKey", { KeyId: open.arn }, OTHER_ROOT);
  await assert.rejects(run("DescribeKey", { KeyId: open.id }, OTHER_ROOT), { code: "NotFoundException" });
  await assert.rejects(run("ScheduleKeyDeletion", { KeyId: open.arn }, OTHER_ROOT));
  assert.equal((await run("DescribeKey", { KeyId: open.id })).KeyMetadata!.KeyState, "Enabled");
});
