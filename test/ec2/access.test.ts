import assert from "node:assert/strict";
import { test } from "node:test";
import { operations } from "../../src/services/ec2/operations.ts";
import { ec2, network } from "./harness.ts";

const arn = (type: string, id: string) => `arn:aws:ec2:us-west-2:111122223333:${type}/${id}`;

test("every operation that changes something names its resources", () => {
  const aws = ec2();
  const free = new Set([
    "CreateDefaultVpc",
    "CreateDefaultSubnet",
    "DisassociateVpcCidrBlock",
    "DisassociateSubnetCidrBlock",
    "DeleteSubnetCidrReservation",
    "DisassociateTrunkInterface",
    "DeleteNetworkInterfacePermission",
    "DeleteKeyPair",
    "CreateTags",
    "DeleteTags",
  ]);
  for (const name of Object.keys(operations)) {
    if (/^(Describe|Get)/.test(name) || free.has(name)) continue;
    assert.notEqual(aws.demands(name, {}).resource, "*", name);
  }
});

test("creating an interface is asked about subnet, groups, interface and tags, each with its own conditions", async () => {
  const aws = ec2();
  const { vpcId, subnetId } = await network(aws);
  await aws.run("CreateTags", { Resources: [subnetId], Tags: [{ Key: "kubernetes.io/role/cni", Value: "1" }] });
  const { SecurityGroups } = await aws.run("DescribeSecurityGroups", { Filters: [{ Name: "vpc-id", Values: [vpcId] }] });
  const groupId = SecurityGroups![0]!.GroupId!;
  const input = {
    SubnetId: subnetId,
    Groups: [groupId],
    TagSpecifications: [{ ResourceType: "network-interface", Tags: [{ Key: "cluster", Value: "dev" }] }],
  };
  const { resource, conditions, requires } = aws.demands("CreateNetworkInterface", input);
  assert.equal(resource, arn("network-interface", "*"));
  assert.deepEqual(conditions["aws:RequestTag/cluster"], "dev");
  assert.deepEqual(conditions["aws:TagKeys"], ["cluster"]);
  assert.equal(conditions["ec2:Vpc"], arn("vpc", vpcId));
  const list = requires as readonly { action: string; resources: readonly string[]; conditions: Record<string, unknown> }[];
  const subnet = list.find((each) => each.resources[0] === arn("subnet", subnetId))!;
  assert.equal(subnet.action, "ec2:CreateNetworkInterface");
  assert.equal(subnet.conditions["aws:ResourceTag/kubernetes.io/role/cni"], "1");
  assert.equal(subnet.conditions["aws:RequestTag/cluster"], undefined);
  assert.equal(list.find((each) => each.resources[0] === arn("security-group", groupId))!.conditions["ec2:Vpc"], arn("vpc", vpcId));
  const tagging = list.find((each) => each.action === "ec2:CreateTags")!;
  assert.deepEqual(
    [tagging.resources[0], tagging.conditions["ec2:CreateAction"]],
    [arn("network-interface", "*"), "CreateNetworkInterface"],
  );
});

test("without tags nobody needs ec2:CreateTags", async () => {
  const aws = ec2();
  const { requires } = aws.demands("CreateVpc", { CidrBlock: "10.0.0.0/16" });
  assert.deepEqual(requires, []);
});

test("deleting an interface is judged by its tags", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  const eni = (
    await aws.run("CreateNetworkInterface", {
      SubnetId: subnetId,
      TagSpecifications: [{ ResourceType: "network-interface", Tags: [{ Key: "eks:eni:owner", Value: "amazon-vpc-cni" }] }],
    })
  ).NetworkInterface!;
  const { resource, conditions } = aws.demands("DeleteNetworkInterface", { NetworkInterfaceId: eni.NetworkInterfaceId });
  assert.equal(resource, arn("network-interface", eni.NetworkInterfaceId!));
  assert.equal(conditions["ec2:ResourceTag/eks:eni:owner"], "amazon-vpc-cni");
  assert.equal(conditions["ec2:Region"], "us-west-2");
});

test("launching asks about image, volume, interface, subnet and instance; a profile needs iam:PassRole", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  const input = {
    MinCount: 1,
    MaxCount: 1,
    ImageId: "ami-00000000000000001",
    InstanceType: "m5.large",
    SubnetId: subnetId,
    IamInstanceProfile: { Name: "node" },
  };
  const { resource, conditions, requires } = aws.demands("RunInstances", input);
  assert.equal(resource, arn("instance", "*"));
  assert.equal(conditions["ec2:InstanceType"], "m5.large");
  assert.equal(conditions["ec2:InstanceProfile"], "arn:aws:iam::111122223333:instance-profile/node");
  const list = requires as readonly { action: string; resources: readonly string[] }[];
  assert.deepEqual(
    list.map((each) => `${each.action} ${each.resources[0]}`),
    [
      "ec2:RunInstances arn:aws:ec2:us-west-2::image/ami-00000000000000001",
      `ec2:RunInstances ${arn("volume", "*")}`,
      `ec2:RunInstances ${arn("network-interface", "*")}`,
      `ec2:RunInstances ${arn("subnet", subnetId)}`,
      "iam:PassRole arn:aws:iam::111122223333:role/*",
    ],
  );
});

test("a launch runs what was authorized, even if its template changes in between", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  const data = { ImageId: "ami-00000000000000001", InstanceType: "m5.large" } as const;
  const { LaunchTemplate } = await aws.run("CreateLaunchTemplate", { LaunchTemplateName: "lt-race", LaunchTemplateData: data });
  const LaunchTemplateId = LaunchTemplate!.LaunchTemplateId!;
  const input = { MinCount: 1, MaxCount: 1, SubnetId: subnetId, LaunchTemplate: { LaunchTemplateId } };
  aws.demands("RunInstances", input);
  await aws.run("CreateLaunchTemplateVersion", {
    LaunchTemplateId,
    LaunchTemplateData: { ...data, IamInstanceProfile: { Name: "admin" } },
  });
  await aws.run("ModifyLaunchTemplate", { LaunchTemplateId, DefaultVersion: "2" });
  assert.equal((await aws.run("RunInstances", input)).Instances![0]!.IamInstanceProfile, undefined);
  assert.notEqual((await aws.run("RunInstances", input)).Instances![0]!.IamInstanceProfile, undefined);
});

test("ids a caller names in the wrong place do not break authorization", () => {
  const aws = ec2();
  for (const [name, input] of [
    ["TerminateInstances", { InstanceIds: ["what", "i-0123456789abcdef0"] }],
    ["CreateTags", { Resources: ["__proto__", "x"], Tags: [{}] }],
    ["DeleteSubnet", { SubnetId: 7 }],
    ["DetachNetworkInterface", { AttachmentId: "none" }],
    ["RunInstances", {}],
    ["RunInstances", { LaunchTemplate: {} }],
    ["DeleteLaunchTemplate", { LaunchTemplateName: "none" }],
  ] as const) {
    assert.ok(aws.demands(name, input).resource, name);
  }
});
