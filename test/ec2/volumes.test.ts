// EBS volumes: their figures, attachments, changes and ends; instances and volumes that a service manages.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceCaller } from "../../src/aws/caller.ts";
import { volumeFigures } from "../../src/services/ec2/volume-rules.ts";
import { rejectsWith } from "./errors.ts";
import { account, ec2, type Harness, network } from "./harness.ts";

const base = { MinCount: 1, MaxCount: 1, ImageId: "ami-00000000000000001", InstanceType: "m5.large" } as const;
const AvailabilityZone = "us-west-2a";
const eksService = "eks.amazonaws.com";
const asEks: ServiceCaller = {
  ...{ kind: "service", service: eksService, partition: "aws", accountId: account },
  ...{ arn: eksService, userId: eksService },
};

const volumes = async (aws: Harness, ...ids: string[]) => (await aws.run("DescribeVolumes", { VolumeIds: ids })).Volumes!;

async function runningInstance(aws: Harness, more: object = {}, caller?: ServiceCaller): Promise<string> {
  const { subnetId } = await network(aws);
  const id = (await aws.run("RunInstances", { ...base, ...more, SubnetId: subnetId }, caller ? { caller } : {})).Instances![0]!.InstanceId!;
  await aws.clock.step(1);
  return id;
}

test("volume types have their bounds", () => {
  const wish = (type: string, size?: number, iops?: number, throughput?: number) => volumeFigures({ type, size, iops, throughput });
  assert.deepEqual(wish("gp3", 8), { type: "gp3", size: 8, iops: 3000, throughput: 125 });
  assert.deepEqual(wish("gp2", 10), { type: "gp2", size: 10, iops: 100 });
  assert.deepEqual(wish("gp2", 10_000), { type: "gp2", size: 10_000, iops: 16_000 });
  assert.deepEqual(wish("io2", 10, 10_000), { type: "io2", size: 10, iops: 10_000 });
  const refused: [RegExp, Parameters<typeof wish>][] = [
    [/Unknown volume type/, ["gp9", 8]],
    [/must contain the parameter size or snapshotId/, ["gp3"]],
    [/too large/, ["gp2", 16_385]],
    [/too small/, ["st1", 10]],
    [/iops is not supported for gp2/, ["gp2", 8, 3000]],
    [/throughput is not supported for io1/, ["io1", 8, 100, 125]],
    [/parameter iops/, ["io1", 8]],
    [/too high; maximum is 80000/, ["gp3", 1000, 90_000]],
    [/too low; minimum is 3000/, ["gp3", 1000, 100]],
    [/ratio of 501.000000 is too high; maximum is 500/, ["gp3", 10, 5010]],
    [/Throughput \(MiBps\) of 100 is not supported/, ["gp3", 10, 3000, 100]],
    [/to iops ratio/, ["gp3", 10, 3000, 1000]],
  ];
  for (const [message, args] of refused) assert.throws(() => wish(...args), message);
});

test("a volume is made, found by its tags, attached, detached and deleted", async () => {
  const aws = ec2();
  const instance = await runningInstance(aws);
  const TagSpecifications = [{ ResourceType: "volume" as const, Tags: [{ Key: "CSIVolumeName", Value: "pvc-1" }] }];
  const request = { AvailabilityZone, Size: 5, VolumeType: "gp3" as const, TagSpecifications, ClientToken: "once" };
  const made = await aws.run("CreateVolume", request);
  assert.equal(made.State, "creating");
  assert.equal((await aws.run("CreateVolume", request)).VolumeId, made.VolumeId, "the token makes it once");
  const VolumeId = made.VolumeId!;
  const byTag = await aws.run("DescribeVolumes", { Filters: [{ Name: "tag:CSIVolumeName", Values: ["pvc-1"] }] });
  assert.deepEqual(
    byTag.Volumes!.map((volume) => [volume.VolumeId, volume.State, volume.Size, volume.Iops]),
    [[VolumeId, "available", 5, 3000]],
  );
  const Device = "/dev/xvdaa";
  assert.equal((await aws.run("AttachVolume", { VolumeId, InstanceId: instance, Device })).State, "attaching");
  const [attached] = await volumes(aws, VolumeId);
  assert.deepEqual(
    [attached?.State, attached?.Attachments?.[0]?.InstanceId, attached?.Attachments?.[0]?.State],
    ["in-use", instance, "attached"],
  );
  const shown = (await aws.run("DescribeInstances", { InstanceIds: [instance] })).Reservations![0]!.Instances![0]!;
  assert.deepEqual(
    shown.BlockDeviceMappings!.map((each) => each.DeviceName),
    ["/dev/xvda", Device],
  );
  await rejectsWith(aws.run("DeleteVolume", { VolumeId }), "VolumeInUse", `Volume ${VolumeId} is currently attached to ${instance}`);
  await rejectsWith(aws.run("AttachVolume", { VolumeId, InstanceId: instance, Device: "/dev/xvdab" }), "VolumeInUse");
  await aws.run("DetachVolume", { VolumeId });
  await rejectsWith(aws.run("DetachVolume", { VolumeId }), "IncorrectState", `Volume '${VolumeId}' is in the 'available' state.`);
  await aws.run("DeleteVolume", { VolumeId });
  await rejectsWith(volumes(aws, VolumeId), "InvalidVolume.NotFound", `The volume '${VolumeId}' does not exist.`);
});

test("attachments that cannot be are refused", async () => {
  const aws = ec2();
  const InstanceId = await runningInstance(aws);
  const make = async (zone: string) => (await aws.run("CreateVolume", { AvailabilityZone: zone, Size: 1 })).VolumeId!;
  const far = await make("us-west-2b");
  const near = await make("us-west-2a");
  await rejectsWith(aws.run("AttachVolume", { VolumeId: far, InstanceId, Device: "/dev/sdf" }), "InvalidVolume.ZoneMismatch");
  await rejectsWith(aws.run("AttachVolume", { VolumeId: near, InstanceId, Device: "nonsense" }), "InvalidParameterValue");
  await rejectsWith(aws.run("AttachVolume", { VolumeId: "vol-1", InstanceId, Device: "/dev/sdf" }), "InvalidVolumeID.Malformed");
  await aws.run("AttachVolume", { VolumeId: near, InstanceId, Device: "/dev/sdf" });
  const second = await make("us-west-2a");
  await rejectsWith(
    aws.run("AttachVolume", { VolumeId: second, InstanceId, Device: "/dev/sdf" }),
    "InvalidParameterValue",
    /already in use/,
  );
  await aws.run("TerminateInstances", { InstanceIds: [InstanceId] });
  await aws.clock.step(1);
  assert.equal((await volumes(aws, near))[0]!.State, "available", "attached volumes outlive the instance");
  await rejectsWith(aws.run("AttachVolume", { VolumeId: second, InstanceId, Device: "/dev/sdg" }), "IncorrectState");
});

test("volumes of a launch carry its tags and go with the instance, unless told otherwise", async () => {
  const aws = ec2();
  const TagSpecifications = [{ ResourceType: "volume" as const, Tags: [{ Key: "a", Value: "b" }] }];
  const BlockDeviceMappings = [
    { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 4 } },
    { DeviceName: "/dev/xvdb", Ebs: { VolumeSize: 80, DeleteOnTermination: false } },
  ];
  const InstanceId = await runningInstance(aws, { TagSpecifications, BlockDeviceMappings });
  const of = async () => (await aws.run("DescribeVolumes", { Filters: [{ Name: "tag:a", Values: ["b"] }] })).Volumes!;
  assert.deepEqual((await of()).map((each) => each.Size).sort(), [4, 80]);
  const root = (await of()).find((each) => each.Size === 4)!;
  await rejectsWith(aws.run("DetachVolume", { VolumeId: root.VolumeId! }), "OperationNotPermitted", /Unable to detach root volume/);
  await aws.run("TerminateInstances", { InstanceIds: [InstanceId] });
  await aws.clock.step(1);
  assert.deepEqual(
    (await of()).map((each) => [each.Size, each.State]),
    [[80, "available"]],
  );
});

test("a volume grows, and not again within six hours", async () => {
  const aws = ec2();
  const VolumeId = (await aws.run("CreateVolume", { AvailabilityZone, Size: 10, VolumeType: "gp3" })).VolumeId!;
  await rejectsWith(
    aws.run("ModifyVolume", { VolumeId, Size: 9 }),
    "InvalidParameterValue",
    "New size cannot be smaller than existing size",
  );
  const { VolumeModification } = await aws.run("ModifyVolume", { VolumeId, Size: 20, Iops: 4000 });
  assert.deepEqual(
    [VolumeModification?.OriginalSize, VolumeModification?.TargetSize, VolumeModification?.ModificationState],
    [10, 20, "modifying"],
  );
  const { VolumesModifications } = await aws.run("DescribeVolumesModifications", { VolumeIds: [VolumeId] });
  assert.deepEqual([VolumesModifications![0]!.ModificationState, VolumesModifications![0]!.TargetIops], ["completed", 4000]);
  await rejectsWith(aws.run("ModifyVolume", { VolumeId, Size: 30 }), "VolumeModificationRateExceeded");
});

test("only the service that manages an instance may touch it", async () => {
  const aws = ec2();
  const { subnetId } = await network(aws);
  const managed = { ...base, SubnetId: subnetId, Operator: { Principal: eksService } };
  await rejectsWith(aws.run("RunInstances", managed), "InvalidParameterValue", /operator/);
  const { Instances } = await aws.run("RunInstances", managed, { caller: asEks });
  const [instance] = Instances!;
  assert.deepEqual(instance!.Operator, { Managed: true, Principal: eksService });
  await aws.clock.step(1);
  const InstanceId = instance!.InstanceId!;
  const InstanceIds = [InstanceId];
  for (const operation of ["StopInstances", "RebootInstances", "TerminateInstances", "StartInstances"] as const) {
    await rejectsWith(aws.run(operation, { InstanceIds }), "OperationNotPermitted", /managed by eks.amazonaws.com/);
  }
  await rejectsWith(aws.run("ModifyInstanceMetadataOptions", { InstanceId, HttpTokens: "optional" }), "OperationNotPermitted");
  await rejectsWith(aws.run("ModifyInstanceAttribute", { InstanceId, DisableApiTermination: { Value: true } }), "OperationNotPermitted");
  const found = await aws.run("DescribeInstances", { Filters: [{ Name: "operator.managed", Values: ["true"] }] });
  assert.equal(found.Reservations!.length, 1);
  await aws.run("TerminateInstances", { InstanceIds }, { caller: asEks });
});
