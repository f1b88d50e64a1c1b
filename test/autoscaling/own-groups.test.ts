// Groups of customers' own through the official client: launched, spread, replaced, refused.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  AttachInstancesCommand,
  AutoScalingClient,
  type AutoScalingGroup,
  CreateAutoScalingGroupCommand,
  type CreateAutoScalingGroupCommandInput,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeScalingActivitiesCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  ResumeProcessesCommand,
  SetInstanceHealthCommand,
  SetInstanceProtectionCommand,
  StartInstanceRefreshCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  type Instance,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { type Keys, REGION, startTestAtoll, type TestAtoll } from "../support/atoll.ts";
import { createNetwork, createUser, type Network } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const IMAGE = "ami-0123456789abcdef0";
let test_: TestAtoll;
let autoscaling: AutoScalingClient;
let network: Network;
let template: string;

const client = (credentials: Keys) =>
  new AutoScalingClient({ endpoint: test_.atoll.endpoint, region: REGION, credentials, maxAttempts: 1 });
const describe = async (name: string): Promise<AutoScalingGroup | undefined> =>
  (await autoscaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }))).AutoScalingGroups![0];
const create = (name: string, change: Partial<CreateAutoScalingGroupCommandInput> = {}) =>
  autoscaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: name,
      ...{ MinSize: 0, MaxSize: 4, DesiredCapacity: 2, VPCZoneIdentifier: network.subnets.join(",") },
      LaunchTemplate: { LaunchTemplateId: template },
      ...change,
    }),
  );
const settled = (name: string, count: number, not: readonly string[] = []) =>
  eventually(`${count} instances of ${name}`, async () => {
    const { Instances = [] } = (await describe(name))!;
    const ready = Instances.filter(({ LifecycleState, InstanceId }) => LifecycleState === "InService" && !not.includes(InstanceId!));
    return Instances.length === count && ready.length === count && ready;
  });
const instances = async (InstanceIds: readonly string[]): Promise<Instance[]> =>
  (await test_.clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [...InstanceIds] }))).Reservations!.flatMap(
    (each) => each.Instances!,
  );
const update = (name: string, change: object) =>
  autoscaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: name, ...change }));

before(async () => {
  test_ = await startTestAtoll();
  autoscaling = client(test_.root);
  network = await createNetwork(test_.clients.ec2);
  const { LaunchTemplate } = await test_.clients.ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: "plain", LaunchTemplateData: { ImageId: IMAGE, InstanceType: "m5.large" } }),
  );
  template = LaunchTemplate!.LaunchTemplateId!;
});
after(async () => {
  autoscaling.destroy();
  await test_.close();
});

test("a group launches through its service-linked role, spread over its zones, with the tags that propagate", async () => {
  const tag = (Key: string, PropagateAtLaunch: boolean) => ({ Key, Value: "v", PropagateAtLaunch });
  await create("spread", { Tags: [tag("kept", false), tag("passed", true)] });
  const members = await settled("spread", 2);
  assert.deepEqual(members.map(({ AvailabilityZone }) => AvailabilityZone).sort(), [`${REGION}a`, `${REGION}b`]);
  const group = (await describe("spread"))!;
  assert.deepEqual(
    [group.LaunchTemplate?.LaunchTemplateName, group.LaunchTemplate?.Version, group.HealthCheckType, group.DefaultCooldown],
    ["plain", "$Default", "EC2", 300],
  );
  assert.deepEqual(group.AvailabilityZones, [`${REGION}a`, `${REGION}b`]);
  assert.deepEqual(group.TerminationPolicies, ["Default"]);
  const tags = (await instances(members.map(({ InstanceId }) => InstanceId!))).map(({ Tags }) => Tags!.map(({ Key }) => Key));
  for (const keys of tags) assert.ok(keys.includes("passed") && keys.includes("aws:autoscaling:groupName") && !keys.includes("kept"));
  const { Role } = await test_.clients.iam.send(new GetRoleCommand({ RoleName: "AWSServiceRoleForAutoScaling" }));
  assert.equal(group.ServiceLinkedRoleARN, Role!.Arn);
  const { Activities } = await autoscaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: "spread" }));
  assert.equal(Activities!.length, 2);
  assert.ok(
    Activities!.every(({ StatusCode, Cause }) => StatusCode === "Successful" && /difference between desired and actual/.test(Cause!)),
  );
  const paged = await autoscaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: "spread", MaxRecords: 1 }));
  assert.equal(paged.Activities!.length, 1);
  assert.ok(paged.NextToken);
});

test("an instance that somebody terminates is replaced, and the history says why", async () => {
  await create("healing", { DesiredCapacity: 1 });
  const [first] = await settled("healing", 1);
  await test_.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [first!.InstanceId!] }));
  const [second] = await settled("healing", 1, [first!.InstanceId!]);
  assert.notEqual(second!.InstanceId, first!.InstanceId);
  const { Activities } = await autoscaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: "healing" }));
  assert.ok(Activities!.some(({ Description, Cause }) => Description!.endsWith(first!.InstanceId!) && /EC2 health check/.test(Cause!)));
});

test("an instance that is said to be unhealthy is replaced", async () => {
  const [first] = await settled("healing", 1);
  const health = { InstanceId: first!.InstanceId, HealthStatus: "Unhealthy" };
  await assert.rejects(autoscaling.send(new SetInstanceHealthCommand({ ...health, HealthStatus: "Pale" })), { name: "ValidationError" });
  await autoscaling.send(new SetInstanceHealthCommand(health));
  await settled("healing", 1, [first!.InstanceId!]);
});

test("protected instances stay when a group shrinks; suspended processes do nothing", async () => {
  await create("careful", { MaxSize: 3 });
  const [kept, other] = (await settled("careful", 2)).map(({ InstanceId }) => InstanceId!);
  const named = { AutoScalingGroupName: "careful" };
  await autoscaling.send(new SetInstanceProtectionCommand({ ...named, InstanceIds: [kept!], ProtectedFromScaleIn: true }));
  await autoscaling.send(new SuspendProcessesCommand({ ...named, ScalingProcesses: ["Terminate"] }));
  await update("careful", { DesiredCapacity: 0 });
  await test_.atoll.controllers.idle();
  assert.equal((await describe("careful"))!.Instances!.length, 2);
  await autoscaling.send(new ResumeProcessesCommand(named));
  const left = await settled("careful", 1, [other!]);
  assert.equal(left[0]!.InstanceId, kept);
  await assert.rejects(autoscaling.send(new SuspendProcessesCommand({ ...named, ScalingProcesses: ["Nap"] })), { name: "ValidationError" });
});

test("instances go to standby, are detached, attached and terminated by name", async () => {
  await create("named", { MinSize: 0 });
  const [one, two] = (await settled("named", 2)).map(({ InstanceId }) => InstanceId!);
  const on = (...ids: string[]) => ({ AutoScalingGroupName: "named", InstanceIds: ids });
  await autoscaling.send(new EnterStandbyCommand({ ...on(one!), ShouldDecrementDesiredCapacity: true }));
  const standby = (await describe("named"))!;
  assert.equal(standby.DesiredCapacity, 1);
  assert.equal(standby.Instances!.find(({ InstanceId }) => InstanceId === one)?.LifecycleState, "Standby");
  await autoscaling.send(new ExitStandbyCommand(on(one!)));
  assert.equal((await describe("named"))!.DesiredCapacity, 2);
  await autoscaling.send(new DetachInstancesCommand({ ...on(one!), ShouldDecrementDesiredCapacity: true }));
  await settled("named", 1, [one!]);
  assert.equal((await instances([one!]))[0]!.State!.Name, "running");
  await autoscaling.send(new AttachInstancesCommand(on(one!)));
  await settled("named", 2);
  await autoscaling.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: two, ShouldDecrementDesiredCapacity: true }));
  const left = await settled("named", 1, [two!]);
  assert.equal(left[0]!.InstanceId, one);
  await update("named", { MinSize: 1 });
  await assert.rejects(
    autoscaling.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: one, ShouldDecrementDesiredCapacity: true })),
    { name: "ValidationError", message: /desiredSize equals minSize \(1\)/ },
  );
  const { Instances } = await test_.clients.ec2.send(
    new RunInstancesCommand({ ImageId: IMAGE, InstanceType: "m5.large", MinCount: 1, MaxCount: 1, SubnetId: network.subnets[0] }),
  );
  await assert.rejects(autoscaling.send(new AttachInstancesCommand(on())), { name: "ValidationError" });
  await update("named", { MaxSize: 1 });
  await assert.rejects(autoscaling.send(new AttachInstancesCommand(on(Instances![0]!.InstanceId!))), { name: "ValidationError" });
});

test("a refresh replaces every instance", async () => {
  await create("renewed");
  const old = (await settled("renewed", 2)).map(({ InstanceId }) => InstanceId!);
  const named = { AutoScalingGroupName: "renewed" };
  await autoscaling.send(new StartInstanceRefreshCommand({ ...named, Preferences: { MinHealthyPercentage: 50 } }));
  await assert.rejects(autoscaling.send(new StartInstanceRefreshCommand(named)), { name: /InstanceRefreshInProgress/ });
  await eventually("the refresh done", async () => {
    const { InstanceRefreshes } = await autoscaling.send(new DescribeInstanceRefreshesCommand(named));
    return InstanceRefreshes![0]!.Status === "Successful";
  });
  await settled("renewed", 2, old);
});

test("a mixed instances policy names types and the share of spot", async () => {
  const MixedInstancesPolicy = {
    LaunchTemplate: {
      LaunchTemplateSpecification: { LaunchTemplateName: "plain", Version: "$Latest" },
      Overrides: [{ InstanceType: "c5.large" }, { InstanceType: "m5.xlarge" }],
    },
    InstancesDistribution: {
      OnDemandBaseCapacity: 1,
      OnDemandPercentageAboveBaseCapacity: 0,
      SpotAllocationStrategy: "price-capacity-optimized",
    },
  };
  await create("mixed", { LaunchTemplate: undefined, MixedInstancesPolicy });
  const members = await settled("mixed", 2);
  const seen = await instances(members.map(({ InstanceId }) => InstanceId!));
  assert.ok(seen.every(({ InstanceType }) => InstanceType === "c5.large"));
  assert.deepEqual(seen.map(({ InstanceLifecycle }) => InstanceLifecycle ?? "on-demand").sort(), ["on-demand", "spot"]);
  const policy = (await describe("mixed"))!.MixedInstancesPolicy!;
  assert.equal(policy.LaunchTemplate!.Overrides!.length, 2);
  assert.equal(policy.InstancesDistribution!.OnDemandBaseCapacity, 1);
});

test("a group goes when it is empty, or with its instances if that is asked for", async () => {
  await create("ending", { DesiredCapacity: 1 });
  await settled("ending", 1);
  await assert.rejects(create("ending"), { name: /AlreadyExists/ });
  const remove = (ForceDelete?: boolean) =>
    autoscaling.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: "ending", ...(ForceDelete && { ForceDelete }) }));
  await assert.rejects(remove(), { name: /ResourceInUse/ });
  await remove(true);
  await eventually("the group gone", async () => (await describe("ending")) === undefined);
  await assert.rejects(remove(), { name: "ValidationError", message: /not found/ });
});

const refusals: readonly [what: string, change: Partial<CreateAutoScalingGroupCommandInput>, name: string, message: RegExp][] = [
  ["no template", { LaunchTemplate: undefined }, "ValidationError", /must contain either LaunchTemplate/],
  ["an unknown template", { LaunchTemplate: { LaunchTemplateName: "none" } }, "ValidationError", /fully-formed launch template/],
  [
    "an unknown version",
    { LaunchTemplate: { LaunchTemplateName: "plain", Version: "9" } },
    "ValidationError",
    /fully-formed launch template/,
  ],
  ["bounds upside down", { MinSize: 3, MaxSize: 1 }, "ValidationError", /Max bound, 1/],
  ["too much", { DesiredCapacity: 9 }, "ValidationError", /above max value 4/],
  ["no subnet", { VPCZoneIdentifier: undefined }, "ValidationError", /At least one Availability Zone/],
  ["an unknown subnet", { VPCZoneIdentifier: "subnet-00000000000000000" }, "ValidationError", /does not exist/],
  ["launch configurations", { LaunchTemplate: undefined, LaunchConfigurationName: "old" }, "NotImplemented", /LaunchConfigurationName/],
  [
    "zones in strict balance",
    { AvailabilityZoneDistribution: { CapacityDistributionStrategy: "balanced-only" } },
    "NotImplemented",
    /AvailabilityZoneDistribution/,
  ],
  ["target groups", { TargetGroupARNs: ["arn:aws:elasticloadbalancing:x"] }, "NotImplemented", /TargetGroupARNs/],
  ["health checks of balancers", { HealthCheckType: "ELB" }, "NotImplemented", /ELB/],
  ["reserved tags", { Tags: [{ Key: "aws:x", Value: "" }] }, "ValidationError", /reserved/],
  ["a policy of that name", { TerminationPolicies: ["Coin"] }, "ValidationError", /termination policy/],
];
for (const [what, change, name, message] of refusals) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(create("refused", change), { name, message });
    assert.equal(await describe("refused"), undefined);
  });
}

test("whoever may not run instances may not have a group do it", async () => {
  const policy = (...actions: string[]) =>
    JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] });
  const request = new CreateAutoScalingGroupCommand({
    ...{ AutoScalingGroupName: "sly", MinSize: 1, MaxSize: 1, VPCZoneIdentifier: network.subnets[0] },
    LaunchTemplate: { LaunchTemplateId: template },
  });
  const nobody = client(await createUser(test_.clients.iam, "nobody", policy("ec2:*")));
  await assert.rejects(nobody.send(request), { name: "AccessDenied" });
  const sly = client(await createUser(test_.clients.iam, "sly", policy("autoscaling:*", "ec2:Describe*")));
  await assert.rejects(sly.send(request), { name: "ValidationError", message: /not authorized to use launch template/ });
  nobody.destroy();
  sly.destroy();
});
