// The KMS key of a cluster: what it must be, who must be let in, and the grant that EKS takes and gives back.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../src/aws/caller.ts";
import { control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, type Ground, makeGround, refusal, type World } from "./world.ts";

const NONE = `arn:aws:kms:us-west-2:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const INVALID = "The keyArn in encryptionConfig provider is invalid";

async function makeKey(world: World, policy?: object): Promise<{ id: string; arn: string }> {
  const { KeyMetadata } = await world.call("kms", "CreateKey", policy ? { Policy: JSON.stringify(policy) } : {});
  return { id: KeyMetadata!.KeyId!, arn: KeyMetadata!.Arn! };
}

const config = (keyArn: string) => [{ resources: ["secrets"], provider: { keyArn } }];
const create = (world: World, ground: Ground, keyArn: string, as: { caller?: Caller } = {}) =>
  world.eks("CreateCluster", { ...clusterRequest(ground), encryptionConfig: config(keyArn) }, as);
const grantsOf = async (world: World, KeyId: string) => (await world.call("kms", "ListGrants", { KeyId })).Grants ?? [];

/** A user whose policy has these statements. */
async function user(world: World, ...statements: object[]): Promise<Caller> {
  await world.call("iam", "CreateUser", { UserName: "ann" });
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  await world.call("iam", "PutUserPolicy", { UserName: "ann", PolicyName: "p", PolicyDocument });
  const { arn, id: userId } = world.iam.directory.user(ACCOUNT, "ann")!;
  return { kind: "user", partition: "aws", accountId: ACCOUNT, arn, userId, userName: "ann" };
}
const allow = (Action: string | string[], Resource = "*", Condition?: object) => ({
  ...{ Effect: "Allow", Action, Resource },
  ...(Condition && { Condition }),
});

test("a key that is missing, disabled or on its way out is refused", async () => {
  const world = createWorld();
  const ground = await makeGround(world);
  const disabled = await makeKey(world);
  await world.call("kms", "DisableKey", { KeyId: disabled.id });
  const doomed = await makeKey(world);
  await world.call("kms", "ScheduleKeyDeletion", { KeyId: doomed.id });
  const cases: [keyArn: string, message: string | RegExp][] = [
    [NONE, INVALID],
    ["nonsense", INVALID],
    ["", "KeyArn is required"],
    [`arn:aws:kms:us-west-2:${ACCOUNT}:alias/none`, INVALID],
    [`arn:aws:kms:eu-west-1:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`, /same region/],
    [disabled.arn, /is in state Disabled/],
    [doomed.arn, /is in state PendingDeletion/],
  ];
  for (const [keyArn, message] of cases) {
    const error = await refusal(create(world, ground, keyArn));
    assert.equal(error.code, "InvalidParameterException", keyArn);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
  }
  assert.equal(world.state.clusters.count(""), 0);
  assert.deepEqual(await grantsOf(world, doomed.id), []);
  world.close();
});

test("the cluster role gets a grant, which goes with the cluster", async () => {
  const world = createWorld();
  const ground = await makeGround(world);
  const key = await makeKey(world);
  await world.call("kms", "CreateAlias", { AliasName: "alias/eks", TargetKeyId: key.id });
  const alias = `arn:aws:kms:us-west-2:${ACCOUNT}:alias/eks`;
  const { cluster } = await create(world, ground, alias);
  assert.deepEqual(cluster?.encryptionConfig, config(alias));
  const [grant, ...others] = await grantsOf(world, key.id);
  assert.equal(others.length, 0);
  assert.equal(grant?.GranteePrincipal, ground.clusterRole);
  assert.deepEqual([...grant.Operations!].sort(), ["Decrypt", "DescribeKey", "Encrypt"]);
  const running = control(world);
  await running.settle();
  await world.eks("DeleteCluster", { name: "dev" });
  await running.settle();
  assert.equal(world.state.clusters.count(""), 0);
  assert.deepEqual(await grantsOf(world, key.id), []);
  await running.close();
  world.close();
});

test("the key decides with IAM whether the caller may", async () => {
  const world = createWorld();
  const ground = await makeGround(world);
  const key = await makeKey(world);
  const base = [allow("eks:*"), allow("iam:*")];
  const attempt = async (caller: Caller, keyArn = key.arn) => {
    const error = await refusal(create(world, ground, keyArn, { caller }));
    assert.equal(error.code, "InvalidRequestException");
    return error.message;
  };
  const ann = await user(world, ...base);
  assert.equal(await attempt(ann), "User not authorized to perform kms:DescribeKey operation");
  await world.call("iam", "PutUserPolicy", {
    ...{ UserName: "ann", PolicyName: "kms" },
    PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [allow("kms:DescribeKey")] }),
  });
  assert.equal(await attempt(ann), "User not authorized to perform kms:CreateGrant operation");
  const closed = { Version: "2012-10-17", Statement: [{ ...allow("kms:*"), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/ann` } }] };
  const resourceOnly = { BypassPolicyLockoutSafetyCheck: true, Policy: JSON.stringify(closed) };
  const { KeyMetadata } = await world.call("kms", "CreateKey", resourceOnly);
  const forResources = { Bool: { "kms:GrantIsForAWSResource": "true" } };
  await world.call("iam", "PutUserPolicy", {
    ...{ UserName: "ann", PolicyName: "kms" },
    PolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [allow("kms:DescribeKey"), allow("kms:CreateGrant", "*", forResources)],
    }),
  });
  const direct = { KeyId: key.id, GranteePrincipal: ground.clusterRole, Operations: ["Decrypt" as const] };
  assert.equal((await refusal(world.call("kms", "CreateGrant", direct, { caller: ann }))).code, "AccessDeniedException");
  await create(world, ground, key.arn, { caller: ann });
  const second = { ...clusterRequest(ground, "second"), encryptionConfig: config(KeyMetadata!.Arn!) };
  await world.eks("CreateCluster", second, { caller: ann });
  world.close();
});

test("a key is associated later, once and for good", async () => {
  const world = createWorld();
  const ground = await makeGround(world);
  await world.eks("CreateCluster", clusterRequest(ground));
  const running = control(world);
  await running.settle();
  const key = await makeKey(world);
  const attempt = (encryptionConfig: object[], more: object = {}) =>
    world.eks("AssociateEncryptionConfig", { clusterName: "dev", encryptionConfig, ...more });
  const wrong = [[], [{ resources: ["pods"], provider: { keyArn: key.arn } }], config("x"), config(NONE)];
  for (const bad of wrong) assert.equal((await refusal(attempt(bad))).code, "InvalidParameterException");
  const { update } = await attempt(config(key.arn), { clientRequestToken: "t" });
  assert.equal(update?.type, "AssociateEncryptionConfig");
  assert.deepEqual(update.params, [{ type: "EncryptionConfig", value: JSON.stringify(config(key.arn)) }]);
  assert.equal((await attempt(config(key.arn), { clientRequestToken: "t" })).update?.id, update.id);
  await running.settle();
  assert.deepEqual((await world.eks("DescribeCluster", { name: "dev" })).cluster?.encryptionConfig, config(key.arn));
  assert.equal((await grantsOf(world, key.id)).length, 1);
  assert.equal((await refusal(attempt(config(key.arn)))).code, "InvalidRequestException");
  await running.close();
  world.close();
});
