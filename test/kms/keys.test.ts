// Keys, aliases, tags, rotation and deletion.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, ACCOUNT_DECIDES, allow, createWorld, DAY, OTHER_ROOT, policy, REGION } from "./world.ts";

const NOBODYS = "11111111-2222-4333-8444-555555555555";

test("a new key is enabled, symmetric and the account's", async () => {
  const { run, key } = createWorld();
  const { id, arn } = await key({ Description: "d", Tags: [{ TagKey: "team", TagValue: "a" }] });
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(arn, `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`);
  const { KeyMetadata } = await run("DescribeKey", { KeyId: arn });
  assert.deepEqual(
    [KeyMetadata!.KeyState, KeyMetadata!.Enabled, KeyMetadata!.KeySpec, KeyMetadata!.KeyManager, KeyMetadata!.Description],
    ["Enabled", true, "SYMMETRIC_DEFAULT", "CUSTOMER", "d"],
  );
  assert.deepEqual((await run("ListResourceTags", { KeyId: id })).Tags, [{ TagKey: "team", TagValue: "a" }]);
  assert.deepEqual((await run("ListKeys", {})).Keys, [{ KeyId: id, KeyArn: arn }]);
  assert.deepEqual((await run("ListKeys", {}, OTHER_ROOT)).Keys, []);
  const { Policy } = await run("GetKeyPolicy", { KeyId: id });
  assert.deepEqual(JSON.parse(Policy!).Statement[0].Principal, { AWS: `arn:aws:iam::${ACCOUNT}:root` });
});

for (const [what, input] of [
  ["RSA keys", { KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" }],
  ["imported material", { Origin: "EXTERNAL" }],
  ["multi-Region keys", { MultiRegion: true }],
] as const) {
  test(`${what} are refused by name`, async () => {
    await assert.rejects(createWorld().key(input), { code: "UnsupportedOperationException", message: /^Atoll does not implement/ });
  });
}

test("a key is found by id, ARN, alias and alias ARN, and by nothing else", async () => {
  const { run, key } = createWorld();
  const { id, arn } = await key();
  await run("CreateAlias", { AliasName: "alias/eks/a", TargetKeyId: id });
  for (const KeyId of [id, arn, "alias/eks/a", `arn:aws:kms:${REGION}:${ACCOUNT}:alias/eks/a`]) {
    assert.equal((await run("DescribeKey", { KeyId })).KeyMetadata!.KeyId, id);
  }
  const missing = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${NOBODYS}`;
  for (const [KeyId, message] of [
    [NOBODYS, `Key '${missing}' does not exist`],
    [missing, `Key '${missing}' does not exist`],
    ["alias/none", `Alias arn:aws:kms:${REGION}:${ACCOUNT}:alias/none is not found.`],
    ["nonsense", "Invalid keyId 'nonsense'"],
    [arn.replace(REGION, "us-east-1"), "Invalid arn us-east-1"],
  ] as const) {
    await assert.rejects(run("DescribeKey", { KeyId }), { code: "NotFoundException", message });
  }
});

test("aliases: unique, moved, listed by key, reserved names refused", async () => {
  const { run, key } = createWorld();
  const [one, two] = [await key(), await key()];
  await run("CreateAlias", { AliasName: "alias/a", TargetKeyId: one.id });
  await assert.rejects(run("CreateAlias", { AliasName: "alias/a", TargetKeyId: two.id }), { code: "AlreadyExistsException" });
  await assert.rejects(run("CreateAlias", { AliasName: "alias/aws/eks", TargetKeyId: one.id }), { code: "NotAuthorizedException" });
  await assert.rejects(run("CreateAlias", { AliasName: "a", TargetKeyId: one.id }), { code: "ValidationException" });
  await run("UpdateAlias", { AliasName: "alias/a", TargetKeyId: two.arn });
  assert.deepEqual((await run("ListAliases", { KeyId: one.id })).Aliases, []);
  assert.equal((await run("ListAliases", {})).Aliases![0]!.TargetKeyId, two.id);
  await run("DeleteAlias", { AliasName: "alias/a" });
  await assert.rejects(run("DeleteAlias", { AliasName: "alias/a" }), { code: "NotFoundException" });
});

test("rotation tells when it comes next", async () => {
  const { run, key, clock } = createWorld();
  const { id, arn } = await key();
  assert.deepEqual(await run("GetKeyRotationStatus", { KeyId: id }), { KeyId: arn, KeyRotationEnabled: false });
  await run("EnableKeyRotation", { KeyId: id, RotationPeriodInDays: 90 });
  await clock.step(100 * DAY);
  const { RotationPeriodInDays, NextRotationDate } = await run("GetKeyRotationStatus", { KeyId: id });
  assert.deepEqual([RotationPeriodInDays, NextRotationDate], [90, new Date(Date.parse("2026-05-01T00:00:00Z") + 180 * DAY)]);
  await run("DisableKeyRotation", { KeyId: id });
  assert.equal((await run("GetKeyRotationStatus", { KeyId: id })).KeyRotationEnabled, false);
});

test("deletion waits, can be cancelled, and takes aliases along", async () => {
  const { run, key, clock } = createWorld();
  const { id, arn } = await key();
  await run("CreateAlias", { AliasName: "alias/a", TargetKeyId: id });
  for (const PendingWindowInDays of [6, 31])
    await assert.rejects(run("ScheduleKeyDeletion", { KeyId: id, PendingWindowInDays }), { code: "ValidationException" });
  await run("ScheduleKeyDeletion", { KeyId: id, PendingWindowInDays: 7 });
  assert.equal((await run("DescribeKey", { KeyId: id })).KeyMetadata!.KeyState, "PendingDeletion");
  await assert.rejects(run("Encrypt", { KeyId: id, Plaintext: Buffer.from("x") }), {
    code: "KMSInvalidStateException",
    message: `${arn} is pending deletion.`,
  });
  await run("CancelKeyDeletion", { KeyId: id });
  assert.equal((await run("DescribeKey", { KeyId: id })).KeyMetadata!.KeyState, "Disabled");
  await run("ScheduleKeyDeletion", { KeyId: id, PendingWindowInDays: 7 });
  await clock.step(7 * DAY);
  await assert.rejects(run("DescribeKey", { KeyId: id }), { code: "NotFoundException" });
  await assert.rejects(run("DescribeKey", { KeyId: "alias/a" }), { code: "NotFoundException" });
  assert.deepEqual((await run("ListKeys", {})).Keys, []);
});

test("tags: reserved, doubled and too many are refused, and then nothing is written", async () => {
  const { run, key } = createWorld();
  const { id } = await key({ Tags: [{ TagKey: "a", TagValue: "1" }] });
  const many = Array.from({ length: 50 }, (_, i) => ({ TagKey: `k${i}`, TagValue: "" }));
  for (const Tags of [
    [{ TagKey: "aws:x", TagValue: "" }],
    [
      { TagKey: "b", TagValue: "1" },
      { TagKey: "b", TagValue: "2" },
    ],
    many,
  ])
    await assert.rejects(run("TagResource", { KeyId: id, Tags }), { code: "TagException" });
  await run("TagResource", { KeyId: id, Tags: [{ TagKey: "b", TagValue: "2" }] });
  await run("UntagResource", { KeyId: id, TagKeys: ["a", "never"] });
  assert.deepEqual((await run("ListResourceTags", { KeyId: id })).Tags, [{ TagKey: "b", TagValue: "2" }]);
});

test("listings go page by page", async () => {
  const { run, key } = createWorld();
  const ids = new Set<string>();
  for (let i = 0; i < 5; i++) ids.add((await key()).id);
  const seen: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await run("ListKeys", { Limit: 2, ...(Marker !== undefined && { Marker }) });
    assert.equal(page.Truncated, page.NextMarker !== undefined);
    seen.push(...page.Keys!.map(({ KeyId }) => KeyId!));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  assert.deepEqual(new Set(seen), ids);
  await assert.rejects(run("ListKeys", { Marker: "x" }), { code: "InvalidMarkerException" });
});

for (const [what, text, message] of [
  ["no JSON", "{", /./],
  ["no principal", policy({ Effect: "Allow", Action: "kms:*", Resource: "*" }), /principal/i],
  ["somebody who does not exist", policy(ACCOUNT_DECIDES, allow(`arn:aws:iam::${ACCOUNT}:role/none`, "kms:Decrypt")), /invalid principals/],
  ["nobody who could change it", policy(allow(ACCOUNT, "kms:Decrypt")), /will not allow you to update the key policy/],
] as const) {
  test(`a key policy with ${what} is refused`, async () => {
    const { run, key } = createWorld();
    await assert.rejects(key({ Policy: text }), { code: "MalformedPolicyDocumentException", message });
    assert.deepEqual((await run("ListKeys", {})).Keys, []);
    const { id } = await key();
    await assert.rejects(run("PutKeyPolicy", { KeyId: id, Policy: text }), { code: "MalformedPolicyDocumentException" });
  });
}
