// The life of a cluster: what EKS makes in the account, updates, deletion, failures, and crashes in between.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessPolicyArn } from "../../src/services/eks/arn.ts";
import { control, type FakeClusters } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, type Ground, makeGround, makeSubnet, refusal, type World } from "./world.ts";

const KEY = `${ACCOUNT}/us-west-2/dev`;

async function begin(): Promise<{ world: World; ground: Ground }> {
  const world = createWorld();
  return { world, ground: await makeGround(world) };
}

const interfacesOf = async (world: World) =>
  (await world.ec2("DescribeNetworkInterfaces", { Filters: [{ Name: "description", Values: ["Amazon EKS dev"] }] })).NetworkInterfaces ??
  [];

const groupsOf = async (world: World) =>
  (await world.ec2("DescribeSecurityGroups", { Filters: [{ Name: "tag:kubernetes.io/cluster/dev", Values: ["owned"] }] })).SecurityGroups ??
  [];

const describe = async (world: World) => (await world.eks("DescribeCluster", { name: "dev" })).cluster!;

test("a cluster becomes ACTIVE with its group, interfaces, log group, entries, endpoint and issuer", async () => {
  const { world, ground } = await begin();
  const logging = { clusterLogging: [{ types: ["audit" as const], enabled: true }] };
  await world.eks("CreateCluster", { ...clusterRequest(ground), logging });
  const running = control(world);
  await running.settle();

  const cluster = await describe(world);
  assert.equal(cluster.status, "ACTIVE");
  const [group, ...others] = await groupsOf(world);
  assert.equal(others.length, 0);
  assert.match(group!.GroupName!, /^eks-cluster-sg-dev-\d{8,10}$/);
  assert.equal(cluster.resourcesVpcConfig?.clusterSecurityGroupId, group!.GroupId);
  assert.equal(
    group!.Description,
    "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any managed workloads.",
  );
  const tags = Object.fromEntries(group!.Tags!.map((tag) => [tag.Key, tag.Value]));
  assert.deepEqual(tags, { Name: group!.GroupName, "kubernetes.io/cluster/dev": "owned", "aws:eks:cluster-name": "dev" });
  assert.deepEqual(
    group!.IpPermissions?.map((rule) => [rule.IpProtocol, rule.UserIdGroupPairs?.[0]?.GroupId]),
    [["-1", group!.GroupId]],
  );
  assert.ok(group!.IpPermissionsEgress?.some((rule) => rule.IpRanges?.[0]?.CidrIp === "0.0.0.0/0"));
  assert.ok(group!.IpPermissionsEgress?.some((rule) => rule.UserIdGroupPairs?.[0]?.GroupId === group!.GroupId));

  const interfaces = await interfacesOf(world);
  assert.deepEqual(new Set(interfaces.map((each) => each.SubnetId)), new Set(ground.subnets.slice(0, 2)));
  assert.ok(interfaces.every((each) => each.RequesterManaged && each.Groups?.map((one) => one.GroupId).includes(group!.GroupId)));
  assert.ok(world.logGroups.has("/aws/eks/dev/cluster"));

  const hex = world.state.clusters.get(KEY)!.hexId;
  assert.match(hex, /^[0-9A-F]{32}$/);
  assert.ok(cluster.endpoint?.startsWith(`https://${hex}.`));
  assert.ok(cluster.identity?.oidc?.issuer?.endsWith(`/id/${hex}`));
  assert.equal(cluster.certificateAuthority?.data, "Q0E=");

  const { accessEntries } = await world.eks("ListAccessEntries", { clusterName: "dev" });
  assert.deepEqual(accessEntries, [
    `arn:aws:iam::${ACCOUNT}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS`,
    `arn:aws:iam::${ACCOUNT}:root`,
  ]);
  const { associatedAccessPolicies } = await world.eks("ListAssociatedAccessPolicies", {
    clusterName: "dev",
    principalArn: `arn:aws:iam::${ACCOUNT}:root`,
  });
  assert.deepEqual(
    associatedAccessPolicies?.map((policy) => policy.policyArn),
    [accessPolicyArn("aws", "AmazonEKSClusterAdminPolicy")],
  );
  const made = world.records.filter((record) => record.service === "ec2" && record.operation === "CreateNetworkInterface");
  assert.ok(made.every((record) => record.caller.arn === `arn:aws:sts::${ACCOUNT}:assumed-role/AWSServiceRoleForAmazonEKS/EKS`));
  assert.ok(made.every((record) => record.sourceIp === "eks.amazonaws.com"));
  await running.close();
  world.close();
});

test("in CONFIG_MAP mode no entries are made and the entry operations are refused", async () => {
  const { world, ground } = await begin();
  await world.eks("CreateCluster", { ...clusterRequest(ground), accessConfig: {} });
  const running = control(world);
  await running.settle();
  assert.equal(world.state.accessEntries.count(""), 0);
  const error = await refusal(world.eks("ListAccessEntries", { clusterName: "dev" }));
  assert.equal(error.code, "InvalidRequestException");
  assert.equal(
    error.message,
    "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
  );
  // Leaving the mode brings the creator's entry.
  await world.eks("UpdateClusterConfig", { name: "dev", accessConfig: { authenticationMode: "API_AND_CONFIG_MAP" } });
  await running.settle();
  assert.equal((await describe(world)).accessConfig?.authenticationMode, "API_AND_CONFIG_MAP");
  assert.equal((await world.eks("ListAccessEntries", { clusterName: "dev" })).accessEntries?.length, 2);
  await running.close();
  world.close();
});

test("deletion leaves nothing but the log group", async () => {
  const { world, ground } = await begin();
  await world.eks("CreateCluster", { ...clusterRequest(ground), logging: { clusterLogging: [{ types: ["api"], enabled: true }] } });
  const running = control(world);
  await running.settle();
  const { cluster } = await world.eks("DeleteCluster", { name: "dev" });
  assert.equal(cluster?.status, "DELETING");
  assert.equal((await world.eks("DeleteCluster", { name: "dev" })).cluster?.status, "DELETING");
  await running.settle();
  assert.equal((await refusal(world.eks("DescribeCluster", { name: "dev" }))).message, "No cluster found for name: dev.");
  assert.deepEqual(await interfacesOf(world), []);
  assert.deepEqual(await groupsOf(world), []);
  assert.equal(running.clusters.running.size, 0);
  for (const collection of [world.state.accessEntries, world.state.updates, world.state.associations, world.state.tokens]) {
    assert.equal(collection.count(KEY), 0);
  }
  assert.ok(world.logGroups.has("/aws/eks/dev/cluster"));
  await running.close();
  world.close();
});

test("realistic timing keeps the transitional status for as long as the service does", async () => {
  const { world, ground } = await begin();
  const running = control(world, { timing: { clusterCreate: 9 * 60_000, clusterDelete: 60_000 } });
  await world.eks("CreateCluster", clusterRequest(ground));
  await running.settle();
  assert.equal((await describe(world)).status, "CREATING");
  assert.equal((await describe(world)).resourcesVpcConfig?.clusterSecurityGroupId, undefined);
  await running.settle(1, 9 * 60_000);
  assert.equal((await describe(world)).status, "ACTIVE");
  await world.eks("DeleteCluster", { name: "dev" });
  await running.settle(1, 30_000);
  assert.equal((await describe(world)).status, "DELETING");
  await running.settle(1, 60_000);
  await refusal(describe(world));
  await running.close();
  world.close();
});

test("a subnet that vanishes makes the creation FAILED with a health issue; a runtime in trouble is given time first", async () => {
  const { world, ground } = await begin();
  await world.eks("CreateCluster", clusterRequest(ground));
  await world.ec2("DeleteSubnet", { SubnetId: ground.subnets[0]! });
  const running = control(world);
  await running.settle();
  const failed = await describe(world);
  assert.equal(failed.status, "FAILED");
  assert.deepEqual(failed.health?.issues, [
    {
      code: "Ec2SubnetNotFound",
      message: `${ground.subnets[0]} was deleted: could not create network interface`,
      resourceIds: [ground.subnets[0]],
    },
  ]);
  await world.eks("DeleteCluster", { name: "dev" });
  await running.settle();
  await refusal(describe(world));

  let failures = 0;
  (running.clusters as FakeClusters).trouble = () => {
    if (failures++ < 2) throw new Error("not yet");
  };
  await world.eks("CreateCluster", { ...clusterRequest(ground), resourcesVpcConfig: { subnetIds: ground.subnets.slice(1, 3) } });
  await running.settle();
  assert.equal((await describe(world)).status, "ACTIVE");
  await running.close();
  world.close();
});

test("killed at any call, a creation converges to one group, two interfaces and two entries", async () => {
  for (const after of [false, true]) {
    for (let at = 1; ; at++) {
      const { world, ground } = await begin();
      await world.eks("CreateCluster", clusterRequest(ground));
      const first = control(world, { crash: { at, after } });
      await first.settle(0);
      const died = first.calls.dead;
      await first.close();
      const second = control(world, { clusters: first.clusters, nodes: first.nodes });
      await second.settle();
      const message = `call ${at} ${after ? "after" : "before"}`;
      assert.equal((await describe(world)).status, "ACTIVE", message);
      assert.equal((await groupsOf(world)).length, 1, message);
      assert.equal((await interfacesOf(world)).length, 2, message);
      assert.equal(world.state.accessEntries.count(KEY), 2, message);
      const [group] = await groupsOf(world);
      assert.equal(group!.IpPermissions?.length, 1, message);
      await second.close();
      world.close();
      if (!died) break;
    }
  }
});

test("killed at any call, a subnet change ends with new interfaces only where they belong", async () => {
  for (const after of [false, true]) {
    for (let at = 1; ; at++) {
      const { world, ground } = await begin();
      await world.eks("CreateCluster", clusterRequest(ground));
      const making = control(world);
      await making.settle();
      await making.close();
      const before = new Set((await interfacesOf(world)).map((each) => each.NetworkInterfaceId));
      await world.eks("UpdateClusterConfig", { name: "dev", resourcesVpcConfig: { subnetIds: ground.subnets.slice(2, 4) } });
      const first = control(world, { clusters: making.clusters, crash: { at, after } });
      await first.settle(0);
      const died = first.calls.dead;
      await first.close();
      const second = control(world, { clusters: making.clusters });
      await second.settle();
      const message = `call ${at} ${after ? "after" : "before"}`;
      const interfaces = await interfacesOf(world);
      assert.deepEqual(interfaces.map((each) => each.SubnetId).sort(), [...ground.subnets.slice(2, 4)].sort(), message);
      assert.ok(
        interfaces.every((each) => !before.has(each.NetworkInterfaceId)),
        message,
      );
      const cluster = await describe(world);
      assert.equal(cluster.status, "ACTIVE", message);
      assert.deepEqual(cluster.resourcesVpcConfig?.subnetIds, ground.subnets.slice(2, 4), message);
      await second.close();
      world.close();
      if (!died) break;
    }
  }
});

test("killed at any call, a deletion leaves nothing", async () => {
  for (const after of [false, true]) {
    for (let at = 1; ; at++) {
      const { world, ground } = await begin();
      await world.eks("CreateCluster", clusterRequest(ground));
      const making = control(world);
      await making.settle();
      await making.close();
      await world.eks("DeleteCluster", { name: "dev" });
      const first = control(world, { clusters: making.clusters, crash: { at, after } });
      await first.settle(0);
      const died = first.calls.dead;
      await first.close();
      const second = control(world, { clusters: making.clusters });
      await second.settle();
      assert.equal(world.state.clusters.count(""), 0);
      assert.deepEqual(await interfacesOf(world), []);
      assert.deepEqual(await groupsOf(world), []);
      await second.close();
      world.close();
      if (!died) break;
    }
  }
});

test("at every update the group's own rules and tags come back, but not a closed way to the internet", async () => {
  const { world, ground } = await begin();
  await world.eks("CreateCluster", clusterRequest(ground));
  const running = control(world);
  await running.settle();
  const [group] = await groupsOf(world);
  const GroupId = group!.GroupId!;
  await world.ec2("RevokeSecurityGroupIngress", { GroupId, IpPermissions: group!.IpPermissions });
  await world.ec2("RevokeSecurityGroupEgress", {
    GroupId,
    IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  });
  await world.ec2("DeleteTags", { Resources: [GroupId], Tags: [{ Key: "Name" }] });
  await world.eks("UpdateClusterConfig", { name: "dev", deletionProtection: true });
  await running.settle();
  const [repaired] = await groupsOf(world);
  assert.equal(repaired!.IpPermissions?.length, 1);
  assert.equal(repaired!.Tags?.length, 3);
  assert.ok(!repaired!.IpPermissionsEgress?.some((rule) => rule.IpRanges?.length));
  await running.close();
  world.close();
});

test("at most four interfaces, one zone after the other", async () => {
  const { world, ground } = await begin();
  const more = await makeSubnet(world, ground.vpcId, "10.0.9.0/24", "us-west-2c");
  await world.eks("CreateCluster", {
    ...clusterRequest(ground),
    resourcesVpcConfig: { subnetIds: [ground.subnets[0]!, ground.subnets[2]!, ground.subnets[1]!, ground.subnets[3]!, more] },
  });
  const running = control(world);
  await running.settle();
  const subnets = (await interfacesOf(world)).map((each) => each.SubnetId).sort();
  assert.deepEqual(subnets, [ground.subnets[0], ground.subnets[1], more, ground.subnets[2]].sort());
  await running.close();
  world.close();
});
