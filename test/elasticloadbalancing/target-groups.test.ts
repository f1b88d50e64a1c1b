// Target groups and their targets: defaults, refusals, registration, health.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CreateTargetGroupInput } from "@aws-sdk/client-elastic-load-balancing-v2";
import { createWorld, type World } from "./world.ts";

const describeGroup = async ({ elb }: World, arn: string) =>
  (await elb("DescribeTargetGroups", { TargetGroupArns: [arn] })).TargetGroups![0]!;

const health = async ({ elb }: World, TargetGroupArn: string) =>
  (await elb("DescribeTargetHealth", { TargetGroupArn })).TargetHealthDescriptions!.map(({ Target, TargetHealth, HealthCheckPort }) => [
    Target!.Id,
    Target!.Port,
    HealthCheckPort,
    TargetHealth!.State,
    TargetHealth!.Reason,
  ]);

const defaults: readonly (readonly [name: string, input: Partial<CreateTargetGroupInput>, shown: object])[] = [
  [
    "HTTP",
    {},
    {
      HealthCheckProtocol: "HTTP",
      HealthCheckPath: "/",
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 5,
      ProtocolVersion: "HTTP1",
      Matcher: { HttpCode: "200" },
    },
  ],
  ["gRPC", { ProtocolVersion: "GRPC" }, { HealthCheckPath: "/AWS.ALB/healthcheck", Matcher: { GrpcCode: "12" } }],
  [
    "TCP",
    { Protocol: "TCP" },
    { HealthCheckProtocol: "TCP", HealthCheckTimeoutSeconds: 10, HealthCheckPath: undefined, Matcher: undefined },
  ],
  [
    "TCP checked by HTTP",
    { Protocol: "TCP", HealthCheckProtocol: "HTTP" },
    { HealthCheckTimeoutSeconds: 6, Matcher: { HttpCode: "200-399" } },
  ],
];

for (const [name, input, shown] of defaults) {
  test(`defaults of ${name}`, async () => {
    const world = await createWorld();
    const group = await describeGroup(world, await world.targetGroup("g", input));
    for (const [member, value] of Object.entries({
      HealthCheckIntervalSeconds: 30,
      HealthCheckPort: "traffic-port",
      UnhealthyThresholdCount: 2,
      ...shown,
    }))
      assert.deepEqual(group[member as keyof typeof group], value, member);
  });
}

const refusals: readonly (readonly [name: string, input: Partial<CreateTargetGroupInput>, code: string])[] = [
  ["no protocol", { Protocol: undefined }, "ValidationError"],
  ["no port", { Port: undefined }, "ValidationError"],
  ["no VPC", { VpcId: undefined }, "ValidationError"],
  ["an unknown VPC", { VpcId: "vpc-0123456789abcdef0" }, "ValidationError"],
  ["a lambda", { TargetType: "lambda" }, "NotImplemented"],
  ["GENEVE", { Protocol: "GENEVE" }, "NotImplemented"],
  ["HTTP checked by TCP", { HealthCheckProtocol: "TCP" }, "ValidationError"],
  ["a path for TCP", { Protocol: "TCP", HealthCheckPath: "/" }, "ValidationError"],
  ["a version for TCP", { Protocol: "TCP", ProtocolVersion: "HTTP2" }, "ValidationError"],
  ["a path without slash", { HealthCheckPath: "x" }, "ValidationError"],
  ["a timeout above the interval", { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 6 }, "ValidationError"],
  ["a long interval", { HealthCheckIntervalSeconds: 301 }, "ValidationError"],
  ["odd codes", { Matcher: { HttpCode: "2xx" } }, "ValidationError"],
  ["an odd check port", { HealthCheckPort: "http" }, "ValidationError"],
  ["a port out of range", { Port: 70_000 }, "ValidationError"],
];

for (const [name, input, code] of refusals) {
  test(`refused: a group with ${name}`, async () => {
    const world = await createWorld();
    await assert.rejects(world.targetGroup("g", input), { code });
    assert.deepEqual((await world.elb("DescribeTargetGroups", {})).TargetGroups, []);
  });
}

test("a name with other settings is refused; a group in use is not deleted", async () => {
  const world = await createWorld();
  const { elb } = world;
  const arn = await world.targetGroup("g");
  assert.equal(await world.targetGroup("g"), arn);
  await assert.rejects(world.targetGroup("g", { Port: 81 }), { code: "DuplicateTargetGroupName" });
  const LoadBalancerArn = await world.balancer("web");
  const forward = [{ Type: "forward" as const, TargetGroupArn: arn }];
  const { Listeners } = await elb("CreateListener", { LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions: forward });
  assert.deepEqual((await describeGroup(world, arn)).LoadBalancerArns, [LoadBalancerArn]);
  await assert.rejects(elb("DeleteTargetGroup", { TargetGroupArn: arn }), { code: "ResourceInUse" });
  await elb("DeleteListener", { ListenerArn: Listeners![0]!.ListenerArn! });
  await elb("DeleteTargetGroup", { TargetGroupArn: arn });
  await elb("DeleteTargetGroup", { TargetGroupArn: arn });
  await assert.rejects(describeGroup(world, arn), { code: "TargetGroupNotFound" });
});

test("addresses: unused until a listener sends to them, healthy when something answers", async () => {
  const world = await createWorld({ provisioning: 60_000, drains: true });
  const { elb, clock } = world;
  const TargetGroupArn = await world.targetGroup("g");
  const register = (...Targets: { Id: string; Port?: number; AvailabilityZone?: string }[]) =>
    elb("RegisterTargets", { TargetGroupArn, Targets });
  await register({ Id: "10.0.0.9" }, { Id: "10.0.0.9" }, { Id: "10.0.1.9", Port: 8080 }, { Id: "10.0.2.9" });
  assert.deepEqual((await health(world, TargetGroupArn))[0], ["10.0.0.9", 80, "80", "unused", "Target.NotInUse"]);
  await elb("CreateListener", {
    ...{ LoadBalancerArn: await world.balancer("web"), Protocol: "HTTP", Port: 80 },
    DefaultActions: [{ Type: "forward", TargetGroupArn }],
  });
  assert.equal((await health(world, TargetGroupArn))[0]![3], "initial");
  await clock.step(60_000);
  world.answering.add("10.0.0.9");
  assert.deepEqual(await health(world, TargetGroupArn), [
    ["10.0.0.9", 80, "80", "healthy", undefined],
    ["10.0.1.9", 8080, "8080", "unhealthy", "Target.FailedHealthChecks"],
    ["10.0.2.9", 80, "80", "unused", "Target.NotInUse"],
  ]);
  await elb("DeregisterTargets", { TargetGroupArn, Targets: [{ Id: "10.0.0.9" }] });
  assert.deepEqual((await health(world, TargetGroupArn))[0]!.slice(3), ["draining", "Target.DeregistrationInProgress"]);
  await clock.step(300_000);
  assert.equal((await health(world, TargetGroupArn)).length, 2);
  const one = await elb("DescribeTargetHealth", { TargetGroupArn, Targets: [{ Id: "10.0.0.9" }] });
  assert.equal(one.TargetHealthDescriptions![0]!.TargetHealth!.Reason, "Target.NotRegistered");

  await register({ Id: "192.168.3.3", AvailabilityZone: "all" });
  await assert.rejects(register({ Id: "192.168.3.3" }), { code: "ValidationError" });
  await assert.rejects(register({ Id: "8.8.8.8", AvailabilityZone: "all" }), { code: "InvalidTarget" });
  await assert.rejects(register({ Id: "2001:db8::1" }), { code: "ValidationError" });
  await assert.rejects(register({ Id: "i-0123456789abcdef0" }), { code: "ValidationError" });
  await assert.rejects(register({ Id: "10.0.0.9", Port: 0 }), { code: "ValidationError" });
});

test("instances must run, in the group's VPC", async () => {
  const world = await createWorld();
  const TargetGroupArn = await world.targetGroup("g", { TargetType: "instance" });
  await assert.rejects(world.elb("RegisterTargets", { TargetGroupArn, Targets: [{ Id: "i-0123456789abcdef0" }] }), {
    code: "InvalidTarget",
  });
  const { Instances } = await world.ec2("RunInstances", {
    ImageId: "ami-0123456789abcdef0",
    MinCount: 1,
    MaxCount: 1,
    SubnetId: world.subnets[0],
    InstanceType: "t3.small",
  });
  const Id = Instances![0]!.InstanceId!;
  await world.clock.step(60_000);
  await world.elb("RegisterTargets", { TargetGroupArn, Targets: [{ Id, Port: 30_000 }] });
  assert.deepEqual((await health(world, TargetGroupArn))[0]!.slice(0, 4), [Id, 30_000, "30000", "unused"]);
  const other = (await world.ec2("CreateVpc", { CidrBlock: "10.9.0.0/16" })).Vpc!.VpcId!;
  const foreign = await world.targetGroup("h", { TargetType: "instance", VpcId: other });
  await assert.rejects(world.elb("RegisterTargets", { TargetGroupArn: foreign, Targets: [{ Id }] }), { code: "InvalidTarget" });
});

test("attributes fit the protocol", async () => {
  const world = await createWorld();
  const http = await world.targetGroup("http");
  const tcp = await world.targetGroup("tcp", { Protocol: "TCP" });
  const modify = (TargetGroupArn: string, Key: string, Value: string) =>
    world.elb("ModifyTargetGroupAttributes", { TargetGroupArn, Attributes: [{ Key, Value }] });
  await modify(http, "slow_start.duration_seconds", "30");
  await modify(tcp, "preserve_client_ip.enabled", "true");
  await assert.rejects(modify(http, "preserve_client_ip.enabled", "true"), { code: "InvalidConfigurationRequest" });
  await assert.rejects(modify(tcp, "stickiness.type", "lb_cookie"), { code: "InvalidConfigurationRequest" });
  await assert.rejects(modify(http, "slow_start.duration_seconds", "5"), { code: "InvalidConfigurationRequest" });
});
