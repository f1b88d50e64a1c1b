// Listeners and rules: what may follow what, priorities, certificates, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action, CreateListenerInput, CreateRuleInput } from "@aws-sdk/client-elastic-load-balancing-v2";
import { createWorld, REGION, type World } from "./world.ts";

const CERTIFICATE = `arn:aws:acm:${REGION}:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef`;
const notFound: Action = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404", ContentType: "text/plain" } };

async function listening(world: World) {
  const LoadBalancerArn = await world.balancer("web");
  const input = { LoadBalancerArn, Protocol: "HTTP" as const, Port: 80, DefaultActions: [notFound] };
  return { LoadBalancerArn, ListenerArn: (await world.elb("CreateListener", input)).Listeners![0]!.ListenerArn! };
}

const listeners: readonly (readonly [name: string, input: (world: World) => Promise<Partial<CreateListenerInput>>, code: string])[] = [
  ["TCP on an application load balancer", async () => ({ Protocol: "TCP" }), "ValidationError"],
  ["a port out of range", async () => ({ Port: 0 }), "ValidationError"],
  ["no actions", async () => ({ DefaultActions: [] }), "ValidationError"],
  ["HTTPS without certificate", async () => ({ Protocol: "HTTPS" }), "ValidationError"],
  [
    "a certificate of nowhere",
    async () => ({ Protocol: "HTTPS", Certificates: [{ CertificateArn: "arn:aws:s3:::x" }] }),
    "CertificateNotFound",
  ],
  [
    "an unknown policy",
    async () => ({ Protocol: "HTTPS", Certificates: [{ CertificateArn: CERTIFICATE }], SslPolicy: "x" }),
    "SSLPolicyNotFound",
  ],
  ["a certificate for HTTP", async () => ({ Certificates: [{ CertificateArn: CERTIFICATE }] }), "ValidationError"],
  [
    "an unknown group",
    async () => ({
      DefaultActions: [
        { Type: "forward", TargetGroupArn: "arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/x/0123456789abcdef" },
      ],
    }),
    "TargetGroupNotFound",
  ],
  [
    "a TCP group behind HTTP",
    async (world) => ({ DefaultActions: [{ Type: "forward", TargetGroupArn: await world.targetGroup("t", { Protocol: "TCP" }) }] }),
    "InvalidConfigurationRequest",
  ],
  [
    "a redirect to itself",
    async () => ({ DefaultActions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301" } }] }),
    "InvalidConfigurationRequest",
  ],
  [
    "an odd status",
    async () => ({ DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "302" } }] }),
    "ValidationError",
  ],
  ["mutual TLS", async () => ({ MutualAuthentication: { Mode: "verify" } }), "NotImplemented"],
  ["authentication", async () => ({ DefaultActions: [{ Type: "authenticate-cognito" }] }), "NotImplemented"],
];

for (const [name, input, code] of listeners) {
  test(`refused: a listener with ${name}`, async () => {
    const world = await createWorld();
    const LoadBalancerArn = await world.balancer("web");
    const request = { LoadBalancerArn, Protocol: "HTTP" as const, Port: 80, DefaultActions: [notFound], ...(await input(world)) };
    await assert.rejects(world.elb("CreateListener", request), { code });
    assert.deepEqual((await world.elb("DescribeListeners", { LoadBalancerArn })).Listeners, []);
  });
}

test("a port has one listener; listeners change in place and go with their load balancer", async () => {
  const world = await createWorld();
  const { LoadBalancerArn, ListenerArn } = await listening(world);
  const request = { LoadBalancerArn, Protocol: "HTTP" as const, Port: 80, DefaultActions: [notFound] };
  assert.equal((await world.elb("CreateListener", request)).Listeners![0]!.ListenerArn, ListenerArn);
  const other: Action = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "503" } };
  await assert.rejects(world.elb("CreateListener", { ...request, DefaultActions: [other] }), { code: "DuplicateListener" });
  const Certificates = [{ CertificateArn: CERTIFICATE }];
  const { Listeners } = await world.elb("ModifyListener", { ListenerArn, Protocol: "HTTPS", Port: 443, Certificates });
  assert.deepEqual([Listeners![0]!.SslPolicy, Listeners![0]!.Certificates], ["ELBSecurityPolicy-2016-08", Certificates]);
  const more = { CertificateArn: `${CERTIFICATE}0` };
  await world.elb("AddListenerCertificates", { ListenerArn, Certificates: [more] });
  const shown = async () =>
    (await world.elb("DescribeListenerCertificates", { ListenerArn })).Certificates!.map(({ IsDefault }) => IsDefault);
  assert.deepEqual(await shown(), [true, false]);
  await world.elb("RemoveListenerCertificates", { ListenerArn, Certificates: [more, ...Certificates] });
  assert.deepEqual(await shown(), [true]);
  await world.elb("DeleteLoadBalancer", { LoadBalancerArn });
  await assert.rejects(world.elb("DescribeListeners", { ListenerArns: [ListenerArn] }), { code: "ListenerNotFound" });
});

const path = (...Values: string[]) => [{ Field: "path-pattern", Values }];
const rules: readonly (readonly [name: string, input: Partial<CreateRuleInput>, code: string])[] = [
  ["no conditions", { Conditions: [] }, "ValidationError"],
  ["an unknown field", { Conditions: [{ Field: "colour", Values: ["x"] }] }, "ValidationError"],
  ["six values", { Conditions: path("/1", "/2", "/3", "/4", "/5", "/6") }, "ValidationError"],
  ["two path conditions", { Conditions: [...path("/1"), ...path("/2")] }, "ValidationError"],
  ["an odd host", { Conditions: [{ Field: "host-header", Values: ["a b"] }] }, "ValidationError"],
  ["a priority out of range", { Priority: 50_001 }, "ValidationError"],
  ["an expression", { Conditions: [{ Field: "path-pattern", RegexValues: [".*"] }] }, "NotImplemented"],
];

for (const [name, input, code] of rules) {
  test(`refused: a rule with ${name}`, async () => {
    const world = await createWorld();
    const { ListenerArn } = await listening(world);
    const request = { ListenerArn, Priority: 1, Conditions: path("/a"), Actions: [notFound], ...input };
    await assert.rejects(world.elb("CreateRule", request), { code });
  });
}

test("rules are shown by priority with the default one last, and change places all at once", async () => {
  const world = await createWorld();
  const { ListenerArn } = await listening(world);
  const make = async (Priority: number, value: string) =>
    (await world.elb("CreateRule", { ListenerArn, Priority, Conditions: path(value), Actions: [notFound] })).Rules![0]!.RuleArn!;
  const [ten, five] = [await make(10, "/ten"), await make(5, "/five")];
  const order = async () => (await world.elb("DescribeRules", { ListenerArn })).Rules!;
  assert.deepEqual(
    (await order()).map(({ Priority }) => Priority),
    ["5", "10", "default"],
  );
  await assert.rejects(make(5, "/other"), { code: "PriorityInUse" });
  await world.elb("SetRulePriorities", {
    RulePriorities: [
      { RuleArn: ten, Priority: 5 },
      { RuleArn: five, Priority: 10 },
    ],
  });
  assert.deepEqual((await order()).map(({ RuleArn }) => RuleArn).slice(0, 2), [ten, five]);
  const fallback = (await order()).at(-1)!.RuleArn!;
  for (const call of [
    world.elb("DeleteRule", { RuleArn: fallback }),
    world.elb("ModifyRule", { RuleArn: fallback, Conditions: path("/x") }),
    world.elb("SetRulePriorities", { RulePriorities: [{ RuleArn: fallback, Priority: 1 }] }),
  ])
    await assert.rejects(call, { code: "OperationNotPermitted" });
  await world.elb("DeleteRule", { RuleArn: five });
  await assert.rejects(world.elb("DescribeRules", { RuleArns: [five] }), { code: "RuleNotFound" });
  assert.equal((await world.elb("DescribeRules", { ListenerArn, PageSize: 1 })).Rules!.length, 1);
});

test("network load balancers forward, have no rules, and one listener for a port", async () => {
  const world = await createWorld();
  const LoadBalancerArn = await world.balancer("net", { Type: "network" });
  const TargetGroupArn = await world.targetGroup("both", { Protocol: "TCP_UDP" });
  const DefaultActions: Action[] = [{ Type: "forward", TargetGroupArn }];
  const { Listeners } = await world.elb("CreateListener", { LoadBalancerArn, Protocol: "TCP", Port: 53, DefaultActions });
  const [made] = Listeners!;
  assert.deepEqual(made!.DefaultActions![0]!.ForwardConfig!.TargetGroups, [{ TargetGroupArn, Weight: 1 }]);
  await assert.rejects(world.elb("CreateListener", { LoadBalancerArn, Protocol: "UDP", Port: 53, DefaultActions }), {
    code: "DuplicateListener",
  });
  await assert.rejects(world.elb("CreateListener", { LoadBalancerArn, Protocol: "TCP", Port: 54, DefaultActions: [notFound] }), {
    code: "InvalidConfigurationRequest",
  });
  const rule = { ListenerArn: made!.ListenerArn!, Priority: 1, Conditions: path("/"), Actions: DefaultActions };
  await assert.rejects(world.elb("CreateRule", rule), { code: "InvalidConfigurationRequest" });
});

test("a target group serves one load balancer", async () => {
  const world = await createWorld();
  const { LoadBalancerArn } = await listening(world);
  const DefaultActions: Action[] = [{ Type: "forward", TargetGroupArn: await world.targetGroup("g") }];
  const listen = (arn: string) => world.elb("CreateListener", { LoadBalancerArn: arn, Protocol: "HTTP", Port: 81, DefaultActions });
  await listen(LoadBalancerArn);
  await assert.rejects(listen(await world.balancer("other")), { code: "TargetGroupAssociationLimit" });
});
