// What is recorded of sensitive members, and which operations only read (spec audit §A.2, §A.5).
import assert from "node:assert/strict";
import { test } from "node:test";
import { isReadOnly, loadModel, modelOf } from "../../src/aws/models/index.ts";
import { maskSensitive } from "../../src/aws/protocol/mask.ts";

async function masked(service: string, operation: string, side: "input" | "output", value: object): Promise<unknown> {
  const { model, shapes } = await loadModel(modelOf(service));
  return maskSensitive(shapes.operations.get(operation)?.[side], value, model.mask, model.maskAlso);
}

test("STS and IAM leave secrets out", async () => {
  const Credentials = { AccessKeyId: "ASIA", SecretAccessKey: "s", SessionToken: "t", Expiration: new Date(0) };
  assert.deepEqual(await masked("sts", "AssumeRole", "output", { Credentials }), {
    Credentials: { AccessKeyId: "ASIA", SessionToken: "t", Expiration: new Date(0) },
  });
  const identity = { RoleArn: "r", RoleSessionName: "s", WebIdentityToken: "jwt" };
  assert.deepEqual(await masked("sts", "AssumeRoleWithWebIdentity", "input", identity), { RoleArn: "r", RoleSessionName: "s" });
  const AccessKey = { UserName: "a", AccessKeyId: "AKIA", Status: "Active", SecretAccessKey: "s" };
  const answer = (await masked("iam", "CreateAccessKey", "output", { AccessKey })) as { AccessKey: object };
  assert.deepEqual(Object.keys(answer.AccessKey).sort(), ["AccessKeyId", "Status", "UserName"]);
  assert.deepEqual(await masked("iam", "ChangePassword", "input", { OldPassword: "a", NewPassword: "b" }), {});
});

test("EC2 and EKS put a text in their place", async () => {
  const run = await masked("ec2", "RunInstances", "input", { ImageId: "ami-1", UserData: "IyEvYmlu", MaxCount: 1 });
  assert.deepEqual(run, { ImageId: "ami-1", MaxCount: 1, UserData: "<sensitiveDataRemoved>" });
  const key = (await masked("ec2", "CreateKeyPair", "output", { KeyName: "k", KeyMaterial: "PEM" })) as { KeyMaterial: string };
  assert.equal(key.KeyMaterial, "<sensitiveDataRemoved>");
  const pod = await masked("eks-auth", "AssumeRoleForPodIdentity", "input", { clusterName: "c", token: "a.b.c" });
  assert.deepEqual(pod, { clusterName: "c", token: "HIDDEN_DUE_TO_SECURITY_REASONS" });
  const cluster = { connectorConfig: { activationId: "i", activationCode: "secret" } };
  assert.deepEqual(await masked("eks", "RegisterCluster", "output", { cluster }), {
    cluster: { connectorConfig: { activationId: "i", activationCode: "HIDDEN_DUE_TO_SECURITY_REASONS" } },
  });
});

test("copies hold what the shape knows, and maps survive hostile keys", async () => {
  const tags = JSON.parse('{"__proto__":"x","a":"b"}');
  const copy = (await masked("eks", "TagResource", "input", { resourceArn: "r", tags, other: 1 })) as { tags: object };
  assert.deepEqual(Object.keys(copy), ["resourceArn", "tags"]);
  assert.deepEqual(Object.keys(copy.tags), ["__proto__", "a"]);
  assert.equal(Object.getPrototypeOf(copy.tags), Object.prototype);
});

test("no secret of any service gets into a record", async () => {
  for (const service of ["eks", "eks-auth", "iam", "sts", "cloudtrail", "logs"]) {
    const { shapes } = await loadModel(modelOf(service));
    for (const { name, input, output } of shapes.operations.values()) {
      for (const member of [...(input?.members ?? []), ...(output?.members ?? [])]) {
        if (!/password|secret(?!Arn)/i.test(member.name) || member.shape.kind !== "string") continue;
        assert.ok(member.sensitive || member.shape.sensitive, `${service} ${name} ${member.name}`);
      }
    }
  }
});

test("readOnly", () => {
  const reads = [
    "DescribeCluster",
    "ListClusters",
    "GetRole",
    "LookupEvents",
    "AssumeRole",
    "AssumeRoleForPodIdentity",
    "SimulatePrincipalPolicy",
  ];
  const writes = [
    "CreateCluster",
    "UpdateClusterConfig",
    "DeleteRole",
    "PutLogEvents",
    "RunInstances",
    "StartInsightsRefresh",
    "TagResource",
  ];
  for (const name of reads) assert.ok(isReadOnly(name), name);
  for (const name of writes) assert.ok(!isReadOnly(name), name);
});
