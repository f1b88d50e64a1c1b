import assert from "node:assert/strict";
import { test } from "node:test";
import { rejectsWith } from "./errors.ts";
import { ec2 } from "./harness.ts";

test("versions, defaults and deletion", async () => {
  const aws = ec2();
  const { LaunchTemplate } = await aws.run("CreateLaunchTemplate", {
    LaunchTemplateName: "nodes",
    LaunchTemplateData: { ImageId: "ami-00000000000000001", InstanceType: "m5.large" },
    TagSpecifications: [{ ResourceType: "launch-template", Tags: [{ Key: "team", Value: "a" }] }],
  });
  const LaunchTemplateId = LaunchTemplate!.LaunchTemplateId!;
  assert.deepEqual(
    [LaunchTemplate!.DefaultVersionNumber, LaunchTemplate!.LatestVersionNumber, LaunchTemplate!.CreatedBy],
    [1, 1, "arn:aws:iam::111122223333:root"],
  );
  await aws.run("CreateLaunchTemplateVersion", { LaunchTemplateId, SourceVersion: "1", LaunchTemplateData: { InstanceType: "m5.xlarge" } });
  const versions = async (...Versions: string[]) =>
    (await aws.run("DescribeLaunchTemplateVersions", { LaunchTemplateId, Versions })).LaunchTemplateVersions!.map((each) => [
      each.VersionNumber,
      each.DefaultVersion,
      each.LaunchTemplateData!.InstanceType,
      each.LaunchTemplateData!.ImageId,
    ]);
  assert.deepEqual(await versions(), [
    [2, false, "m5.xlarge", "ami-00000000000000001"],
    [1, true, "m5.large", "ami-00000000000000001"],
  ]);
  assert.deepEqual((await versions("$Latest"))[0]![0], 2);
  assert.deepEqual((await versions("$Default"))[0]![0], 1);
  await aws.run("ModifyLaunchTemplate", { LaunchTemplateId, DefaultVersion: "2" });
  assert.deepEqual((await versions("$Default"))[0]![0], 2);
  await rejectsWith(
    versions("9"),
    "InvalidLaunchTemplateId.VersionNotFound",
    `Could not find the specified version 9 for the launch template with ID ${LaunchTemplateId}.`,
  );
  const deleted = await aws.run("DeleteLaunchTemplateVersions", { LaunchTemplateId, Versions: ["1", "2", "7"] });
  assert.deepEqual(
    deleted.SuccessfullyDeletedLaunchTemplateVersions!.map((each) => each.VersionNumber),
    [1],
  );
  assert.deepEqual(
    deleted.UnsuccessfullyDeletedLaunchTemplateVersions!.map((each) => each.VersionNumber),
    [2, 7],
  );
  await rejectsWith(
    aws.run("CreateLaunchTemplate", { LaunchTemplateName: "nodes", LaunchTemplateData: {} }),
    "InvalidLaunchTemplateName.AlreadyExistsException",
    "Launch template name already in use.",
  );
  await rejectsWith(
    aws.run("CreateLaunchTemplate", { LaunchTemplateName: "x", LaunchTemplateData: {} }),
    "InvalidLaunchTemplateName.MalformedException",
  );
  await aws.run("DeleteLaunchTemplate", { LaunchTemplateName: "nodes" });
  await rejectsWith(
    aws.run("DescribeLaunchTemplates", { LaunchTemplateIds: [LaunchTemplateId] }),
    "InvalidLaunchTemplateId.NotFound",
    `The specified launch template, with template ID ${LaunchTemplateId}, does not exist.`,
  );
  await rejectsWith(aws.run("DescribeLaunchTemplates", { LaunchTemplateNames: ["nodes"] }), "InvalidLaunchTemplateName.NotFoundException");
});

test("imported keys", async () => {
  const aws = ec2();
  const material = Buffer.from("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4bF8S5dM7jnmLqf5c1oG8Pdm8kqkSgkq9Yc7l1pZ6g me@example");
  const imported = await aws.run("ImportKeyPair", { KeyName: "me", PublicKeyMaterial: material });
  assert.equal((await aws.run("DescribeKeyPairs", { KeyNames: ["me"] })).KeyPairs![0]!.KeyFingerprint, imported.KeyFingerprint);
  await rejectsWith(aws.run("ImportKeyPair", { KeyName: "me", PublicKeyMaterial: material }), "InvalidKeyPair.Duplicate");
  await rejectsWith(aws.run("ImportKeyPair", { KeyName: "x", PublicKeyMaterial: Buffer.from("junk") }), "InvalidKey.Format");
  await aws.run("DeleteKeyPair", { KeyName: "me" });
  await rejectsWith(aws.run("DescribeKeyPairs", { KeyNames: ["me"] }), "InvalidKeyPair.NotFound", "The key pair 'me' does not exist");
});
