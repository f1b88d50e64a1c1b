// The request path, seen from unmodified SDK clients.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as EC2 from "@aws-sdk/client-ec2";
import * as EKS from "@aws-sdk/client-eks";
import * as IAM from "@aws-sdk/client-iam";
import { AwsError } from "../../src/aws/errors.ts";
import { type Operations, service } from "../../src/aws/operation.ts";
import { ACCOUNT, ALICE, aliceCaller, NOW, policy, ROOT, SESSION, sessionCaller, startWorld, type World } from "./support/world.ts";

let world: World;

const clusters = {
  DescribeCluster: {
    resource: ({ name }, { region, account }) => `arn:aws:eks:${region}:${account}:cluster/${name}`,
    run({ name }) {
      if (name === "crash") throw new TypeError("boom");
      if (name !== "dev") throw new AwsError("ResourceNotFoundException", `No cluster found for name: ${name}.`, { clusterName: name });
      return { cluster: { name, createdAt: new Date(NOW), status: "ACTIVE" } };
    },
  },
  CreateCluster: {
    resource: ({ name }, { region, account }) => `arn:aws:eks:${region}:${account}:cluster/${name}`,
    requires: ({ roleArn }) => [
      { action: "iam:PassRole", resources: [roleArn ?? ""], conditions: { "iam:PassedToService": "eks.amazonaws.com" } },
    ],
    run({ name }, _call, deps) {
      (deps as { touch(): void }).touch();
      return { cluster: { name } };
    },
  },
} satisfies Operations<typeof EKS, unknown>;

const subnets = {
  DescribeVpcs: { run: () => ({ Vpcs: [{ VpcId: "vpc-1", Tags: [] }] }) },
  CreateVpc: {
    run: () => {
      throw new Error("a dry run must not get here");
    },
  },
} satisfies Operations<typeof EC2, unknown>;

const roles = {
  GetRole: {
    resource: ({ RoleName }, { account }) => `arn:aws:iam::${account}:role/${RoleName}`,
    run({ RoleName }) {
      throw new AwsError("NoSuchEntity", `The role with name ${RoleName} cannot be found.`);
    },
  },
  CreateLoginProfile: { run: ({ UserName }) => ({ LoginProfile: { UserName, CreateDate: new Date(NOW) } }) },
} satisfies Operations<typeof IAM, unknown>;

before(async () => {
  const touch = () => {
    world.store.revision++;
  };
  world = await startWorld([service("eks", { touch }, clusters), service("ec2", {}, subnets), service("iam", {}, roles)]);
  await world.gateway.ready();
});
after(() => world.close());

function options(credentials: object = ROOT) {
  return {
    endpoint: world.endpoint,
    region: "us-west-2",
    credentials: credentials as never,
    maxAttempts: 1,
    systemClockOffset: NOW - Date.now(),
  };
}

async function failure(promise: Promise<unknown>): Promise<Error & { $metadata: { httpStatusCode: number; requestId: string } }> {
  try {
    await promise;
  } catch (error) {
    return error as never;
  }
  throw new assert.AssertionError({ message: "the call succeeded" });
}

test("a signed call runs, is answered and recorded once", async () => {
  world.records.length = 0;
  const client = new EKS.EKSClient(options());
  const { cluster, $metadata } = await client.send(new EKS.DescribeClusterCommand({ name: "dev" }));
  assert.equal(cluster?.name, "dev");
  assert.equal(cluster?.createdAt?.getTime(), NOW);
  assert.equal(world.records.length, 1);
  const record = world.records[0];
  assert.equal(record?.operation, "DescribeCluster");
  assert.equal(record?.requestId, $metadata.requestId);
  assert.deepEqual(record?.request, { name: "dev" });
  assert.equal(record?.readOnly, true);
  assert.equal(record?.external, true);
  assert.equal(record?.sourceIp, "127.0.0.1");
  assert.equal(record?.account, ACCOUNT);
  assert.equal(record?.region, "us-west-2");
});

test("modelled errors keep their members and are recorded", async () => {
  world.records.length = 0;
  const error = await failure(new EKS.EKSClient(options()).send(new EKS.DescribeClusterCommand({ name: "x" })));
  assert.equal(error.name, "ResourceNotFoundException");
  assert.equal(error.message, "No cluster found for name: x.");
  assert.equal(error.$metadata.httpStatusCode, 404);
  assert.equal((error as unknown as { clusterName: string }).clusterName, "x");
  assert.equal((error as unknown as { addonName: unknown }).addonName, null);
  assert.deepEqual(
    world.records.map((record) => record.error?.code),
    ["ResourceNotFoundException"],
  );
});

test("a bug becomes a 500 with a request id, is logged, and the process goes on", async () => {
  world.errors.length = 0;
  const error = await failure(new EKS.EKSClient(options()).send(new EKS.DescribeClusterCommand({ name: "crash" })));
  assert.equal(error.name, "ServerException");
  assert.equal(error.$metadata.httpStatusCode, 500);
  assert.doesNotMatch(error.message, /boom/);
  assert.equal(world.errors.length, 1);
  await new EKS.EKSClient(options()).send(new EKS.DescribeClusterCommand({ name: "dev" }));
});

test("operations without a handler are refused by name with a status nobody retries", async () => {
  const error = await failure(new EKS.EKSClient(options()).send(new EKS.ListClustersCommand({})));
  assert.equal(error.name, "NotImplemented");
  assert.match(error.message, /ListClusters of eks/);
  assert.equal(error.$metadata.httpStatusCode, 400);
});

test("nobody gets more than policies allow, in each service's words", async (t) => {
  await t.test("EKS", async () => {
    const error = await failure(new EKS.EKSClient(options(ALICE)).send(new EKS.DescribeClusterCommand({ name: "dev" })));
    assert.equal(error.name, "AccessDeniedException");
    assert.equal(error.$metadata.httpStatusCode, 403);
    const resource = `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/dev`;
    const text = `User: ${aliceCaller.arn} is not authorized to perform: eks:DescribeCluster on resource: ${resource}`;
    assert.equal(error.message, `${text} because no identity-based policy allows the eks:DescribeCluster action`);
  });
  await t.test("EC2", async () => {
    const error = await failure(new EC2.EC2Client(options(ALICE)).send(new EC2.DescribeVpcsCommand({})));
    assert.equal(error.name, "UnauthorizedOperation");
    assert.equal(error.$metadata.httpStatusCode, 403);
    const [, encoded] = /Encoded authorization failure message: (\S+)$/.exec(error.message) ?? [];
    assert.ok(encoded);
    const details = JSON.parse(world.gateway.decodeAuthorizationMessage(encoded) ?? "null");
    assert.equal(details.context.action, "ec2:DescribeVpcs");
    assert.equal(world.gateway.decodeAuthorizationMessage(`${encoded.slice(0, -4)}AAAA`), undefined);
  });
  await t.test("IAM", async () => {
    const error = await failure(new IAM.IAMClient(options(ALICE)).send(new IAM.GetRoleCommand({ RoleName: "r" })));
    assert.equal(error.name, "AccessDenied");
    assert.equal(error.$metadata.httpStatusCode, 403);
  });
});

test("an explicit allow lets a session in; PassRole is asked separately, without the request's tags", async () => {
  const allow = (...actions: string[]) => policy({ effect: "Allow", actions, resources: ["*"] });
  const create = new EKS.CreateClusterCommand({
    ...{ name: "new", roleArn: `arn:aws:iam::${ACCOUNT}:role/eks`, resourcesVpcConfig: {}, tags: { team: "blue" } },
  });
  world.policies.set("Ops", { identity: [allow("eks:*")] });
  const refused = await failure(new EKS.EKSClient(options(SESSION)).send(create));
  assert.match(
    refused.message,
    new RegExp(`^User: ${sessionCaller.arn} is not authorized to perform: iam:PassRole on resource: arn:aws:iam`),
  );
  assert.equal(refused.name, "AccessDeniedException");
  const tagged = policy({
    ...{ effect: "Allow", actions: ["eks:*"], resources: ["*"] },
    conditions: { StringEquals: { "aws:RequestTag/team": [`$${"{aws:PrincipalTag/team}"}`], "aws:PrincipalTag/cost": ["7"] } },
  });
  const pass = policy({
    ...{ effect: "Allow", actions: ["iam:PassRole"], resources: ["*"] },
    conditions: { Null: { "aws:TagKeys": ["true"] }, StringEquals: { "iam:PassedToService": ["eks.amazonaws.com"] } },
  });
  world.policies.set("Ops", { identity: [tagged, pass] });
  const flushes = world.store.flushes;
  await new EKS.EKSClient(options(SESSION)).send(create);
  assert.equal(world.store.flushes, flushes + 1, "a write is acknowledged when it is durable");
});

test("root is bound by a service control policy", async () => {
  world.policies.set("", { identity: [], serviceControl: [[policy({ effect: "Deny", actions: ["eks:*"], resources: ["*"] })]] });
  const error = await failure(new EKS.EKSClient(options()).send(new EKS.DescribeClusterCommand({ name: "dev" })));
  assert.match(error.message, /with an explicit deny in a service control policy/);
  world.policies.delete("");
});

test("EC2's DryRun says what would happen and does nothing", async () => {
  const create = new EC2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", DryRun: true });
  const allowed = await failure(new EC2.EC2Client(options()).send(create));
  assert.equal(allowed.name, "DryRunOperation");
  assert.equal(allowed.$metadata.httpStatusCode, 412);
  assert.equal((await failure(new EC2.EC2Client(options(ALICE)).send(create))).name, "UnauthorizedOperation");
});

test("IAM's codes are those of the query protocol, and sensitive members are not recorded", async () => {
  const iam = new IAM.IAMClient(options());
  const missing = await failure(iam.send(new IAM.GetRoleCommand({ RoleName: "none" })));
  assert.equal(missing.name, "NoSuchEntityException");
  assert.equal((missing as unknown as { Code: string }).Code, "NoSuchEntity");
  assert.equal(missing.$metadata.httpStatusCode, 404);
  world.records.length = 0;
  await iam.send(new IAM.CreateLoginProfileCommand({ UserName: "alice", Password: "hunter2" }));
  assert.deepEqual(world.records[0]?.request, { UserName: "alice" });
  assert.equal(world.records[0]?.region, "us-east-1");
  const invalid = await failure(iam.send(new IAM.GetRoleCommand({ RoleName: "no spaces" })));
  assert.equal(invalid.name, "ValidationError");
  assert.equal(
    invalid.message,
    "1 validation error detected: Value 'no spaces' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+",
  );
});

test("in-process calls are decided, recorded and refused like others", async () => {
  world.records.length = 0;
  const { invoke } = world.gateway;
  const eks = { partition: "aws", accountId: ACCOUNT, kind: "service", arn: "", userId: "", service: "eks.amazonaws.com" } as const;
  const { Vpcs } = await invoke("ec2", "DescribeVpcs", {}, { caller: eks, region: "us-west-2" });
  assert.equal(Vpcs?.[0]?.VpcId, "vpc-1");
  assert.equal(world.records[0]?.external, false);
  assert.equal(world.records[0]?.sourceIp, "eks.amazonaws.com");
  const refused = invoke("ec2", "DescribeVpcs", {}, { caller: aliceCaller, region: "us-west-2" });
  await assert.rejects(refused, (error: AwsError) => error instanceof AwsError && error.code === "UnauthorizedOperation");
  assert.equal(world.records.length, 2);
  await assert.rejects(
    invoke("ec2", "CreateSubnet", { VpcId: "v" }, { caller: eks, region: "us-west-2" }),
    /NotImplemented|does not implement/,
  );
  const nobody = { partition: "aws", accountId: ACCOUNT, kind: "anonymous", arn: "", userId: "" } as const;
  const anonymous = invoke("ec2", "DescribeVpcs", {}, { caller: nobody, region: "us-west-2" });
  await assert.rejects(anonymous, (error: AwsError) => error.code === "UnauthorizedOperation", "no credentials, no rights");
  const unfit = invoke("iam", "GetRole", { RoleName: "" }, { caller: eks, region: "us-west-2" });
  await assert.rejects(unfit, (error: AwsError) => error.code === "ValidationError");
});
