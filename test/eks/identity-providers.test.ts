// Identity provider configurations: associated after the fact, by updates of the cluster.
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../src/base/log.ts";
import { startControllers } from "../../src/controllers/index.ts";
import { IMMEDIATE } from "../../src/controllers/timing.ts";
import { control, FakeClusters, FakeNodes } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, makeGround, refusal, type World } from "./world.ts";

const oidc = (more: object = {}) => ({
  identityProviderConfigName: "corp",
  issuerUrl: "https://login.example.com/a",
  clientId: "kubernetes",
  ...more,
});
const associate = (world: World, more: object = {}, rest: object = {}) =>
  world.eks("AssociateIdentityProviderConfig", { clusterName: "dev", oidc: oidc(more), ...rest });
const corp = { clusterName: "dev", identityProviderConfig: { type: "oidc", name: "corp" } };

async function begin(timing = {}) {
  const world = createWorld();
  await world.eks("CreateCluster", clusterRequest(await makeGround(world)));
  const running = control(world, { timing });
  await running.settle();
  return { world, running };
}

test("a provider is CREATING, ACTIVE, DELETING and gone, each by an update of the cluster", async () => {
  const { world, running } = await begin({ clusterUpdate: 5000 });
  const { update, tags } = await associate(
    world,
    { groupsClaim: "groups", requiredClaims: { team: "a" } },
    { tags: { k: "v" }, clientRequestToken: "t" },
  );
  assert.equal(update?.type, "AssociateIdentityProviderConfig");
  assert.equal(update.status, "InProgress");
  assert.deepEqual(update.params, [{ type: "IdentityProviderConfig", value: '[{"type":"oidc","name":"corp"}]' }]);
  assert.deepEqual(tags, { k: "v" });
  const again = await associate(
    world,
    { groupsClaim: "groups", requiredClaims: { team: "a" } },
    { tags: { k: "v" }, clientRequestToken: "t" },
  );
  assert.equal(again.update?.id, update.id);
  const described = async () => (await world.eks("DescribeIdentityProviderConfig", corp)).identityProviderConfig?.oidc;
  const creating = await described();
  assert.equal(creating?.status, "CREATING");
  assert.match(
    creating.identityProviderConfigArn!,
    new RegExp(`^arn:aws:eks:us-west-2:${ACCOUNT}:identityproviderconfig/dev/oidc/corp/[0-9a-f-]{36}$`),
  );
  assert.equal((await world.eks("DescribeCluster", { name: "dev" })).cluster?.status, "UPDATING");
  await running.settle(6);
  const active = (await described())!;
  const { identityProviderConfigArn: arn, ...rest } = active;
  assert.deepEqual(rest, {
    ...oidc({ groupsClaim: "groups", requiredClaims: { team: "a" } }),
    ...{ clusterName: "dev", tags: { k: "v" }, status: "ACTIVE" },
  });
  assert.deepEqual((await world.eks("ListIdentityProviderConfigs", { clusterName: "dev" })).identityProviderConfigs, [
    { type: "oidc", name: "corp" },
  ]);
  await world.eks("TagResource", { resourceArn: arn!, tags: { x: "y" } });
  assert.deepEqual((await world.eks("ListTagsForResource", { resourceArn: arn! })).tags, { k: "v", x: "y" });
  assert.equal((await refusal(associate(world, { identityProviderConfigName: "second" }))).code, "ResourceInUseException");

  const { update: away } = await world.eks("DisassociateIdentityProviderConfig", corp);
  assert.equal(away?.type, "DisassociateIdentityProviderConfig");
  assert.equal((await described())?.status, "DELETING");
  await running.settle(6);
  assert.equal((await refusal(world.eks("DescribeIdentityProviderConfig", corp))).code, "ResourceNotFoundException");
  assert.deepEqual((await world.eks("ListIdentityProviderConfigs", { clusterName: "dev" })).identityProviderConfigs, []);
  await running.close();
  world.close();
});

test("what may not be associated", async () => {
  const { world, running } = await begin();
  const own = (await world.eks("DescribeCluster", { name: "dev" })).cluster?.identity?.oidc?.issuer;
  const cases: [more: object, message: RegExp][] = [
    [{ issuerUrl: "http://login.example.com" }, /begins with https/],
    [{ issuerUrl: "https://login.example.com?a=b" }, /query/],
    [{ issuerUrl: "https://login.example.com/#a" }, /fragment/],
    [{ issuerUrl: "nonsense" }, /begins with https/],
    [{ issuerUrl: own }, /must differ/],
    [{ clientId: "" }, /clientId/],
    [{ usernamePrefix: "system:" }, /usernamePrefix can not contain system:/],
    [{ usernamePrefix: "sys" }, /usernamePrefix can not contain system:/],
    [{ groupsPrefix: "x-system:y" }, /groupsPrefix can not contain system:/],
    [{ requiredClaims: { ["k".repeat(64)]: "v" } }, /requiredClaims|63/],
    [{ requiredClaims: { k: "" } }, /requiredClaims|253/],
    [{ identityProviderConfigName: "-x" }, /identityProviderConfigName|not valid/],
  ];
  for (const [more, message] of cases) {
    const error = await refusal(associate(world, more));
    assert.equal(error.code, "InvalidParameterException", JSON.stringify(more));
    assert.match(error.message, message);
  }
  assert.equal((await refusal(world.eks("DisassociateIdentityProviderConfig", corp))).code, "ResourceNotFoundException");
  const saml = { clusterName: "dev", identityProviderConfig: { type: "saml", name: "corp" } };
  assert.equal((await refusal(world.eks("DescribeIdentityProviderConfig", saml))).code, "InvalidParameterException");
  assert.equal(world.state.identityProviders.count(""), 0);
  await running.close();
  world.close();
});

test("an issuer that cannot be read fails the update and leaves no configuration", async () => {
  const world = createWorld();
  await world.eks("CreateCluster", clusterRequest(await makeGround(world)));
  const clusters = new FakeClusters(world.clock);
  const controllers = startControllers({
    ...{ state: world.state, clock: world.clock, random: world.random, log: silentLog, invoke: world.invoke },
    ...{ directory: world.iam.directory, sessions: world.sts.issuer, clusters, nodes: new FakeNodes(clusters), timing: IMMEDIATE },
    issuerProblem: async () => "it answered 404",
  });
  await controllers.idle();
  const { update } = await associate(world);
  await controllers.idle();
  assert.equal((await world.eks("DescribeUpdate", { name: "dev", updateId: update!.id })).update?.status, "InProgress", "it may come yet");
  for (let attempt = 0; attempt < 3; attempt++) {
    await world.clock.step(500);
    await controllers.idle();
  }
  const failed = (await world.eks("DescribeUpdate", { name: "dev", updateId: update!.id })).update!;
  assert.equal(failed.status, "Failed");
  assert.match(failed.errors?.[0]?.errorMessage ?? "", /discovery document .* it answered 404/);
  assert.equal((await world.eks("DescribeCluster", { name: "dev" })).cluster?.status, "ACTIVE");
  assert.equal(world.state.identityProviders.count(""), 0);
  await controllers.close();
  world.close();
});
