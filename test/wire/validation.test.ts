// Constraint failures, in each service's own code and text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModel, models } from "../../src/aws/models/index.ts";
import { invalid } from "./support/decode.ts";

test("every constraint names a member that exists", async () => {
  for (const model of models) {
    const { shapes } = await loadModel(model);
    const members = new Set<string>();
    const seen = new Set<unknown>();
    const visit = (shape: (typeof shapes.operations extends ReadonlyMap<string, infer O> ? O : never)["input"] | undefined) => {
      const pending: unknown[] = [shape];
      for (let next = pending.pop() as never as { kind: string; name: string } | undefined; next; next = pending.pop() as never) {
        if (seen.has(next)) continue;
        seen.add(next);
        const any = next as never as {
          members?: { name: string; shape: unknown }[];
          member?: { shape: unknown };
          value?: { shape: unknown };
        };
        for (const member of any.members ?? []) {
          members.add(`${next.name}.${member.name}`).add(`*.${member.name}`);
          pending.push(member.shape);
        }
        if (any.member) pending.push(any.member.shape);
        if (any.value) pending.push(any.value.shape);
      }
    };
    for (const operation of shapes.operations.values()) visit(operation.input);
    const stray = Object.keys(model.constraints).filter((key) => !members.has(key));
    assert.deepEqual(stray, [], model.name);
    for (const key of model.maskAlso) assert.match(key, /^\w+\.\w+$/);
  }
});

const cases: [service: string, operation: string, input: object, code: string, text: RegExp][] = [
  [
    "eks",
    "CreateCluster",
    { name: "-bad", roleArn: "r", resourcesVpcConfig: {} },
    "InvalidParameterException",
    /'-bad' at 'name' .*regular expression pattern/,
  ],
  [
    "eks",
    "CreateCluster",
    { name: "a" },
    "InvalidParameterException",
    /^2 validation errors detected: .*at 'roleArn'.*at 'resourcesVpcConfig'/,
  ],
  [
    "eks",
    "CreateCluster",
    { name: "a".repeat(101), roleArn: "r", resourcesVpcConfig: {} },
    "InvalidParameterException",
    /less than or equal to 100/,
  ],
  ["eks", "ListClusters", { maxResults: 101 }, "InvalidParameterException", /'101' at 'maxResults' .*less than or equal to 100/],
  ["eks", "ListClusters", { maxResults: 0 }, "InvalidParameterException", /greater than or equal to 1/],
  ["eks", "TagResource", { resourceArn: "a" }, "BadRequestException", /Value null at 'tags'/],
  ["eks", "CreateAccessEntry", { clusterName: "c" }, "InvalidParameterException", /Value null at 'principalArn'/],
  [
    ...(["eks", "CreateNodegroup"] as const),
    { clusterName: "c", nodegroupName: "n", subnets: [], nodeRole: "r", taints: [{ key: "k", effect: "NEVER" }] },
    ...(["InvalidParameterException", /'NEVER' at 'taints\.1\.member\.effect' .*\[NO_EXECUTE, NO_SCHEDULE, /] as const),
  ],
  ["iam", "GetRole", {}, "ValidationError", /^1 validation error detected: Value null at 'roleName' .*: Member must not be null$/],
  ["iam", "ListRoles", { MaxItems: 0 }, "ValidationError", /at 'maxItems' .*value greater than or equal to 1$/],
  ["sts", "AssumeRole", { RoleArn: "short", RoleSessionName: "a b" }, "ValidationError", /^2 validation errors detected: /],
  [
    "sts",
    "AssumeRole",
    { RoleArn: "x".repeat(20), RoleSessionName: "ab", DurationSeconds: 899 },
    "ValidationError",
    /'durationSeconds' .*or equal to 900$/,
  ],
  [
    ...(["sts", "AssumeRole"] as const),
    { RoleArn: "x".repeat(20), RoleSessionName: "ab", Tags: [{ Key: "", Value: "v" }] },
    ...(["ValidationError", /Value '' at 'tags\.1\.member\.key' /] as const),
  ],
  ["ec2", "CreateSubnet", {}, "MissingParameter", /^The request must contain the parameter VpcId$/],
  [
    "ec2",
    "CreateVpc",
    { InstanceTenancy: "shared" },
    "InvalidParameterValue",
    /^Value \(shared\) for parameter InstanceTenancy is invalid/,
  ],
  ["logs", "CreateLogGroup", { logGroupName: "a b" }, "InvalidParameterException", /'a b' at 'logGroupName'/],
  ["logs", "DescribeLogGroups", { limit: 51 }, "InvalidParameterException", /less than or equal to 50/],
  [
    "cloudtrail",
    "LookupEvents",
    { LookupAttributes: [{ AttributeKey: "Nope", AttributeValue: "x" }] },
    "ValidationException",
    /enum value set/,
  ],
  [
    "eks-auth",
    "AssumeRoleForPodIdentity",
    { clusterName: "c", token: "ab" },
    "InvalidParameterException",
    /^1 validation error detected: Value at 'token'/,
  ],
];

for (const [service, operation, input, code, text] of cases) {
  test(`${service} ${operation} refuses ${JSON.stringify(input).slice(0, 80)}`, async () => {
    const error = await invalid(service, operation, input);
    assert.equal(error?.code, code);
    assert.match(error?.message ?? "", text);
  });
}

test("good input passes", async () => {
  assert.equal(await invalid("eks", "CreateCluster", { name: "a-b_1", roleArn: "r", resourcesVpcConfig: {}, tags: {} }), undefined);
  assert.equal(await invalid("iam", "CreateRole", { RoleName: "r@x", AssumeRolePolicyDocument: "{}", Path: "/a/b/" }), undefined);
  const session = { RoleArn: "x".repeat(20), RoleSessionName: "eks-dev-pod-1234", Tags: [{ Key: "kubernetes-namespace", Value: "" }] };
  assert.equal(await invalid("sts", "AssumeRole", session), undefined);
});
