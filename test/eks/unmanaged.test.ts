// Clusters EKS does not run: connected ones, and subscriptions for EKS Anywhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, clusterRequest, createWorld, makeGround, makeRole, refusal, trust } from "./world.ts";

const DAY = 24 * 3600 * 1000;

test("a connected cluster is PENDING, listed on request, tagged, and leaves", async () => {
  const world = createWorld();
  const ground = await makeGround(world);
  const roleArn = await makeRole(world, "connector", trust("ssm.amazonaws.com"));
  const request = { name: "outside", connectorConfig: { roleArn, provider: "GKE" as const }, tags: { a: "b" } };
  const { cluster } = await world.eks("RegisterCluster", { ...request, clientRequestToken: "t" });
  assert.equal(cluster?.status, "PENDING");
  assert.equal(cluster.connectorConfig?.activationCode?.length, 20);
  assert.equal(cluster.connectorConfig.activationExpiry?.getTime(), world.clock.now() + 3 * DAY);
  assert.equal(cluster.roleArn, undefined);
  const again = await world.eks("RegisterCluster", { ...request, clientRequestToken: "t" });
  assert.equal(again.cluster?.connectorConfig?.activationId, cluster.connectorConfig.activationId);
  assert.ok(world.iam.directory.roleByName(ACCOUNT, "AWSServiceRoleForAmazonEKSConnector"));

  assert.equal((await refusal(world.eks("RegisterCluster", request))).code, "ResourceInUseException");
  const taken = await refusal(world.eks("CreateCluster", clusterRequest(ground, "outside")));
  assert.equal(taken.message, "Cluster already exists with name: outside");
  await world.eks("CreateCluster", clusterRequest(ground));
  assert.deepEqual((await world.eks("ListClusters", {})).clusters, ["dev"]);
  assert.deepEqual((await world.eks("ListClusters", { include: ["all"] })).clusters, ["dev", "outside"]);
  assert.equal((await world.eks("DescribeCluster", { name: "outside" })).cluster?.connectorConfig?.provider, "GKE");
  assert.deepEqual((await world.eks("ListTagsForResource", { resourceArn: cluster.arn! })).tags, { a: "b" });
  assert.equal((await refusal(world.eks("ListNodegroups", { clusterName: "outside" }))).code, "ResourceNotFoundException");
  assert.equal((await refusal(world.eks("DeregisterCluster", { name: "dev" }))).code, "ClientException");
  await world.clock.step(4 * DAY);
  assert.equal((await world.eks("DescribeCluster", { name: "outside" })).cluster?.status, "PENDING", "the record outlives its code");
  await world.eks("DeregisterCluster", { name: "outside" });
  assert.equal((await refusal(world.eks("DescribeCluster", { name: "outside" }))).code, "ResourceNotFoundException");
  assert.equal((await refusal(world.eks("DeregisterCluster", { name: "outside" }))).code, "ResourceNotFoundException");
  world.close();
});

test("roles that Systems Manager cannot assume, unknown providers and an eleventh cluster are refused", async () => {
  const world = createWorld();
  const good = await makeRole(world, "connector", trust("ssm.amazonaws.com"));
  const bad = await makeRole(world, "other", trust("ec2.amazonaws.com"));
  const register = (name: string, roleArn: string, provider = "OTHER") =>
    world.eks("RegisterCluster", { name, connectorConfig: { roleArn, provider: provider as "OTHER" } });
  assert.match((await refusal(register("a", bad))).message, /could not be assumed/);
  assert.equal((await refusal(register("a", `arn:aws:iam::${ACCOUNT}:role/none`))).code, "InvalidParameterException");
  assert.equal((await refusal(register("a", good, "MOON"))).code, "InvalidParameterException");
  assert.equal(world.state.connectedClusters.count(""), 0);
  for (let index = 0; index < 10; index++) await register(`c${index}`, good);
  assert.equal((await refusal(register("c10", good))).code, "ResourceLimitExceededException");
  world.close();
});

test("a subscription lives through its terms, and goes only when it is over", async () => {
  const world = createWorld();
  const term = { duration: 12, unit: "MONTHS" as const };
  const { subscription } = await world.eks("CreateEksAnywhereSubscription", { name: "one", term, licenseQuantity: 3, tags: { a: "b" } });
  const id = subscription!.id!;
  assert.equal(subscription?.status, "CREATING");
  const read = async () => (await world.eks("DescribeEksAnywhereSubscription", { id })).subscription!;
  assert.equal((await read()).status, "ACTIVE");
  assert.equal((await read()).expirationDate?.toISOString(), "2027-05-01T00:00:00.000Z");
  assert.deepEqual((await world.eks("ListTagsForResource", { resourceArn: subscription!.arn! })).tags, { a: "b" });
  assert.equal((await refusal(world.eks("DeleteEksAnywhereSubscription", { id }))).code, "InvalidRequestException");
  await world.eks("UpdateEksAnywhereSubscription", { id, autoRenew: true });
  await world.clock.step(400 * DAY);
  assert.equal((await read()).status, "ACTIVE");
  assert.equal((await read()).expirationDate?.toISOString(), "2028-05-01T00:00:00.000Z");
  await world.eks("UpdateEksAnywhereSubscription", { id, autoRenew: false });
  assert.equal((await read()).expirationDate?.toISOString(), "2028-05-01T00:00:00.000Z", "the renewed term stands");
  await world.clock.step(300 * DAY);
  assert.equal((await read()).status, "EXPIRING");
  await world.clock.step(60 * DAY);
  assert.equal((await read()).status, "EXPIRED");
  assert.deepEqual((await world.eks("ListEksAnywhereSubscriptions", {})).subscriptions, []);
  const expired = await world.eks("ListEksAnywhereSubscriptions", { includeStatus: ["EXPIRED"] });
  assert.equal(expired.subscriptions?.length, 1);
  assert.equal((await refusal(world.eks("UpdateEksAnywhereSubscription", { id, autoRenew: true }))).code, "InvalidRequestException");
  await world.eks("DeleteEksAnywhereSubscription", { id });
  assert.equal((await refusal(world.eks("DescribeEksAnywhereSubscription", { id }))).code, "ResourceNotFoundException");
  world.close();
});

test("subscriptions: what is refused, tokens, and pages of ten", async () => {
  const world = createWorld();
  const create = (more: object) =>
    world.eks("CreateEksAnywhereSubscription", { name: "one", term: { duration: 12, unit: "MONTHS" }, ...more });
  for (const bad of [
    { term: { duration: 13, unit: "MONTHS" } },
    { licenseQuantity: 0 },
    { licenseQuantity: 101 },
    { licenseType: "Node" },
  ]) {
    assert.equal((await refusal(create(bad))).code, "InvalidParameterException", JSON.stringify(bad));
  }
  const first = await create({ clientRequestToken: "t" });
  assert.equal((await create({ clientRequestToken: "t" })).subscription?.id, first.subscription?.id);
  assert.equal((await refusal(create({}))).code, "InvalidParameterException");
  for (let index = 0; index < 11; index++) await create({ name: `s${index}` });
  const page = await world.eks("ListEksAnywhereSubscriptions", {});
  assert.equal(page.subscriptions?.length, 10);
  const rest = await world.eks("ListEksAnywhereSubscriptions", { nextToken: page.nextToken! });
  assert.equal(rest.subscriptions?.length, 2);
  world.close();
});
