// The launch template EKS makes for a node group: what is in it, its versions, and what happens when somebody deletes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readUserData } from "../../src/nodes/user-data/read.ts";
import { type Control, control } from "./runtimes.ts";
import { clusterRequest, createWorld, type Ground, makeGround, type World } from "./world.ts";

const NAMES = { clusterName: "dev", nodegroupName: "workers" };

async function begin(): Promise<{ world: World; ground: Ground; running: Control }> {
  const world = createWorld();
  const ground = await makeGround(world);
  await world.eks("CreateCluster", { ...clusterRequest(ground), accessConfig: { authenticationMode: "API" } });
  const running = control(world);
  await running.settle();
  return { world, ground, running };
}

const request = (ground: Ground) => ({
  ...{ ...NAMES, nodeRole: ground.nodeRole, subnets: [...ground.subnets.slice(0, 2)] },
  scalingConfig: { minSize: 0, maxSize: 3, desiredSize: 2 },
  labels: { team: "a" },
  taints: [{ key: "dedicated", value: "x", effect: "NO_SCHEDULE" as const }],
});

const group = async (world: World) => (await world.eks("DescribeNodegroup", NAMES)).nodegroup!;
const uuidOf = async (world: World) => (await group(world)).nodegroupArn!.split("/").pop()!;
async function ownTemplate(world: World) {
  const { LaunchTemplates = [] } = await world.ec2("DescribeLaunchTemplates", {});
  const name = `eks-${await uuidOf(world)}`;
  const template = LaunchTemplates.find(({ LaunchTemplateName }) => LaunchTemplateName === name);
  if (!template) return undefined;
  const { LaunchTemplateVersions } = await world.ec2("DescribeLaunchTemplateVersions", { LaunchTemplateId: template.LaunchTemplateId! });
  return { template, newest: LaunchTemplateVersions![0]! };
}
async function liveInstances(world: World) {
  const Filters = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
  return (await world.ec2("DescribeInstances", { Filters })).Reservations!.flatMap(({ Instances = [] }) => Instances);
}
const tag = (tags: { Key?: string; Value?: string }[] | undefined, key: string) => tags?.find(({ Key }) => Key === key)?.Value;

test("the template has image, profile, groups, disk, metadata options, tags, and user data that lead to the cluster", async () => {
  const { world, ground, running } = await begin();
  await world.eks("CreateNodegroup", { ...request(ground), diskSize: 40 });
  await running.settle();
  const { template, newest } = (await ownTemplate(world))!;
  const { cluster } = await world.eks("DescribeCluster", { name: "dev" });
  const data = newest.LaunchTemplateData!;
  const instances = await liveInstances(world);
  assert.equal(data.ImageId, instances[0]!.ImageId);
  assert.equal(data.IamInstanceProfile?.Name, template.LaunchTemplateName);
  assert.deepEqual(data.SecurityGroupIds, [cluster!.resourcesVpcConfig!.clusterSecurityGroupId]);
  assert.equal(data.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize, 40);
  assert.equal(data.MetadataOptions?.HttpPutResponseHopLimit, 2);
  assert.equal(tag(template.Tags, "eks:cluster-name"), "dev");
  assert.equal(tag(template.Tags, "eks:nodegroup-name"), "workers");
  assert.equal(tag(data.TagSpecifications?.find(({ ResourceType }) => ResourceType === "volume")?.Tags, "eks:nodegroup-name"), "workers");
  for (const { Tags } of instances) {
    assert.equal(tag(Tags, "aws:ec2launchtemplate:id"), template.LaunchTemplateId);
    assert.equal(tag(Tags, "aws:ec2launchtemplate:version"), "1");
  }
  const read = readUserData(data.UserData!, "al2023");
  assert.equal(read.clusterName, "dev");
  assert.equal(read.endpoint, cluster!.endpoint);
  assert.equal(read.certificateAuthority, cluster!.certificateAuthority!.data);
  assert.equal(read.labels.team, "a");
  assert.equal(read.labels["eks.amazonaws.com/nodegroup"], "workers");
  assert.deepEqual(read.taints, [{ key: "dedicated", value: "x", effect: "NoSchedule" }]);

  await world.eks("DeleteNodegroup", NAMES);
  const name = template.LaunchTemplateName;
  await running.settle();
  const { LaunchTemplates } = await world.ec2("DescribeLaunchTemplates", {});
  assert.ok(LaunchTemplates!.every(({ LaunchTemplateName }) => LaunchTemplateName !== name));
  await running.close();
  world.close();
});

test("a customer's template is copied, and each version of it makes one of EKS's", async () => {
  const { world, ground, running } = await begin();
  const script = Buffer.from("#!/bin/bash\necho hello\n").toString("base64");
  const LaunchTemplateData = {
    ...{ InstanceType: "c5.large" as const, UserData: script, MetadataOptions: { HttpTokens: "required" as const } },
    TagSpecifications: [{ ResourceType: "instance" as const, Tags: [{ Key: "cost", Value: "blue" }] }],
  };
  const { LaunchTemplate } = await world.ec2("CreateLaunchTemplate", { LaunchTemplateName: "mine", LaunchTemplateData });
  const launchTemplate = { id: LaunchTemplate!.LaunchTemplateId! };
  await world.eks("CreateNodegroup", { ...request(ground), launchTemplate });
  await running.settle();
  assert.equal((await group(world)).launchTemplate?.name, "mine");
  const first = (await ownTemplate(world))!;
  assert.equal(first.newest.LaunchTemplateData!.InstanceType, "c5.large");
  assert.match(Buffer.from(first.newest.LaunchTemplateData!.UserData!, "base64").toString(), /echo hello[\s\S]*node\.eks\.aws/);
  assert.equal(readUserData(first.newest.LaunchTemplateData!.UserData!, "al2023").clusterName, "dev");
  const before = await liveInstances(world);
  assert.ok(before.every(({ InstanceType, Tags }) => InstanceType === "c5.large" && tag(Tags, "cost") === "blue"));

  const next = { ...LaunchTemplateData, InstanceType: "c5.xlarge" as const };
  await world.ec2("CreateLaunchTemplateVersion", { LaunchTemplateId: launchTemplate.id, LaunchTemplateData: next });
  await world.eks("UpdateNodegroupVersion", { ...NAMES, launchTemplate: { ...launchTemplate, version: "2" } });
  await running.settle(3);
  const second = (await ownTemplate(world))!;
  assert.equal(second.newest.VersionNumber, 2);
  assert.equal(second.template.LaunchTemplateId, first.template.LaunchTemplateId);
  const after = await liveInstances(world);
  assert.equal(after.length, 2);
  assert.ok(after.every(({ InstanceType, Tags }) => InstanceType === "c5.xlarge" && tag(Tags, "aws:ec2launchtemplate:version") === "2"));
  await running.close();
  world.close();
});

for (const [what, code] of [
  ["template", "Ec2LaunchTemplateNotFound"],
  ["version", "Ec2LaunchTemplateVersionMismatch"],
] as const) {
  test(`a customer who deletes the ${what} finds the group DEGRADED, and can delete it still`, async () => {
    const { world, ground, running } = await begin();
    await world.eks("CreateNodegroup", request(ground));
    await running.settle();
    const LaunchTemplateId = (await ownTemplate(world))!.template.LaunchTemplateId!;
    if (what === "template") await world.ec2("DeleteLaunchTemplate", { LaunchTemplateId });
    else {
      await world.ec2("CreateLaunchTemplateVersion", { LaunchTemplateId, SourceVersion: "1", LaunchTemplateData: {} });
      await world.ec2("ModifyLaunchTemplate", { LaunchTemplateId, DefaultVersion: "2" });
      await world.ec2("DeleteLaunchTemplateVersions", { LaunchTemplateId, Versions: ["1"] });
    }
    await running.settle();
    const degraded = await group(world);
    assert.equal(degraded.status, "DEGRADED");
    assert.deepEqual(
      degraded.health!.issues!.map((issue) => [issue.code, issue.resourceIds]),
      [[code, [LaunchTemplateId]]],
    );
    await world.eks("DeleteNodegroup", NAMES);
    await running.settle();
    await assert.rejects(group(world), /No node group found/);
    await running.close();
    world.close();
  });
}
