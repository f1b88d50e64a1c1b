// The groups behind node groups through the official client: seen, tagged, resized.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  AutoScalingClient,
  CreateOrUpdateTagsCommand,
  DeleteTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeScalingActivitiesCommand,
  DescribeTagsCommand,
  SetDesiredCapacityCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { DescribeNodegroupCommand } from "@aws-sdk/client-eks";
import { REGION, type TestAtoll } from "../support/atoll.ts";
import { createUser, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let test_: TestAtoll;
let autoscaling: AutoScalingClient;
let group: string;
let clusterName: string;
let nodegroupName: string;

const settings = () => ({ endpoint: test_.atoll.endpoint, region: REGION, credentials: test_.root, maxAttempts: 1 });
const describeGroup = async () =>
  (await autoscaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }))).AutoScalingGroups![0]!;
const describeNodegroup = async () =>
  (await test_.clients.eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }))).nodegroup!;

before(async () => {
  const scenario = await startScenario();
  test_ = scenario.test;
  autoscaling = new AutoScalingClient(settings());
  const { AutoScalingGroups = [] } = await autoscaling.send(new DescribeAutoScalingGroupsCommand({}));
  const tag = (key: string) => AutoScalingGroups[0]?.Tags?.find(({ Key }) => Key === key)?.Value;
  group = AutoScalingGroups[0]!.AutoScalingGroupName!;
  clusterName = tag("eks:cluster-name")!;
  nodegroupName = tag("eks:nodegroup-name")!;
});
after(async () => {
  autoscaling.destroy();
  await test_.close();
});

test("the group is the node group's, with its sizes, subnets, tags and instances", async () => {
  const nodegroup = await describeNodegroup();
  assert.equal(nodegroup.resources?.autoScalingGroups?.[0]?.name, group);
  const seen = await describeGroup();
  const { minSize, maxSize, desiredSize } = nodegroup.scalingConfig!;
  assert.deepEqual([seen.MinSize, seen.MaxSize, seen.DesiredCapacity], [minSize, maxSize, desiredSize]);
  assert.equal(seen.VPCZoneIdentifier, nodegroup.subnets!.join(","));
  assert.match(seen.AutoScalingGroupARN!, /:autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName\/eks-/);
  assert.ok(seen.Tags!.some(({ Key, PropagateAtLaunch }) => Key === `k8s.io/cluster-autoscaler/${clusterName}` && PropagateAtLaunch));
  const { Reservations = [] } = await test_.clients.ec2.send(new DescribeInstancesCommand({}));
  const ids = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId)).sort();
  assert.deepEqual(
    seen.Instances!.map(({ InstanceId }) => InstanceId),
    ids,
  );
  assert.ok(seen.Instances!.every(({ LifecycleState, HealthStatus }) => LifecycleState === "InService" && HealthStatus === "Healthy"));
  const { AutoScalingInstances } = await autoscaling.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [ids[0]!] }));
  assert.deepEqual(
    AutoScalingInstances!.map(({ AutoScalingGroupName }) => AutoScalingGroupName),
    [group],
  );
});

test("groups are found by tag", async () => {
  const find = async (...Filters: { Name: string; Values: string[] }[]) =>
    (await autoscaling.send(new DescribeAutoScalingGroupsCommand({ Filters }))).AutoScalingGroups!.length;
  assert.equal(await find({ Name: "tag-key", Values: ["k8s.io/cluster-autoscaler/enabled"] }), 1);
  assert.equal(await find({ Name: "tag:eks:cluster-name", Values: [clusterName] }, { Name: "tag-value", Values: ["owned"] }), 1);
  assert.equal(await find({ Name: "tag:eks:cluster-name", Values: ["other"] }), 0);
  await assert.rejects(find({ Name: "colour", Values: [] }), { name: "ValidationError" });
});

test("customers' tags come and go; what Atoll would not do is refused", async () => {
  const tag = { ResourceId: group, ResourceType: "auto-scaling-group", Key: "k8s.io/cluster-autoscaler/node-template/label/a", Value: "b" };
  const own = { Filters: [{ Name: "key", Values: [tag.Key] }] };
  await autoscaling.send(new CreateOrUpdateTagsCommand({ Tags: [{ ...tag, PropagateAtLaunch: false }] }));
  const { Tags } = await autoscaling.send(new DescribeTagsCommand(own));
  assert.deepEqual(Tags, [{ ...tag, PropagateAtLaunch: false }]);
  await autoscaling.send(new DeleteTagsCommand({ Tags: [tag] }));
  assert.deepEqual((await autoscaling.send(new DescribeTagsCommand(own))).Tags, []);
  const create = (change: object) => autoscaling.send(new CreateOrUpdateTagsCommand({ Tags: [{ ...tag, ...change }] }));
  await assert.rejects(create({ ResourceId: "none" }), { name: "ValidationError", message: /not found/ });
  await assert.rejects(create({ Key: "aws:x" }), { name: "ValidationError" });
});

test("a new capacity reaches the node group and its instances, within bounds", async () => {
  const { maxSize, desiredSize } = (await describeNodegroup()).scalingConfig!;
  const set = (DesiredCapacity: number) =>
    autoscaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: group, DesiredCapacity }));
  await assert.rejects(set(maxSize! + 1), { name: "ValidationError", message: /above max value/ });
  await autoscaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: group, MinSize: 0, MaxSize: maxSize! + 1 }));
  await set(desiredSize! + 1);
  assert.equal((await describeNodegroup()).scalingConfig!.desiredSize, desiredSize! + 1);
  await eventually("another instance", async () => {
    const { Instances = [] } = await describeGroup();
    return Instances.length === desiredSize! + 1 ? true : undefined;
  });
  await assert.rejects(autoscaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: group, DefaultCooldown: 1 })), {
    name: "NotImplemented",
  });
});

test("a user needs leave for the group", async () => {
  const keys = await createUser(test_.clients.iam, "scaler");
  const client = new AutoScalingClient({ ...settings(), credentials: keys });
  await assert.rejects(client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: group, DesiredCapacity: 0 })), {
    name: "AccessDenied",
  });
  client.destroy();
});

test("an autoscaler's termination drains that very instance, and the node group shows the smaller size", async () => {
  const before = await describeGroup();
  const victim = before.Instances!.at(-1)!.InstanceId!;
  const command = { InstanceId: victim, ShouldDecrementDesiredCapacity: true };
  const { Activity } = await autoscaling.send(new TerminateInstanceInAutoScalingGroupCommand(command));
  assert.match(Activity!.Cause!, /shrinking the capacity from/);
  const left = await eventually("the instance gone", async () => {
    const { Instances = [] } = await describeGroup();
    return Instances.every(({ InstanceId }) => InstanceId !== victim) && Instances;
  });
  assert.equal(left.length, before.Instances!.length - 1);
  assert.equal((await describeNodegroup()).scalingConfig!.desiredSize, before.DesiredCapacity! - 1);
  const { Activities = [] } = await autoscaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: group }));
  assert.equal(Activities.find(({ ActivityId }) => ActivityId === Activity!.ActivityId)?.StatusCode, "Successful");
  assert.ok(Activities.some(({ Description }) => Description?.startsWith("Launching a new EC2 instance: i-")));
  await assert.rejects(
    autoscaling.send(new TerminateInstanceInAutoScalingGroupCommand({ ...command, InstanceId: "i-00000000000000000" })),
    {
      name: "ValidationError",
      message: /No managed instance found/,
    },
  );
});

test("a termination without a smaller size is made good by another instance with the customer's tags", async () => {
  const tag = { ResourceId: group, ResourceType: "auto-scaling-group", Key: "team", Value: "blue", PropagateAtLaunch: true };
  await autoscaling.send(new CreateOrUpdateTagsCommand({ Tags: [tag] }));
  const { Instances: before = [], DesiredCapacity } = await describeGroup();
  const victim = before[0]!.InstanceId!;
  await autoscaling.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: victim, ShouldDecrementDesiredCapacity: false }));
  const fresh = await eventually("a replacement", async () => {
    const { Instances = [] } = await describeGroup();
    const others = Instances.filter(({ InstanceId }) => InstanceId !== victim);
    return others.length === DesiredCapacity && others.find(({ InstanceId }) => !before.some((each) => each.InstanceId === InstanceId));
  });
  const { Reservations } = await test_.clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [fresh.InstanceId!] }));
  assert.equal(Reservations![0]!.Instances![0]!.Tags!.find(({ Key }) => Key === "team")?.Value, "blue");
});

test("what EKS manages of the group is refused by name", async () => {
  await assert.rejects(autoscaling.send(new SuspendProcessesCommand({ AutoScalingGroupName: group })), { name: "NotImplemented" });
});
