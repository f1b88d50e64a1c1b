// Who may do what: actions on ARNs, conditions on tags, tagging at creation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld } from "./world.ts";

const allow = (Action: string | string[], Resource = "*", Condition?: object) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});
const Tags = [{ Key: "team", Value: "a" }];

test("creating with tags needs leave to tag, for this creation", async () => {
  const world = await createWorld();
  const create = "elasticloadbalancing:CreateTargetGroup";
  const untagged = await world.user("untagged", allow(create));
  const request = { Name: "g", Protocol: "HTTP" as const, Port: 80, VpcId: world.vpcId, Tags };
  await assert.rejects(world.elb("CreateTargetGroup", request, untagged), {
    code: "AccessDenied",
    message: /elasticloadbalancing:AddTags/,
  });
  const wrong = await world.user(
    "wrong",
    allow(create),
    allow("elasticloadbalancing:AddTags", "*", { StringEquals: { "elasticloadbalancing:CreateAction": "CreateLoadBalancer" } }),
  );
  await assert.rejects(world.elb("CreateTargetGroup", request, wrong), { code: "AccessDenied" });
  const right = await world.user(
    "right",
    allow(create, "arn:aws:elasticloadbalancing:*:*:targetgroup/g/*", { StringEquals: { "aws:RequestTag/team": "a" } }),
    allow("elasticloadbalancing:AddTags", "*", { StringEquals: { "elasticloadbalancing:CreateAction": "CreateTargetGroup" } }),
  );
  await world.elb("CreateTargetGroup", request, right);
  await assert.rejects(world.elb("CreateTargetGroup", { ...request, Name: "h" }, right), { code: "AccessDenied" });
});

test("a load balancer's tags decide about it, its scheme about its making", async () => {
  const world = await createWorld();
  const own = await world.balancer("own", { Tags });
  const other = await world.balancer("other", { Tags: [{ Key: "team", Value: "b" }] });
  const user = await world.user(
    "deleter",
    allow("elasticloadbalancing:DeleteLoadBalancer", "*", { StringEquals: { "aws:ResourceTag/team": "a" } }),
    allow("elasticloadbalancing:CreateLoadBalancer", "*", { StringEquals: { "elasticloadbalancing:Scheme": "internal" } }),
  );
  await assert.rejects(world.elb("DeleteLoadBalancer", { LoadBalancerArn: other }, user), { code: "AccessDenied" });
  await world.elb("DeleteLoadBalancer", { LoadBalancerArn: own }, user);
  const make = (Scheme: "internal" | "internet-facing") =>
    world.elb("CreateLoadBalancer", { Name: "new", Subnets: [world.subnets[0], world.subnets[1]], Scheme }, user);
  await assert.rejects(make("internet-facing"), { code: "AccessDenied" });
  await make("internal");
});

test("every resource of a tagging call is asked for, and none is tagged if one is unknown", async () => {
  const world = await createWorld();
  const [a, b] = [await world.targetGroup("a", { Tags }), await world.targetGroup("b")];
  const user = await world.user("tagger", allow("elasticloadbalancing:AddTags", "*", { StringEquals: { "aws:ResourceTag/team": "a" } }));
  const added = [{ Key: "more", Value: "1" }];
  await assert.rejects(world.elb("AddTags", { ResourceArns: [a, b], Tags: added }, user), { code: "AccessDenied" });
  await world.elb("AddTags", { ResourceArns: [a], Tags: added }, user);
  const unknown = a.replace(/.{4}$/, "0000");
  await assert.rejects(world.elb("AddTags", { ResourceArns: [b, unknown], Tags: added }), { code: "TargetGroupNotFound" });
  const { TagDescriptions } = await world.elb("DescribeTags", { ResourceArns: [a, b] });
  assert.deepEqual(
    TagDescriptions!.map((each) => each.Tags!.map(({ Key }) => Key)),
    [["team", "more"], []],
  );
  await world.elb("RemoveTags", { ResourceArns: [a], TagKeys: ["team", "none"] });
  const add = (...more: { Key: string; Value: string }[]) => world.elb("AddTags", { ResourceArns: [b], Tags: more });
  await assert.rejects(add({ Key: "aws:x", Value: "" }), { code: "ValidationError" });
  await assert.rejects(add({ Key: "x", Value: "1" }, { Key: "x", Value: "2" }), { code: "DuplicateTagKeys" });
  await assert.rejects(add(...Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: "" }))), { code: "TooManyTags" });
  await assert.rejects(world.elb("DescribeTags", { ResourceArns: ["x"] }), { code: "LoadBalancerNotFound" });
});

test("security policies, quotas and reserved capacity can be read", async () => {
  const world = await createWorld();
  const { SslPolicies } = await world.elb("DescribeSSLPolicies", { Names: ["ELBSecurityPolicy-TLS13-1-2-2021-06"] });
  assert.deepEqual(SslPolicies![0]!.SslProtocols, ["TLSv1.2", "TLSv1.3"]);
  await assert.rejects(world.elb("DescribeSSLPolicies", { Names: ["x"] }), { code: "SSLPolicyNotFound" });
  assert.ok((await world.elb("DescribeAccountLimits", {})).Limits!.some(({ Name, Max }) => Name === "target-groups" && Max === "3000"));
  const LoadBalancerArn = await world.balancer("web");
  assert.deepEqual((await world.elb("DescribeCapacityReservation", { LoadBalancerArn })).CapacityReservationState, []);
  await assert.rejects(world.elb("CreateTrustStore", { Name: "x", CaCertificatesBundleS3Bucket: "b", CaCertificatesBundleS3Key: "k" }), {
    code: "NotImplemented",
  });
});
