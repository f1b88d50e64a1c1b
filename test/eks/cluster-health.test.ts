// Health of a cluster: what it stands on goes away, is named, and comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { control } from "./runtimes.ts";
import { clusterRequest, createWorld, makeGround, makeRole, makeSubnet, trust } from "./world.ts";

const SOON = 10;
/** Beyond the time after which a cluster is looked at without a reason. */
const LATER = 3_601_000;

async function begin() {
  const world = createWorld();
  const ground = await makeGround(world);
  const { KeyMetadata } = await world.call("kms", "CreateKey", {});
  const group = await world.ec2("CreateSecurityGroup", { GroupName: "extra", Description: "x", VpcId: ground.vpcId });
  const request = clusterRequest(ground);
  await world.eks("CreateCluster", {
    ...request,
    resourcesVpcConfig: { ...request.resourcesVpcConfig, securityGroupIds: [group.GroupId!] },
    encryptionConfig: [{ resources: ["secrets"], provider: { keyArn: KeyMetadata!.Arn! } }],
  });
  const running = control(world);
  await running.settle(1, LATER);
  const issues = async () => (await world.eks("DescribeCluster", { name: "dev" })).cluster?.health?.issues ?? [];
  /** Codes and resources after the next look. */
  const look = async (after = SOON) => {
    await running.settle(1, after);
    return (await issues()).map(({ code, resourceIds }) => [code, resourceIds]);
  };
  const finish = async () => {
    await running.close();
    world.close();
  };
  return { world, ground, running, keyId: KeyMetadata!.KeyId!, keyArn: KeyMetadata!.Arn!, groupId: group.GroupId!, issues, look, finish };
}

test("a healthy cluster has no issues, and is not looked at all the time", async () => {
  const { world, look, finish } = await begin();
  assert.deepEqual(await look(LATER), []);
  const before = world.records.length;
  await world.clock.step(1000);
  assert.equal(world.records.length, before);
  await finish();
});

test("the cluster role, deleted, distrusting and mended", async () => {
  const { world, ground, look, issues, finish } = await begin();
  await world.call("iam", "UpdateAssumeRolePolicy", { RoleName: "cluster", PolicyDocument: trust("ec2.amazonaws.com") });
  assert.deepEqual(await look(), [["AccessDenied", [ground.clusterRole]]]);
  await world.call("iam", "DeleteRole", { RoleName: "cluster" });
  assert.deepEqual(await look(), [["IamRoleNotFound", [ground.clusterRole]]]);
  assert.match((await issues())[0]?.message ?? "", /does not exist: arn:aws:iam::/);
  await makeRole(world, "cluster", trust("eks.amazonaws.com"));
  assert.deepEqual(await look(), []);
  await finish();
});

test("the key, disabled, marked for deletion, its grant revoked, and gone", async () => {
  const { world, keyId, keyArn, look, finish } = await begin();
  await world.call("kms", "DisableKey", { KeyId: keyId });
  assert.deepEqual(await look(), [["KmsKeyDisabled", [keyArn]]]);
  await world.call("kms", "EnableKey", { KeyId: keyId });
  assert.deepEqual(await look(), []);
  await world.call("kms", "ScheduleKeyDeletion", { KeyId: keyId, PendingWindowInDays: 7 });
  assert.deepEqual(await look(), [["KmsKeyMarkedForDeletion", [keyArn]]]);
  await world.call("kms", "CancelKeyDeletion", { KeyId: keyId });
  await world.call("kms", "EnableKey", { KeyId: keyId });
  assert.deepEqual(await look(), []);
  const { Grants = [] } = await world.call("kms", "ListGrants", { KeyId: keyId });
  await world.call("kms", "RevokeGrant", { KeyId: keyId, GrantId: Grants[0]!.GrantId! });
  assert.deepEqual(await look(), [["KmsGrantRevoked", [keyArn]]]);
  await world.call("kms", "ScheduleKeyDeletion", { KeyId: keyId, PendingWindowInDays: 7 });
  await world.clock.step(8 * 24 * 3600 * 1000);
  assert.deepEqual(await look(LATER), [["KmsKeyNotFound", [keyArn]]]);
  await world.eks("DeleteCluster", { name: "dev" });
  await finish();
});

test("subnets and groups: gone or full until the cluster's settings leave them, at once after that update", async () => {
  const { world, ground, running, groupId, look, issues, finish } = await begin();
  const tiny = await makeSubnet(world, ground.vpcId, "10.0.200.0/28", "us-west-2a");
  const key = world.state.clusters.entries()[0]![0];
  const record = world.state.clusters.get(key)!;
  // As if the cluster had had more subnets than it has interfaces: those without one can be deleted.
  world.state.clusters.put(key, { ...record, subnetIds: [...record.subnetIds, tiny, "subnet-0123456789abcdef0"] });
  assert.deepEqual(await look(LATER), [["Ec2SubnetNotFound", ["subnet-0123456789abcdef0"]]]);
  for (let taken = 0; taken < 7; taken++) await world.ec2("CreateNetworkInterface", { SubnetId: tiny });
  assert.deepEqual(await look(LATER), [
    ["Ec2SubnetNotFound", ["subnet-0123456789abcdef0"]],
    ["InsufficientFreeAddresses", [tiny]],
  ]);
  world.state.clusters.put(key, { ...world.state.clusters.get(key)!, securityGroupIds: [groupId, "sg-0123456789abcdef0"] });
  assert.deepEqual((await look(LATER)).at(-1), ["Ec2SecurityGroupNotFound", ["sg-0123456789abcdef0"]]);
  await world.eks("UpdateClusterConfig", {
    name: "dev",
    resourcesVpcConfig: { subnetIds: ground.subnets.slice(0, 2), securityGroupIds: [groupId] },
  });
  await running.settle(1, SOON);
  assert.deepEqual(await issues(), [], "the end of an update is a reason to look");
  await finish();
});
