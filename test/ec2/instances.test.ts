import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { checkAddresses, createEc2 } from "../../src/services/ec2/index.ts";
import { rejectsWith } from "./errors.ts";
import { ec2, type Harness, network } from "./harness.ts";

const base = { MinCount: 1, MaxCount: 1, ImageId: "ami-00000000000000001", InstanceType: "m5.large" } as const;
const state = async (aws: Harness, id: string) =>
  (await aws.run("DescribeInstances", { InstanceIds: [id] })).Reservations![0]!.Instances![0]!.State!.Name;

test("an instance goes through its states", async () => {
  const aws = ec2({ delays: { pending: 10, stopping: 10, shuttingDown: 10, terminated: 1000 } });
  const { subnetId } = await network(aws);
  const id = (await aws.run("RunInstances", { ...base, SubnetId: subnetId })).Instances![0]!.InstanceId!;
  assert.equal(await state(aws, id), "pending");
  await aws.clock.step(10);
  assert.equal(await state(aws, id), "running");
  const stopping = await aws.run("StopInstances", { InstanceIds: [id] });
  assert.deepEqual(
    [stopping.StoppingInstances![0]!.PreviousState, stopping.StoppingInstances![0]!.CurrentState],
    [
      { Code: 16, Name: "running" },
      { Code: 64, Name: "stopping" },
    ],
  );
  await rejectsWith(aws.run("StartInstances", { InstanceIds: [id] }), "IncorrectInstanceState");
  await aws.clock.step(10);
  assert.equal(await state(aws, id), "stopped");
  await aws.run("StartInstances", { InstanceIds: [id] });
  await aws.clock.step(10);
  assert.equal(await state(aws, id), "running");
  await aws.run("ModifyInstanceAttribute", { InstanceId: id, DisableApiTermination: { Value: true } });
  await rejectsWith(aws.run("TerminateInstances", { InstanceIds: [id] }), "OperationNotPermitted");
  await aws.run("ModifyInstanceAttribute", { InstanceId: id, DisableApiTermination: { Value: false } });
  await aws.run("TerminateInstances", { InstanceIds: [id] });
  assert.equal(await state(aws, id), "shutting-down");
  await aws.clock.step(10);
  assert.equal(await state(aws, id), "terminated");
  await aws.run("TerminateInstances", { InstanceIds: [id] });
  await aws.clock.step(1000);
  await rejectsWith(
    aws.run("DescribeInstances", { InstanceIds: [id] }),
    "InvalidInstanceID.NotFound",
    `The instance ID '${id}' does not exist`,
  );
});

test("transitions go on after a restart", async () => {
  const aws = ec2({ delays: { pending: 10, shuttingDown: 10 } });
  const { subnetId } = await network(aws);
  const ids = (await aws.run("RunInstances", { ...base, MaxCount: 2, SubnetId: subnetId })).Instances!.map((each) => each.InstanceId!);
  await aws.run("TerminateInstances", { InstanceIds: [ids[1]!] });
  const clock = new FakeClock();
  createEc2({ store: aws.store, clock, random: seededRandom(2), delays: { pending: 10, shuttingDown: 10 } });
  await clock.step(10);
  assert.equal(await state(aws, ids[0]!), "running");
  assert.equal(await state(aws, ids[1]!), "terminated");
  assert.deepEqual(checkAddresses(aws.store), []);
});

test("what RunInstances refuses, and that nothing is left behind", async () => {
  const aws = ec2();
  const { vpcId, subnetId } = await network(aws);
  const { GroupId } = await aws.run("CreateSecurityGroup", { VpcId: vpcId, GroupName: "g", Description: "g" });
  const SubnetId = subnetId;
  for (const [input, code] of [
    [{ ...base, ImageId: undefined, SubnetId }, "MissingParameter"],
    [{ ...base, ImageId: "ami-x", SubnetId }, "InvalidAMIID.Malformed"],
    [{ ...base, InstanceType: "m5.huge", SubnetId }, "InvalidParameterValue"],
    [{ ...base, MinCount: 0, SubnetId }, "InvalidParameterValue"],
    [{ ...base, MinCount: 3, MaxCount: 2, SubnetId }, "InvalidParameterValue"],
    [{ ...base, MinCount: 300, MaxCount: 300, SubnetId }, "InsufficientFreeAddressesInSubnet"],
    [{ ...base, SubnetId: "subnet-0123456789abcdef0" }, "InvalidSubnetID.NotFound"],
    [{ ...base, NetworkInterfaces: [{ DeviceIndex: 0, SubnetId }], SecurityGroupIds: [GroupId!] }, "InvalidParameterCombination"],
    [{ ...base, SubnetId, SecurityGroupIds: ["sg-0123456789abcdef0"] }, "InvalidGroup.NotFound"],
    [{ ...base, SubnetId, MetadataOptions: { HttpPutResponseHopLimit: 65 } }, "InvalidParameterValue"],
    [
      { ...base, SubnetId, TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "aws:x", Value: "y" }] }] },
      "InvalidParameterValue",
    ],
    [{ ...base, SubnetId, TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "a", Value: "b" }] }] }, "InvalidParameterValue"],
    [{ ...base, NetworkInterfaces: [0, 1, 2, 3].map((DeviceIndex) => ({ DeviceIndex, SubnetId })) }, "AttachmentLimitExceeded"],
    [{ ...base, NetworkInterfaces: [0, 1, 1].map((DeviceIndex) => ({ DeviceIndex, SubnetId })) }, "InvalidParameterValue"],
    [{ ...base, NetworkInterfaces: [{ DeviceIndex: 0, SubnetId, SecondaryPrivateIpAddressCount: 10 }] }, "PrivateIpAddressLimitExceeded"],
    [{ ...base, SubnetId, LaunchTemplate: { LaunchTemplateName: "none" } }, "InvalidLaunchTemplateName.NotFoundException"],
  ] as const) {
    await rejectsWith(aws.run("RunInstances", input as never), code);
  }
  const { Subnets } = await aws.run("DescribeSubnets", { SubnetIds: [subnetId] });
  assert.equal(Subnets![0]!.AvailableIpAddressCount, 251);
  assert.equal((await aws.run("DescribeInstances", {})).Reservations!.length, 0);
  assert.deepEqual(checkAddresses(aws.store), []);
});

test("as many as fit, when the minimum does", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws, "10.0.0.0/16", "10.0.0.0/28");
  const { Instances } = await aws.run("RunInstances", { ...base, MaxCount: 20, SubnetId: subnetId });
  assert.equal(Instances!.length, 11);
});

test("a public subnet lends a public address, which a stop takes back", async () => {
  const aws = ec2();
  const { Instances } = await aws.run("RunInstances", base);
  const id = Instances![0]!.InstanceId!;
  assert.match(Instances![0]!.PublicIpAddress!, /^52\./);
  assert.match(Instances![0]!.PublicDnsName!, /^ec2-52-.*\.us-west-2\.compute\.amazonaws\.com$/);
  assert.match(Instances![0]!.PrivateDnsName!, /^ip-172-31-.*\.us-west-2\.compute\.internal$/);
  await aws.clock.step(0);
  await aws.run("StopInstances", { InstanceIds: [id] });
  await aws.clock.step(0);
  const { Reservations } = await aws.run("DescribeInstances", { InstanceIds: [id] });
  assert.equal(Reservations![0]!.Instances![0]!.PublicIpAddress, undefined);
});

test("user data, profile, metadata options and tags arrive", async () => {
  const profiles = {
    instanceProfileRole: (arn: string) => (arn.endsWith("/node") ? ({ arn: "arn:aws:iam::111122223333:role/node" } as never) : undefined),
  };
  const aws = ec2({ profiles });
  const { subnetId } = await network(aws);
  const { LaunchTemplate } = await aws.run("CreateLaunchTemplate", {
    LaunchTemplateName: "nodes",
    LaunchTemplateData: {
      ImageId: "ami-00000000000000001",
      InstanceType: "m5.large",
      UserData: "aGVsbG8=",
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 },
      TagSpecifications: [
        {
          ResourceType: "instance",
          Tags: [
            { Key: "from", Value: "template" },
            { Key: "both", Value: "template" },
          ],
        },
      ],
    },
  });
  const input = {
    MinCount: 1,
    MaxCount: 1,
    SubnetId: subnetId,
    InstanceType: "m5.xlarge",
    LaunchTemplate: { LaunchTemplateId: LaunchTemplate!.LaunchTemplateId },
    IamInstanceProfile: { Name: "node" },
    TagSpecifications: [
      { ResourceType: "instance", Tags: [{ Key: "both", Value: "request" }] },
      { ResourceType: "network-interface", Tags: [{ Key: "eni", Value: "yes" }] },
    ],
  } as const;
  const instance = (await aws.run("RunInstances", input as never)).Instances![0]!;
  assert.equal(instance.InstanceType, "m5.xlarge");
  assert.equal(instance.MetadataOptions!.HttpTokens, "required");
  assert.equal(instance.IamInstanceProfile!.Arn, "arn:aws:iam::111122223333:instance-profile/node");
  const tags = Object.fromEntries(instance.Tags!.map((tag) => [tag.Key, tag.Value]));
  assert.deepEqual([tags.from, tags.both, tags["aws:ec2launchtemplate:id"]], ["template", "request", LaunchTemplate!.LaunchTemplateId]);
  const data = await aws.run("DescribeInstanceAttribute", { InstanceId: instance.InstanceId, Attribute: "userData" });
  assert.equal(data.UserData!.Value, "aGVsbG8=");
  const { NetworkInterfaces } = await aws.run("DescribeNetworkInterfaces", {
    Filters: [
      { Name: "tag:eni", Values: ["y*"] },
      { Name: "attachment.instance-id", Values: [instance.InstanceId!] },
    ],
  });
  assert.equal(NetworkInterfaces!.length, 1);
  await rejectsWith(
    aws.run("RunInstances", { ...input, IamInstanceProfile: { Name: "ghost" } } as never),
    "InvalidParameterValue",
    /Invalid IAM Instance Profile name/,
  );
  const { requires } = aws.demands("RunInstances", input);
  const pass = requires as readonly { action: string; resources: readonly string[]; conditions: object }[];
  assert.deepEqual(
    pass.find((each) => each.action === "iam:PassRole"),
    {
      action: "iam:PassRole",
      resources: ["arn:aws:iam::111122223333:role/node"],
      conditions: { "ec2:Region": "us-west-2", "iam:PassedToService": "ec2.amazonaws.com" },
    },
  );
});

test("a client token launches once", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  const input = { ...base, SubnetId: subnetId, ClientToken: "once" };
  const first = await aws.run("RunInstances", input);
  const second = await aws.run("RunInstances", { ...input });
  assert.equal(first.Instances![0]!.InstanceId, second.Instances![0]!.InstanceId);
  assert.equal((await aws.run("DescribeInstances", {})).Reservations!.length, 1);
});

test("instance types and offerings", async () => {
  const aws = ec2();
  const { InstanceTypes } = await aws.run("DescribeInstanceTypes", { InstanceTypes: ["m5.large"] });
  const [type] = InstanceTypes!;
  assert.deepEqual(
    [
      type!.VCpuInfo!.DefaultVCpus,
      type!.MemoryInfo!.SizeInMiB,
      type!.NetworkInfo!.MaximumNetworkInterfaces,
      type!.NetworkInfo!.Ipv4AddressesPerInterface,
      type!.Hypervisor,
    ],
    [2, 8192, 3, 10, "nitro"],
  );
  await rejectsWith(
    aws.run("DescribeInstanceTypes", { InstanceTypes: ["m5.huge" as "m5.large"] }),
    "InvalidInstanceType",
    "The following supplied instance types do not exist: [m5.huge]",
  );
  const offered = await aws.run("DescribeInstanceTypeOfferings", {
    LocationType: "availability-zone",
    Filters: [{ Name: "instance-type", Values: ["t3.medium"] }],
  });
  assert.deepEqual(
    offered.InstanceTypeOfferings!.map((each) => each.Location),
    ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"],
  );
});

test("EKS images are found by name and owner", async () => {
  const aws = ec2();
  const { Images } = await aws.run("DescribeImages", {
    Owners: ["amazon"],
    Filters: [{ Name: "name", Values: ["amazon-eks-node-al2023-x86_64-standard-1.33-*"] }],
  });
  assert.deepEqual(Images!.map(({ Name }) => Name!.slice(-9)).sort(), ["v20260304", "v20260325", "v20260415"]);
  assert.equal((await aws.run("DescribeImages", { ImageIds: [Images![0]!.ImageId!] })).Images!.length, 1);
  assert.equal((await aws.run("DescribeImages", { Owners: ["self"] })).Images!.length, 0);
  await rejectsWith(aws.run("DescribeImages", { ImageIds: ["ami-0123456789abcdef0"] }), "InvalidAMIID.NotFound");
});
