// Load balancers: where they may stand, their interfaces and groups, attributes, and their end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type World } from "./world.ts";

test("an application load balancer stands in its subnets with interfaces of its own, which go with it", async () => {
  const world = await createWorld();
  const { elb, ec2 } = world;
  const group = await world.securityGroup("web");
  const { LoadBalancers } = await elb("CreateLoadBalancer", {
    ...{ Name: "web", Subnets: [world.subnets[0], world.subnets[1]], SecurityGroups: [group] },
    Tags: [{ Key: "team", Value: "a" }],
  });
  const [made] = LoadBalancers!;
  assert.match(made!.LoadBalancerArn!, /^arn:aws:elasticloadbalancing:us-west-2:111122223333:loadbalancer\/app\/web\/[0-9a-f]{16}$/);
  assert.match(made!.DNSName!, /^web-\d{10}\.us-west-2\.elb\.amazonaws\.com$/);
  assert.deepEqual(
    [made!.State, made!.Scheme, made!.Type, made!.CanonicalHostedZoneId],
    [{ Code: "provisioning" }, "internet-facing", "application", "Z1H1FL5HABSF5"],
  );
  const [seen] = (await elb("DescribeLoadBalancers", { Names: ["web"] })).LoadBalancers!;
  assert.equal(seen!.State!.Code, "active");
  assert.deepEqual(
    seen!.AvailabilityZones!.map(({ ZoneName, SubnetId }) => [ZoneName, SubnetId]),
    [
      ["us-west-2a", world.subnets[0]],
      ["us-west-2b", world.subnets[1]],
    ],
  );
  const path = made!.LoadBalancerArn!.split(":loadbalancer/")[1];
  const interfaces = await world.interfaces();
  assert.deepEqual(
    interfaces.map(({ Description, RequesterId, RequesterManaged, Status, Groups }) => [
      Description,
      RequesterId,
      RequesterManaged,
      Status,
      Groups![0]!.GroupId,
    ]),
    [1, 2].map(() => [`ELB ${path}`, "amazon-elb", true, "in-use", group]),
  );
  await assert.rejects(ec2("DeleteNetworkInterface", { NetworkInterfaceId: interfaces[0]!.NetworkInterfaceId! }), {
    code: "OperationNotPermitted",
  });
  await assert.rejects(ec2("DeleteSecurityGroup", { GroupId: group }), { code: "DependencyViolation" });
  await assert.rejects(ec2("DeleteSubnet", { SubnetId: world.subnets[0] }), { code: "DependencyViolation" });

  const other = await world.securityGroup("other");
  const LoadBalancerArn = made!.LoadBalancerArn!;
  await elb("SetSecurityGroups", { LoadBalancerArn, SecurityGroups: [other] });
  await ec2("DeleteSecurityGroup", { GroupId: group });
  await elb("ModifyLoadBalancerAttributes", { LoadBalancerArn, Attributes: [{ Key: "deletion_protection.enabled", Value: "true" }] });
  await assert.rejects(elb("DeleteLoadBalancer", { LoadBalancerArn }), { code: "OperationNotPermitted" });
  await elb("ModifyLoadBalancerAttributes", { LoadBalancerArn, Attributes: [{ Key: "deletion_protection.enabled", Value: "false" }] });
  await elb("DeleteLoadBalancer", { LoadBalancerArn });
  await elb("DeleteLoadBalancer", { LoadBalancerArn });
  assert.deepEqual(await world.interfaces(), []);
  await assert.rejects(elb("DescribeLoadBalancers", { Names: ["web"] }), {
    code: "LoadBalancerNotFound",
    message: "Load balancers '[web]' not found",
  });
});

test("a network load balancer needs one subnet and no groups; groups cannot come later", async () => {
  const world = await createWorld();
  const arn = await world.balancer("net", { Type: "network", Scheme: "internal", Subnets: [world.subnets[2]] });
  const [made] = (await world.elb("DescribeLoadBalancers", {})).LoadBalancers!;
  assert.match(made!.DNSName!, /^net-[0-9a-f]{16}\.elb\.us-west-2\.amazonaws\.com$/);
  assert.equal(made!.SecurityGroups, undefined);
  const [only] = await world.interfaces();
  assert.deepEqual([only!.InterfaceType, only!.Groups], ["network_load_balancer", []]);
  const group = await world.securityGroup("late");
  await assert.rejects(world.elb("SetSecurityGroups", { LoadBalancerArn: arn, SecurityGroups: [group] }), {
    code: "InvalidConfigurationRequest",
  });
  const mapping = [{ SubnetId: world.subnets[0], PrivateIPv4Address: "10.0.0.77" }];
  await world.balancer("fixed", { Type: "network", Scheme: "internal", Subnets: [], SubnetMappings: mapping });
  assert.ok((await world.interfaces()).some(({ PrivateIpAddress }) => PrivateIpAddress === "10.0.0.77"));
});

test("subnets can be changed; interfaces follow", async () => {
  const world = await createWorld();
  const arn = await world.balancer("moving", { Type: "network", SecurityGroups: [await world.securityGroup("g")] });
  await world.elb("SetSubnets", { LoadBalancerArn: arn, Subnets: [world.subnets[1], world.subnets[2]] });
  const subnets = (await world.interfaces()).map(({ SubnetId }) => SubnetId!);
  assert.deepEqual(subnets.sort(), [world.subnets[1], world.subnets[2]].sort());
});

test("a move that EC2 refuses leaves everything where it was", async () => {
  const world = await createWorld();
  const groups = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => world.securityGroup(`g${i}`)));
  const arn = await world.balancer("web", { SecurityGroups: [groups[0]!] });
  await assert.rejects(world.elb("SetSecurityGroups", { LoadBalancerArn: arn, SecurityGroups: groups }), {
    code: "InvalidConfigurationRequest",
  });
  const [seen] = (await world.elb("DescribeLoadBalancers", {})).LoadBalancers!;
  assert.deepEqual(seen!.SecurityGroups, [groups[0]]);
  assert.deepEqual(
    (await world.interfaces()).map(({ Groups }) => Groups!.map(({ GroupId }) => GroupId)),
    [[groups[0]], [groups[0]]],
  );
  await assert.rejects(world.balancer("many", { SecurityGroups: groups }), { code: "InvalidConfigurationRequest" });
  assert.equal((await world.interfaces()).length, 2);
});

const refusals: readonly (readonly [name: string, input: (world: World) => object | Promise<object>, code: string, message?: RegExp])[] = [
  ["a long name", () => ({ Name: "a".repeat(33) }), "ValidationError", /cannot be longer than '32' characters/],
  ["odd characters", () => ({ Name: "a_b" }), "ValidationError"],
  ["a hyphen at the end", () => ({ Name: "a-" }), "ValidationError"],
  ["a reserved name", () => ({ Name: "internal-a" }), "ValidationError"],
  ["no subnets", () => ({ Subnets: [] }), "ValidationError"],
  [
    "one subnet",
    ({ subnets }) => ({ Subnets: [subnets[0]] }),
    "ValidationError",
    /At least two subnets in two different Availability Zones/,
  ],
  [
    "an unknown subnet",
    ({ subnets }) => ({ Subnets: [subnets[0], "subnet-0123456789abcdef0"] }),
    "SubnetNotFound",
    /subnet-0123456789abcdef0/,
  ],
  [
    "two subnets of a zone",
    async ({ subnets, subnet }) => ({ Subnets: [subnets[0], await subnet("a", "10.0.9.0/24")] }),
    "InvalidConfigurationRequest",
  ],
  [
    "a small subnet",
    async ({ subnets, subnet, ec2 }) => {
      const small = await subnet("d", "10.0.8.0/28");
      await ec2("CreateNetworkInterface", { SubnetId: small, SecondaryPrivateIpAddressCount: 4 });
      return { Subnets: [subnets[0], small] };
    },
    "InvalidSubnet",
    /requires at least 8 free IP addresses/,
  ],
  [
    "a VPC without gateway",
    async ({ ec2, subnet }) => {
      const { Vpc } = await ec2("CreateVpc", { CidrBlock: "10.9.0.0/16" });
      return { Subnets: [await subnet("a", "10.9.0.0/24", Vpc!.VpcId!), await subnet("b", "10.9.1.0/24", Vpc!.VpcId!)] };
    },
    "InvalidSubnet",
    /has no internet gateway/,
  ],
  [
    "subnets of two VPCs",
    async ({ ec2, subnet, subnets }) => {
      const { Vpc } = await ec2("CreateVpc", { CidrBlock: "10.9.0.0/16" });
      return { Subnets: [subnets[0], await subnet("b", "10.9.1.0/24", Vpc!.VpcId!)] };
    },
    "InvalidConfigurationRequest",
  ],
  ["an unknown group", () => ({ SecurityGroups: ["sg-0123456789abcdef0"] }), "InvalidSecurityGroup"],
  ["IPv6 without blocks", () => ({ IpAddressType: "dualstack" }), "InvalidSubnet"],
  ["a reserved tag", () => ({ Tags: [{ Key: "aws:x", Value: "" }] }), "ValidationError"],
  ["a gateway load balancer", () => ({ Type: "gateway" }), "NotImplemented"],
  [
    "elastic addresses",
    ({ subnets }) => ({ Subnets: [], SubnetMappings: [{ SubnetId: subnets[0], AllocationId: "eipalloc-0123456789abcdef0" }] }),
    "NotImplemented",
  ],
];

for (const [name, input, code, message = /./] of refusals) {
  test(`refused: ${name}, and nothing is left`, async () => {
    const world = await createWorld();
    const given = await input(world);
    await assert.rejects(world.balancer("web", given), { code, message });
    assert.deepEqual([(await world.elb("DescribeLoadBalancers", {})).LoadBalancers, await world.interfaces()], [[], []]);
  });
}

test("a name with other settings is refused, with the same it is the same load balancer", async () => {
  const world = await createWorld();
  const arn = await world.balancer("web");
  assert.equal(await world.balancer("web"), arn);
  await assert.rejects(world.balancer("web", { Scheme: "internal" }), { code: "DuplicateLoadBalancerName" });
  assert.equal((await world.interfaces()).length, 2);
});

test("attributes: defaults, changes, and what is refused", async () => {
  const world = await createWorld();
  const LoadBalancerArn = await world.balancer("web");
  const modify = (Key: string, Value: string) =>
    world.elb("ModifyLoadBalancerAttributes", { LoadBalancerArn, Attributes: [{ Key, Value }] });
  const value = async (key: string) =>
    (await world.elb("DescribeLoadBalancerAttributes", { LoadBalancerArn })).Attributes!.find(({ Key }) => Key === key)?.Value;
  assert.equal(await value("idle_timeout.timeout_seconds"), "60");
  await modify("idle_timeout.timeout_seconds", "120");
  assert.equal(await value("idle_timeout.timeout_seconds"), "120");
  await assert.rejects(modify("idle_timeout.timeout_seconds", "0"), { code: "InvalidConfigurationRequest" });
  await assert.rejects(modify("dns_record.client_routing_policy", "any_availability_zone"), { code: "InvalidConfigurationRequest" });
  await assert.rejects(modify("__proto__", "x"), { code: "InvalidConfigurationRequest" });
  await assert.rejects(modify("access_logs.s3.enabled", "true"), { code: "NotImplemented" });
});

test("pages hold every load balancer once", async () => {
  const world = await createWorld();
  for (let i = 0; i < 5; i++) await world.balancer(`b${i}`, { Scheme: "internal" });
  const seen: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await world.elb("DescribeLoadBalancers", { PageSize: 2, ...(Marker === undefined ? {} : { Marker }) });
    seen.push(...page.LoadBalancers!.map(({ LoadBalancerName }) => LoadBalancerName!));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  assert.deepEqual(seen.sort(), ["b0", "b1", "b2", "b3", "b4"]);
  await assert.rejects(world.elb("DescribeLoadBalancers", { Marker: "x" }), { code: "ValidationError" });
});

test("what a stop interrupted is completed: interfaces made, and taken back", async () => {
  const world = await createWorld();
  const arn = await world.balancer("web");
  const [prefix] = world.store.list("elasticloadbalancing/load-balancer/").map(({ key }) => key);
  const record = JSON.parse(new TextDecoder().decode(world.store.get(prefix!)!.value));
  const write = (change: object) =>
    world.store.transact((tx) => tx.put(prefix!, new TextEncoder().encode(JSON.stringify({ ...record, ...change }))));
  write({
    placements: [
      ...record.placements.map(({ interfaceId: _, ...rest }: { interfaceId: string }) => rest),
      { subnetId: world.subnets[2], zone: "us-west-2c" },
    ],
  });
  await world.balancing.resume();
  assert.equal((await world.interfaces()).length, 3);
  write({ deleting: true });
  await assert.rejects(world.elb("DescribeLoadBalancers", { LoadBalancerArns: [arn] }), { code: "LoadBalancerNotFound" });
  await world.balancing.resume();
  assert.deepEqual([await world.interfaces(), world.store.list("elasticloadbalancing/")], [[], []]);
});
