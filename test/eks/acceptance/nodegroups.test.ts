// Managed node groups (acceptance item 15).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  CreateLaunchTemplateCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  type RequestLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import {
  CreateNodegroupCommand,
  type CreateNodegroupRequest,
  DeleteClusterCommand,
  DeleteNodegroupCommand,
  DescribeNodegroupCommand,
  ListNodegroupsCommand,
  type Nodegroup,
  UpdateNodegroupConfigCommand,
  UpdateNodegroupVersionCommand,
} from "@aws-sdk/client-eks";
import { GetInstanceProfileCommand } from "@aws-sdk/client-iam";
import { trust } from "../../support/policies.ts";
import { createRole } from "../../support/scenario.ts";
import { eventually } from "../../support/wait.ts";
import { ACCOUNT, REGION, refused, type Stage, startStage } from "./stage.ts";

const clusterName = "fifteen";
let stage: Stage;
before(async () => {
  stage = await startStage();
  await stage.create(clusterName, { version: "1.33" });
});
after(() => stage?.close());

const none = { minSize: 0, maxSize: 1, desiredSize: 0 };
const request = (nodegroupName: string, more: Partial<CreateNodegroupRequest> = {}): CreateNodegroupRequest => ({
  ...{ clusterName, nodegroupName, nodeRole: stage.ground.nodeRole, subnets: stage.ground.subnets.slice(0, 2), scalingConfig: none },
  ...more,
});
const create = (nodegroupName: string, more: Partial<CreateNodegroupRequest> = {}) =>
  stage.eks.send(new CreateNodegroupCommand(request(nodegroupName, more)));
const read = async (nodegroupName: string) =>
  (await stage.eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }))).nodegroup!;
const settled = (name: string): Promise<Nodegroup> =>
  eventually(`node group ${name} settled`, async () => {
    const nodegroup = await read(name);
    return !["CREATING", "UPDATING"].includes(nodegroup.status ?? "") && nodegroup;
  });
const gone = (name: string) =>
  eventually(`node group ${name} gone`, () =>
    read(name).then(
      () => false,
      () => true,
    ),
  );
const remove = (nodegroupName: string) => stage.eks.send(new DeleteNodegroupCommand({ clusterName, nodegroupName }));

async function template(name: string, LaunchTemplateData: RequestLaunchTemplateData): Promise<{ id: string }> {
  const { LaunchTemplate } = await stage.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: name, LaunchTemplateData }));
  return { id: LaunchTemplate!.LaunchTemplateId! };
}

describe("15 Node groups", () => {
  test("defaults", async () => {
    const { nodegroup } = await stage.eks.send(
      new CreateNodegroupCommand({
        clusterName,
        nodegroupName: "plain",
        nodeRole: stage.ground.nodeRole,
        subnets: [...stage.ground.subnets],
      }),
    );
    assert.equal(nodegroup?.status, "CREATING");
    assert.deepEqual(nodegroup?.scalingConfig, { minSize: 1, maxSize: 2, desiredSize: 2 });
    const { instanceTypes, amiType, diskSize, capacityType, updateConfig, version, releaseVersion, labels, taints, health, tags } =
      nodegroup!;
    assert.deepEqual([instanceTypes, amiType, diskSize, capacityType], [["t3.medium"], "AL2023_x86_64_STANDARD", 20, "ON_DEMAND"]);
    assert.deepEqual([updateConfig, version], [{ maxUnavailable: 1, updateStrategy: "DEFAULT" }, "1.33"]);
    assert.match(releaseVersion ?? "", /^1\.33\.\d+-\d{8}$/);
    assert.deepEqual([labels, taints, health, tags], [{}, undefined, { issues: [] }, {}]);
    assert.match(
      nodegroup?.nodegroupArn ?? "",
      new RegExp(`^arn:aws:eks:${REGION}:${ACCOUNT}:nodegroup/${clusterName}/plain/[0-9a-f-]{36}$`),
    );
    const active = await settled("plain");
    assert.equal(active.status, "ACTIVE");
    const uuid = active.nodegroupArn!.split("/").pop();
    assert.deepEqual(active.resources?.autoScalingGroups, [{ name: `eks-plain-${uuid}` }]);
    const { InstanceProfile } = await stage.iam.send(new GetInstanceProfileCommand({ InstanceProfileName: `eks-${uuid}` }));
    assert.equal(InstanceProfile?.Roles?.[0]?.Arn, stage.ground.nodeRole);
  });

  test("sizes that cannot be", async () => {
    for (const [minSize, desiredSize, maxSize, message] of [
      [2, 1, 3, "desiredSize is not valid: minimum capacity 2 can't be greater than desired size 1"],
      [1, 4, 3, "desiredSize is not valid: desired capacity 4 can't be greater than max size 3"],
      [0, 0, 0, /maxSize/],
      [-1, 0, 1, /minSize/],
    ] as const) {
      await refused(create("sized", { scalingConfig: { minSize, desiredSize, maxSize } }), "InvalidParameterException", message);
    }
    const many = { minSize: 0, maxSize: 451, desiredSize: 0 };
    await refused(create("sized", { scalingConfig: many }), "ResourceLimitExceededException", /450/);
  });

  test("what a launch template excludes, in the request and in itself", async () => {
    const plain = await template("plain", { InstanceType: "m5.large" });
    await refused(
      create("t", { launchTemplate: plain, diskSize: 30 }),
      "InvalidParameterException",
      "Disk size must be specified within the launch template.",
    );
    await refused(
      create("t", { launchTemplate: plain, remoteAccess: { ec2SshKey: "key" } }),
      "InvalidParameterException",
      "Remote access configuration cannot be specified with a launch template.",
    );
    await refused(
      create("t", { launchTemplate: plain, instanceTypes: ["m5.large"] }),
      "InvalidRequestException",
      "Cannot specify instance types in launch template and API request",
    );
    await refused(create("t", { launchTemplate: { ...plain, name: "plain" } }), "InvalidParameterException", /Exactly one of id and name/);
    const image = await template("image", { ImageId: "ami-0123456789abcdef0", InstanceType: "m5.large" });
    await refused(
      create("t", { launchTemplate: image, amiType: "AL2023_x86_64_STANDARD" }),
      "InvalidRequestException",
      /AMI Type other than CUSTOM/,
    );
    await refused(create("t", { launchTemplate: image, version: "1.33" }), "InvalidRequestException", /version or releaseVersion/);
    for (const [name, data] of [
      ["IamInstanceProfile", { IamInstanceProfile: { Name: "mine" } }],
      ["SubnetId", { NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: stage.ground.subnets[0]! }] }],
      ["HibernationOptions", { HibernationOptions: { Configured: true } }],
      ["InstanceInitiatedShutdownBehavior", { InstanceInitiatedShutdownBehavior: "terminate" as const }],
      ["InstanceMarketOptions", { InstanceMarketOptions: { MarketType: "spot" as const } }],
    ] as const) {
      const launchTemplate = await template(`with-${name}`, data as RequestLaunchTemplateData);
      await refused(
        create("t", { launchTemplate }),
        "InvalidParameterException",
        `Launch template ${launchTemplate.id} must not specify ${name}.`,
      );
    }
    const made = (await create("templated", { launchTemplate: plain })).nodegroup!;
    assert.deepEqual(
      [made.launchTemplate?.id, made.launchTemplate?.version, made.instanceTypes, made.diskSize],
      [plain.id, "1", undefined, undefined],
    );
    assert.equal((await settled("templated")).status, "ACTIVE");
  });

  test("subnets, roles, versions and images that do not fit", async () => {
    const { Vpc } = await stage.ec2.send(new CreateVpcCommand({ CidrBlock: "10.9.0.0/16" }));
    const elsewhere = await stage.subnet("10.9.0.0/24", `${REGION}a`, Vpc!.VpcId!);
    await refused(
      create("x", { subnets: [elsewhere] }),
      "InvalidParameterException",
      `Specified subnets must belong to cluster's vpc ${stage.ground.vpcId}`,
    );
    const stranger = await createRole(stage.iam, "stranger", trust({ Service: "lambda.amazonaws.com" }));
    await refused(create("x", { nodeRole: stranger }), "InvalidParameterException", /ec2\.amazonaws\.com/);
    await refused(
      create("x", { releaseVersion: "1.2.3-20200101" }),
      "InvalidParameterException",
      "Requested release version 1.2.3-20200101 is not valid for kubernetes version 1.33.",
    );
    await refused(create("x", { version: "1.32" }), "InvalidParameterException", /must match the cluster's version 1\.33/);
    await refused(create("x", { amiType: "AL2_x86_64" }), "InvalidParameterException", /1\.32 or earlier/);
    await refused(
      create("x", { amiType: "AL2023_ARM_64_STANDARD", instanceTypes: ["m5.large"] }),
      "InvalidParameterException",
      /not a valid instance type/,
    );
    await refused(create("x", { labels: { "kubernetes.io/x": "y" } }), "InvalidParameterException", /reserved prefixes/);
    await refused(
      create("x", { updateConfig: { maxUnavailable: 1, maxUnavailablePercentage: 10 } }),
      "InvalidParameterException",
      /cannot both/,
    );
    await refused(create("bad name!"), "InvalidParameterException", /nodegroupName/);
    await refused(create("plain"), "ResourceInUseException", `NodeGroup already exists with name plain and cluster name ${clusterName}`);
    await refused(read("nobody"), "ResourceNotFoundException", "No node group found for name: nobody.");
  });

  test("a public subnet that gives no public addresses makes it CREATE_FAILED, with the issue's code, and then it can only go", async () => {
    const open = await stage.openSubnet("10.0.70.0/24");
    await create("open", { subnets: [open], scalingConfig: { minSize: 1, maxSize: 1, desiredSize: 1 } });
    const failed = await settled("open");
    assert.equal(failed.status, "CREATE_FAILED");
    const [issue] = failed.health?.issues ?? [];
    assert.deepEqual([issue?.code, issue?.resourceIds], ["Ec2SubnetInvalidConfiguration", [open]]);
    const key = { clusterName, nodegroupName: "open" };
    const update = stage.eks.send(new UpdateNodegroupConfigCommand({ ...key, labels: { addOrUpdateLabels: { a: "b" } } }));
    await refused(update, "ResourceInUseException", /not in Active State/);
    assert.equal((await remove("open")).nodegroup?.status, "DELETING");
    await gone("open");
  });

  test("a configuration update applies and is told; no change is refused; a version update can be forced", async () => {
    const key = { clusterName, nodegroupName: "plain" };
    const labels = { addOrUpdateLabels: { team: "blue" } };
    const { update } = await stage.eks.send(
      new UpdateNodegroupConfigCommand({ ...key, labels, scalingConfig: { minSize: 1, maxSize: 3, desiredSize: 1 } }),
    );
    assert.deepEqual(
      [update?.type, Object.fromEntries(update!.params!.map(({ type, value }) => [type, value]))],
      ["ConfigUpdate", { MinSize: "1", MaxSize: "3", DesiredSize: "1", LabelsToAdd: '{"team":"blue"}' }],
    );
    await stage.succeeded(clusterName, update, { nodegroupName: "plain" });
    await refused(stage.eks.send(new UpdateNodegroupConfigCommand({ ...key, labels })), "InvalidParameterException", /No changes/);
    const { releaseVersion } = await read("plain");
    const forced = await stage.eks.send(new UpdateNodegroupVersionCommand({ ...key, releaseVersion: releaseVersion!, force: true }));
    assert.equal(forced.update?.type, "VersionUpdate");
    await stage.succeeded(clusterName, forced.update, { nodegroupName: "plain" });
    // Of two at once the second has to wait for the first.
    const removal = (tag: string) => new UpdateNodegroupConfigCommand({ ...key, labels: { addOrUpdateLabels: { [tag]: "x" } } });
    const both = await Promise.allSettled([stage.eks.send(removal("one")), stage.eks.send(removal("two"))]);
    const [won] = both.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const [lost] = both.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
    const busy = "Nodegroup cannot be updated as it is currently not in Active State";
    assert.deepEqual([lost?.name, lost?.message], ["ResourceInUseException", busy]);
    await stage.succeeded(clusterName, won?.update, { nodegroupName: "plain" });
    await refused(
      stage.eks.send(new UpdateNodegroupVersionCommand({ ...key, version: "1.35" })),
      "InvalidParameterException",
      /must match the cluster's version 1\.33/,
    );
  });

  test("a cluster with a node group stays; a deleted group leaves no instance and no profile", async () => {
    const error = await refused(
      stage.eks.send(new DeleteClusterCommand({ name: clusterName })),
      "ResourceInUseException",
      "Cluster has nodegroups attached",
    );
    assert.deepEqual([error.clusterName, error.nodegroupName], [clusterName, "plain"]);
    const uuid = (await read("plain")).nodegroupArn!.split("/").pop();
    for (const name of ["plain", "templated"]) {
      assert.equal((await remove(name)).nodegroup?.status, "DELETING");
      await gone(name);
    }
    assert.deepEqual((await stage.eks.send(new ListNodegroupsCommand({ clusterName }))).nodegroups, []);
    const Filters = [{ Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] }];
    assert.deepEqual((await stage.ec2.send(new DescribeInstancesCommand({ Filters }))).Reservations, []);
    await assert.rejects(stage.iam.send(new GetInstanceProfileCommand({ InstanceProfileName: `eks-${uuid}` })), /cannot be found/);
    assert.equal((await stage.eks.send(new DeleteClusterCommand({ name: clusterName }))).cluster?.status, "DELETING");
  });
});
