// The life of a node group: machines, access, scaling, replacement, rolling updates, deletion, failures, and crashes in between.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instance } from "@aws-sdk/client-ec2";
import { type Control, control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, type Ground, makeGround, refusal, type World } from "./world.ts";

const KEY = `${ACCOUNT}/us-west-2/dev`;

interface Scene {
  world: World;
  ground: Ground;
  running: Control;
}

/** A cluster that is ACTIVE. */
async function begin(accessConfig: object = { authenticationMode: "API" }, options: Parameters<typeof control>[1] = {}): Promise<Scene> {
  const world = createWorld();
  const ground = await makeGround(world);
  await world.eks("CreateCluster", { ...clusterRequest(ground), accessConfig });
  const running = control(world, options);
  await running.settle();
  return { world, ground, running };
}

const end = async ({ world, running }: Scene) => {
  await running.close();
  world.close();
};

const request = (ground: Ground, size = 2) => ({
  clusterName: "dev",
  nodegroupName: "workers",
  nodeRole: ground.nodeRole,
  subnets: [...ground.subnets.slice(0, 2)],
  scalingConfig: { minSize: 0, maxSize: 10, desiredSize: size },
  instanceTypes: ["m5.large"],
  labels: { team: "a" },
  taints: [{ key: "dedicated", value: "x", effect: "NO_SCHEDULE" as const }],
});

const describe = async (world: World) =>
  (await world.eks("DescribeNodegroup", { clusterName: "dev", nodegroupName: "workers" })).nodegroup!;

async function live(world: World): Promise<Instance[]> {
  const filters = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
  const { Reservations } = await world.ec2("DescribeInstances", { Filters: filters });
  return (Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
}

const kubeOf = ({ running }: Scene) => running.clusters.kube(KEY)!;

test("a group becomes ACTIVE with tagged instances over its subnets, a profile, an access entry and labelled nodes", async () => {
  const scene = await begin();
  const { world, ground, running } = scene;
  const { nodegroup } = await world.eks("CreateNodegroup", request(ground));
  assert.equal(nodegroup?.status, "CREATING");
  assert.equal(nodegroup.resources, undefined);
  await running.settle();

  const active = await describe(world);
  assert.equal(active.status, "ACTIVE");
  assert.match(active.resources?.autoScalingGroups?.[0]?.name ?? "", /^eks-workers-[0-9a-f-]{36}$/);
  assert.equal(active.amiType, "AL2023_x86_64_STANDARD");
  assert.match(active.releaseVersion!, /^1\.34\.\d+-\d{8}$/);
  assert.deepEqual(active.health, { issues: [] });

  const instances = await live(world);
  assert.deepEqual(instances.map((each) => each.SubnetId).sort(), [...ground.subnets.slice(0, 2)].sort());
  const cluster = (await world.eks("DescribeCluster", { name: "dev" })).cluster!;
  for (const instance of instances) {
    const tags = Object.fromEntries(instance.Tags!.map((tag) => [tag.Key, tag.Value]));
    assert.equal(tags["eks:cluster-name"], "dev");
    assert.equal(tags["eks:nodegroup-name"], "workers");
    assert.equal(tags["kubernetes.io/cluster/dev"], "owned");
    assert.equal(tags["aws:autoscaling:groupName"], active.resources?.autoScalingGroups?.[0]?.name);
    assert.deepEqual(
      instance.SecurityGroups?.map((group) => group.GroupId),
      [cluster.resourcesVpcConfig?.clusterSecurityGroupId],
    );
    assert.match(instance.IamInstanceProfile?.Arn ?? "", /:instance-profile\/eks-[0-9a-f-]{36}$/);
    assert.equal(instance.InstanceType, "m5.large");
  }
  const { accessEntry } = await world.eks("DescribeAccessEntry", { clusterName: "dev", principalArn: ground.nodeRole });
  assert.equal(accessEntry?.type, "EC2_LINUX");
  assert.equal(accessEntry.username, "system:node:{{EC2PrivateDNSName}}");
  assert.deepEqual(accessEntry.kubernetesGroups, ["system:nodes"]);
  assert.equal(kubeOf(scene).get("configmaps", "kube-system", "aws-auth"), undefined);

  const node = kubeOf(scene).list("nodes")[0]!;
  assert.equal(node.metadata.labels?.team, "a");
  assert.equal(node.metadata.labels?.["eks.amazonaws.com/nodegroup"], "workers");
  assert.equal(node.metadata.labels?.["eks.amazonaws.com/capacityType"], "ON_DEMAND");
  assert.equal(node.metadata.labels?.["eks.amazonaws.com/nodegroup-image"], instances[0]!.ImageId);
  assert.deepEqual(node.spec.taints, [{ key: "dedicated", value: "x", effect: "NoSchedule" }]);

  const launches = world.records.filter((record) => record.operation === "RunInstances");
  assert.ok(launches.every((record) => record.caller.arn.includes("AWSServiceRoleForAmazonEKSNodegroup/EKS")));
  assert.equal((await refusal(world.eks("DeleteCluster", { name: "dev" }))).message, "Cluster has nodegroups attached");
  await end(scene);
});

test("where the ConfigMap counts, the node role is in aws-auth", async () => {
  const scene = await begin({});
  await scene.world.eks("CreateNodegroup", request(scene.ground, 1));
  await scene.running.settle();
  const map = kubeOf(scene).get("configmaps", "kube-system", "aws-auth");
  assert.match(map?.data.mapRoles, /rolearn: arn:aws:iam::111122223333:role\/node\n/);
  assert.match(map?.data.mapRoles, /system:node:\{\{EC2PrivateDNSName\}\}/);
  assert.equal(scene.world.state.accessEntries.count(""), 0);
  await end(scene);
});

test("sizes, labels and taints follow an update; the update tells what changed", async () => {
  const scene = await begin();
  const { world, ground, running } = scene;
  await world.eks("CreateNodegroup", request(ground, 1));
  await running.settle();
  await kubeOf(scene).patch("nodes", "", kubeOf(scene).list("nodes")[0]!.metadata.name, "merge", {
    metadata: { labels: { mine: "stays" } },
  });
  const { update } = await world.eks("UpdateNodegroupConfig", {
    clusterName: "dev",
    nodegroupName: "workers",
    scalingConfig: { minSize: 1, maxSize: 5, desiredSize: 3 },
    labels: { addOrUpdateLabels: { tier: "web" }, removeLabels: ["team"] },
    taints: { removeTaints: [{ key: "dedicated", effect: "NO_SCHEDULE" }] },
  });
  assert.equal(update?.type, "ConfigUpdate");
  assert.equal(update.status, "InProgress");
  assert.deepEqual(
    update.params?.map((param) => [param.type, param.value]),
    [
      ["MinSize", "1"],
      ["MaxSize", "5"],
      ["DesiredSize", "3"],
      ["LabelsToAdd", '{"tier":"web"}'],
      ["LabelsToRemove", '["team"]'],
      ["TaintsToRemove", '[{"key":"dedicated","effect":"NO_SCHEDULE"}]'],
    ],
  );
  assert.equal((await describe(world)).status, "UPDATING");
  assert.equal(
    (await refusal(world.eks("DeleteNodegroup", { clusterName: "dev", nodegroupName: "workers" }))).code,
    "ResourceInUseException",
  );
  await running.settle(3);
  const after = await describe(world);
  assert.equal(after.status, "ACTIVE");
  assert.deepEqual(after.labels, { tier: "web" });
  assert.equal(after.taints, undefined);
  assert.equal((await live(world)).length, 3);
  const first = kubeOf(scene).list("nodes")[0]!;
  assert.deepEqual([first.metadata.labels?.mine, first.metadata.labels?.tier, first.metadata.labels?.team], ["stays", "web", undefined]);
  assert.deepEqual(first.spec.taints, []);
  const described = await world.eks("DescribeUpdate", { name: "dev", nodegroupName: "workers", updateId: update.id });
  assert.equal(described.update?.status, "Successful");
  assert.equal((await refusal(world.eks("DescribeUpdate", { name: "dev", updateId: update.id }))).code, "ResourceNotFoundException");

  await world.eks("UpdateNodegroupConfig", {
    ...{ clusterName: "dev", nodegroupName: "workers" },
    scalingConfig: { minSize: 0, maxSize: 5, desiredSize: 0 },
  });
  await running.settle(5);
  assert.equal((await live(world)).length, 0);
  assert.deepEqual(kubeOf(scene).list("nodes"), []);
  await end(scene);
});

test("an instance that somebody terminates is replaced, and its node goes", async () => {
  const scene = await begin();
  const { world, ground, running } = scene;
  await world.eks("CreateNodegroup", request(ground));
  await running.settle();
  const [victim, survivor] = await live(world);
  await world.ec2("TerminateInstances", { InstanceIds: [victim!.InstanceId!] });
  await running.settle(2, 31_000);
  const instances = await live(world);
  assert.equal(instances.length, 2);
  assert.ok(instances.some((each) => each.InstanceId === survivor!.InstanceId));
  assert.deepEqual(running.nodes.shut, [victim!.InstanceId]);
  assert.equal(kubeOf(scene).list("nodes").length, 2);
  assert.equal((await describe(world)).status, "ACTIVE");
  await end(scene);
});

test("an instance that only wears the group's tags is none of its own", async () => {
  const scene = await begin();
  const { world, ground, running } = scene;
  const tags = [
    { Key: "eks:cluster-name", Value: "dev" },
    { Key: "eks:nodegroup-name", Value: "workers" },
  ];
  await world.ec2("RunInstances", {
    ...{ MinCount: 1, MaxCount: 1, ImageId: "ami-0123456789abcdef0", InstanceType: "t3.micro", SubnetId: ground.subnets[0] },
    TagSpecifications: [{ ResourceType: "instance", Tags: tags }],
  });
  await world.eks("CreateNodegroup", request(ground, 1));
  await running.settle();
  assert.equal(running.nodes.booted.size, 1);
  await world.eks("DeleteNodegroup", { clusterName: "dev", nodegroupName: "workers" });
  await running.settle(3);
  assert.equal((await live(world)).length, 1);
  await end(scene);
});

test("nodes that do not join in time fail the group", async () => {
  const scene = await begin();
  const { world, ground, running } = scene;
  running.nodes.hold = true;
  await world.eks("CreateNodegroup", request(ground));
  await running.settle(2);
  assert.equal((await describe(world)).status, "CREATING");
  await running.settle(1, 16 * 60_000);
  const failed = await describe(world);
  assert.equal(failed.status, "CREATE_FAILED");
  const [issue] = failed.health!.issues!;
  assert.equal(issue!.code, "NodeCreationFailure");
  assert.equal(issue!.message, "Instances failed to join the kubernetes cluster");
  assert.equal(issue!.resourceIds!.length, 2);
  await world.eks("DeleteNodegroup", { clusterName: "dev", nodegroupName: "workers" });
  await running.settle(3);
  assert.equal((await live(world)).length, 0);
  await end(scene);
});

test("a public subnet that gives no public addresses fails the group", async () => {
  const scene = await begin();
  const { world, ground, running } = scene;
  const { InternetGateway } = await world.ec2("CreateInternetGateway", {});
  const InternetGatewayId = InternetGateway!.InternetGatewayId!;
  await world.ec2("AttachInternetGateway", { InternetGatewayId, VpcId: ground.vpcId });
  const { RouteTables } = await world.ec2("DescribeRouteTables", { Filters: [{ Name: "vpc-id", Values: [ground.vpcId] }] });
  await world.ec2("CreateRoute", {
    RouteTableId: RouteTables![0]!.RouteTableId,
    DestinationCidrBlock: "0.0.0.0/0",
    GatewayId: InternetGatewayId,
  });
  await world.eks("CreateNodegroup", request(ground));
  await running.settle();
  const failed = await describe(world);
  assert.equal(failed.status, "CREATE_FAILED");
  assert.equal(failed.health?.issues?.[0]?.code, "Ec2SubnetInvalidConfiguration");
  await end(scene);
});

test("a version update replaces node by node and never falls below the size wanted", async () => {
  const scene = await begin();
  const { world, ground, running } = scene;
  await world.eks("CreateNodegroup", { ...request(ground, 2), releaseVersion: "1.34.4-20260304" });
  await running.settle();
  const old = new Set((await live(world)).map((each) => each.InstanceId));
  const { update } = await world.eks("UpdateNodegroupVersion", { clusterName: "dev", nodegroupName: "workers" });
  assert.equal(update?.type, "VersionUpdate");
  let least = 2;
  for (let round = 0; round < 20 && (await describe(world)).status !== "ACTIVE"; round++) {
    await running.settle(1, 500);
    least = Math.min(least, (await live(world)).length);
  }
  const after = await describe(world);
  assert.equal(after.status, "ACTIVE");
  assert.equal(after.releaseVersion, "1.34.4-20260415");
  assert.equal(least, 2);
  const instances = await live(world);
  assert.equal(instances.length, 2);
  assert.ok(instances.every((each) => !old.has(each.InstanceId)));
  assert.equal(kubeOf(scene).list("nodes").length, 2);
  await end(scene);
});

test("killed at any call, a group converges to its size, one profile and one entry; so does its deletion", async () => {
  for (const after of [false, true]) {
    for (let at = 1; ; at += 1) {
      const scene = await begin();
      const { world, ground, running } = scene;
      await running.close();
      await world.eks("CreateNodegroup", request(ground));
      const first = control(world, { clusters: running.clusters, nodes: running.nodes, crash: { at, after } });
      await first.settle(0);
      const died = first.calls.dead;
      await first.close();
      const second = control(world, { clusters: running.clusters, nodes: running.nodes });
      await second.settle(2);
      const message = `call ${at} ${after ? "after" : "before"}`;
      assert.equal((await describe(world)).status, "ACTIVE", message);
      assert.equal((await live(world)).length, 2, message);
      assert.equal(kubeOf(scene).list("nodes").length, 2, message);
      await second.close();

      await world.eks("DeleteNodegroup", { clusterName: "dev", nodegroupName: "workers" });
      const third = control(world, { clusters: running.clusters, nodes: running.nodes, crash: { at, after } });
      await third.settle(0);
      await third.close();
      const fourth = control(world, { clusters: running.clusters, nodes: running.nodes });
      await fourth.settle(3);
      assert.equal((await refusal(describe(world))).message, "No node group found for name: workers.", message);
      assert.equal((await live(world)).length, 0, message);
      const { InstanceProfiles } = await world.call("iam", "ListInstanceProfiles", {});
      assert.deepEqual(InstanceProfiles, [], message);
      assert.deepEqual((await world.ec2("DescribeLaunchTemplates", {})).LaunchTemplates, [], message);
      await fourth.close();
      world.close();
      if (!died) break;
    }
  }
});
