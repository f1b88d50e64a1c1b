// Atoll stops in the middle of everything and goes on (acceptance item 25), and leaves nothing behind at the end.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
} from "@aws-sdk/client-ec2";
import {
  AssociateIdentityProviderConfigCommand,
  CreateAddonCommand,
  CreateClusterCommand,
  CreateFargateProfileCommand,
  CreateNodegroupCommand,
  DeleteAddonCommand,
  DeleteClusterCommand,
  DeleteFargateProfileCommand,
  DeleteNodegroupCommand,
  DescribeAddonCommand,
  DescribeFargateProfileCommand,
  DescribeIdentityProviderConfigCommand,
  DescribeNodegroupCommand,
  DisassociateIdentityProviderConfigCommand,
  ListAccessEntriesCommand,
  UpdateAddonCommand,
  UpdateClusterConfigCommand,
  UpdateNodegroupConfigCommand,
} from "@aws-sdk/client-eks";
import { ListInstanceProfilesCommand } from "@aws-sdk/client-iam";
import { trust } from "../../support/policies.ts";
import { createRole } from "../../support/scenario.ts";
import { eventually } from "../../support/wait.ts";
import { MINUTE, REGION, refused, type Stage, startStage } from "./stage.ts";

const group = { clusterName: "main", nodegroupName: "workers" };
const profile = { clusterName: "main", fargateProfileName: "pods" };
const addon = { clusterName: "main", addonName: "vpc-cni" };
const oidc = { clusterName: "main", identityProviderConfig: { type: "oidc", name: "people" } };

let stage: Stage;
before(async () => {
  stage = await startStage({ timing: "realistic", durable: true });
});
after(() => stage?.close());

/** Statuses by kind, `undefined` for what is gone. */
async function statuses() {
  const { eks } = stage;
  const gone = () => undefined;
  const [nodegroup, fargate, installed, provider] = await Promise.all([
    eks.send(new DescribeNodegroupCommand(group)).then(({ nodegroup: found }) => found?.status, gone),
    eks.send(new DescribeFargateProfileCommand(profile)).then(({ fargateProfile }) => fargateProfile?.status, gone),
    eks.send(new DescribeAddonCommand(addon)).then(({ addon: found }) => found?.status, gone),
    eks
      .send(new DescribeIdentityProviderConfigCommand(oidc))
      .then(({ identityProviderConfig }) => identityProviderConfig?.oidc?.status, gone),
  ]);
  return { nodegroup, fargate, addon: installed, provider };
}

/** Waits for these statuses while minutes pass. */
async function reach(wanted: Awaited<ReturnType<typeof statuses>>): Promise<void> {
  let seen = {};
  const reached = passing("the statuses", async () => {
    seen = await statuses();
    return JSON.stringify(seen) === JSON.stringify(wanted);
  });
  await reached.catch(() => assert.deepEqual(seen, wanted));
}

/** Waits for what takes minutes while they pass: as a rule slowly enough for pods to become ready within the minutes they are given. */
const passing = (what: string, probe: () => Promise<boolean>, step = MINUTE / 20) =>
  eventually(what, async () => {
    stage.time.step(step);
    return probe();
  });

async function securityGroups(name: string) {
  const Filters = [{ Name: `tag:aws:eks:cluster-name`, Values: [name] }];
  return (await stage.ec2.send(new DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups ?? [];
}

async function instances() {
  const Filters = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
  const { Reservations = [] } = await stage.ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

describe("25 Restarts", { timeout: 60_000 }, () => {
  test("a cluster that is CREATING becomes ACTIVE with one group, its interfaces and its entries", async () => {
    const logging = { clusterLogging: [{ types: ["audit" as const], enabled: true }] };
    await stage.eks.send(new CreateClusterCommand(stage.request("main", { logging, version: "1.32" })));
    await stage.eks.send(new CreateClusterCommand(stage.request("other")));
    await stage.restart();
    assert.equal((await stage.cluster("main")).status, "CREATING");
    stage.time.step(5 * MINUTE);
    await stage.restart();
    assert.equal((await stage.cluster("main")).status, "CREATING");
    stage.time.step(5 * MINUTE);
    for (const name of ["main", "other"]) {
      await stage.active(name);
      assert.equal((await stage.interfaces(name)).length, 2, name);
      assert.equal((await securityGroups(name)).length, 1, name);
      const { accessEntries } = await stage.eks.send(new ListAccessEntriesCommand({ clusterName: name }));
      assert.equal(accessEntries?.length, 2, name);
    }
  });

  test("what is CREATING in it becomes ACTIVE, once", async () => {
    const { nodeRole, subnets } = stage.ground;
    const podExecutionRoleArn = await createRole(stage.iam, "pods", trust({ Service: "eks-fargate-pods.amazonaws.com" }));
    const scalingConfig = { minSize: 0, maxSize: 3, desiredSize: 1 };
    await stage.eks.send(
      new CreateNodegroupCommand({ ...group, nodeRole, subnets: [...subnets], scalingConfig, instanceTypes: ["m5.large"] }),
    );
    await stage.eks.send(new CreateFargateProfileCommand({ ...profile, podExecutionRoleArn, selectors: [{ namespace: "pods" }] }));
    await stage.eks.send(new CreateAddonCommand({ ...addon, addonVersion: "v1.19.0-eksbuild.1", resolveConflicts: "OVERWRITE" }));
    const issuerUrl = (await stage.cluster("other")).identity!.oidc!.issuer!;
    const config = { identityProviderConfigName: "people", issuerUrl, clientId: "kubernetes" };
    await stage.eks.send(new AssociateIdentityProviderConfigCommand({ clusterName: "main", oidc: config }));
    await stage.restart();
    assert.deepEqual(await statuses(), { nodegroup: "CREATING", fargate: "CREATING", addon: "CREATING", provider: "CREATING" });
    assert.equal((await stage.cluster("main")).status, "UPDATING");
    stage.time.step(3 * MINUTE);
    await reach({ nodegroup: "ACTIVE", fargate: "ACTIVE", addon: "ACTIVE", provider: "ACTIVE" });
    await stage.active("main");
    assert.equal((await instances()).length, 1);
    assert.equal((await stage.iam.send(new ListInstanceProfilesCommand({}))).InstanceProfiles?.length, 1);
  });

  test("updates in progress succeed, and what is DELETING goes", async () => {
    const update = { scalingConfig: { minSize: 0, maxSize: 3, desiredSize: 2 }, labels: { addOrUpdateLabels: { after: "restart" } } };
    const grown = await stage.eks.send(new UpdateNodegroupConfigCommand({ ...group, ...update }));
    const newer = await stage.eks.send(new UpdateAddonCommand({ ...addon, addonVersion: "v1.20.4-eksbuild.1" }));
    await stage.eks.send(new DisassociateIdentityProviderConfigCommand(oidc));
    await stage.eks.send(new DeleteFargateProfileCommand(profile));
    const resourcesVpcConfig = { subnetIds: stage.ground.subnets.slice(2) };
    const moved = await stage.eks.send(new UpdateClusterConfigCommand({ name: "other", resourcesVpcConfig }));
    await stage.restart();
    assert.deepEqual([(await statuses()).fargate, (await statuses()).provider], ["DELETING", "DELETING"]);
    assert.equal((await stage.cluster("other")).status, "UPDATING");
    stage.time.step(3 * MINUTE);
    await reach({ nodegroup: "ACTIVE", fargate: undefined, addon: "ACTIVE", provider: undefined });
    await stage.succeeded("main", grown.update, { nodegroupName: "workers" });
    await stage.succeeded("main", newer.update, { addonName: "vpc-cni" });
    await stage.succeeded("other", moved.update);
    assert.equal((await instances()).length, 2);
    const subnets = (await stage.interfaces("other")).map(({ SubnetId }) => SubnetId);
    assert.deepEqual(subnets.sort(), resourcesVpcConfig.subnetIds.sort());
  });

  test("deletions go on, in their order, and leave nothing but the log group", async () => {
    await refused(stage.eks.send(new DeleteClusterCommand({ name: "main" })), "ResourceInUseException", "Cluster has nodegroups attached");
    await stage.eks.send(new DeleteNodegroupCommand(group));
    await stage.eks.send(new DeleteClusterCommand({ name: "other" }));
    await stage.restart();
    assert.equal((await statuses()).nodegroup, "DELETING");
    assert.equal((await stage.cluster("other")).status, "DELETING");
    await refused(stage.eks.send(new DeleteClusterCommand({ name: "main" })), "ResourceInUseException", "Cluster has nodegroups attached");
    // Evictions that budgets forbid are waited for.
    await passing("the node group gone", async () => (await statuses()).nodegroup === undefined, MINUTE / 2);
    await stage.eks.send(new DeleteAddonCommand(addon));
    await stage.eks.send(new DeleteClusterCommand({ name: "main" }));
    await stage.restart();
    stage.time.step(5 * MINUTE);
    for (const name of ["main", "other"])
      await eventually(`${name} gone`, () =>
        stage.cluster(name).then(
          () => false,
          () => true,
        ),
      );

    const { ec2, iam, time, test: atoll } = stage;
    assert.deepEqual(await instances(), []);
    assert.deepEqual((await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces, []);
    assert.deepEqual((await ec2.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates, []);
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
    assert.deepEqual([...new Set(SecurityGroups.map(({ GroupName }) => GroupName))], ["default"]);
    assert.deepEqual((await iam.send(new ListInstanceProfilesCommand({}))).InstanceProfiles, []);
    const settings = { endpoint: atoll.connection.endpoint, region: REGION, credentials: atoll.root, systemClockOffset: time.offset };
    const [autoscaling, logs] = [new AutoScalingClient(settings), new CloudWatchLogsClient(settings)];
    assert.deepEqual((await autoscaling.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups, []);
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
    assert.deepEqual(
      logGroups.map(({ logGroupName }) => logGroupName),
      ["/aws/eks/main/cluster"],
    );
    for (const client of [autoscaling, logs]) client.destroy();
  });
});
