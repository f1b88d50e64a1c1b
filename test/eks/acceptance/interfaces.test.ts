// The control plane's interfaces and the cluster security group (acceptance items 6, 7, 10).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  AuthorizeSecurityGroupEgressCommand,
  CreateSecurityGroupCommand,
  DeleteNetworkInterfaceCommand,
  DeleteSubnetCommand,
  DeleteTagsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  type NetworkInterface,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { UpdateClusterConfigCommand, UpdateClusterVersionCommand, type VpcConfigRequest } from "@aws-sdk/client-eks";
import { eventually } from "../../support/wait.ts";
import { MINUTE, REGION, refused, type Stage, startStage } from "./stage.ts";

let stage: Stage;
before(async () => {
  stage = await startStage();
});
after(() => stage?.close());

const idsOf = (interfaces: readonly NetworkInterface[]) => interfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId!).sort();
const subnetsOf = (interfaces: readonly NetworkInterface[]) => interfaces.map(({ SubnetId }) => SubnetId!).sort();
const groupsOf = ({ Groups = [] }: NetworkInterface) => Groups.map(({ GroupId }) => GroupId!);

async function group(GroupName: string): Promise<string> {
  const { GroupId } = await stage.ec2.send(
    new CreateSecurityGroupCommand({ VpcId: stage.ground.vpcId, GroupName, Description: GroupName }),
  );
  return GroupId!;
}

/** Changes a cluster's VPC configuration and waits for it to succeed. */
async function move(name: string, resourcesVpcConfig: VpcConfigRequest): Promise<void> {
  const { update } = await stage.eks.send(new UpdateClusterConfigCommand({ name, resourcesVpcConfig }));
  assert.equal(update?.type, "VpcConfigUpdate");
  await stage.succeeded(name, update);
  await stage.active(name);
}

describe("6 X-ENIs", () => {
  test("two of two subnets, four of many, in at least two zones, described, managed, with all groups", async () => {
    const [a0, b0, a1, b1] = stage.ground.subnets as [string, string, string, string];
    const own = await group("x-eni");
    const two = await stage.create("two", { resourcesVpcConfig: { subnetIds: [a0, b0], securityGroupIds: [own] } });
    const interfaces = await stage.interfaces("two");
    assert.deepEqual(subnetsOf(interfaces), [a0, b0].sort());
    for (const each of interfaces) {
      assert.equal(each.Description, "Amazon EKS two");
      assert.deepEqual(
        [each.RequesterManaged, each.InterfaceType, each.SourceDestCheck, each.OwnerId],
        [true, "interface", true, "111122223333"],
      );
      assert.deepEqual(groupsOf(each).sort(), [own, two.resourcesVpcConfig!.clusterSecurityGroupId!].sort());
    }
    // One zone after another: the third of a zone has to wait for the others.
    const a2 = await stage.subnet("10.0.60.0/24", `${REGION}a`);
    await stage.create("many", { resourcesVpcConfig: { subnetIds: [a0, a1, a2, b0, b1] } });
    const many = await stage.interfaces("many");
    assert.deepEqual(subnetsOf(many), [a0, b0, a1, b1].sort());
    assert.equal(new Set(many.map(({ AvailabilityZone }) => AvailabilityZone)).size, 2);
  });

  test("are the service's alone", async () => {
    const [{ NetworkInterfaceId } = {}] = await stage.interfaces("two");
    await assert.rejects(stage.ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId })), /permission|in use/i);
    const Description = { Value: "mine" };
    await assert.rejects(stage.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Description })), /permission/i);
    assert.equal((await stage.interfaces("two")).length, 2);
  });

  test("are new after a version update", async () => {
    await stage.create("older", { version: "1.33" });
    const before = idsOf(await stage.interfaces("older"));
    const { update } = await stage.eks.send(new UpdateClusterVersionCommand({ name: "older", version: "1.34" }));
    await stage.succeeded("older", update);
    const now = idsOf(await stage.interfaces("older"));
    assert.equal(now.length, 2);
    assert.ok(now.every((id) => !before.includes(id)));
  });

  test("move with the subnets, and leave those that were dropped empty", async () => {
    const dropped = [await stage.subnet("10.0.61.0/28", `${REGION}a`), await stage.subnet("10.0.62.0/28", `${REGION}b`)];
    await stage.create("moving", { resourcesVpcConfig: { subnetIds: dropped } });
    const free = async () => {
      const { Subnets = [] } = await stage.ec2.send(new DescribeSubnetsCommand({ SubnetIds: dropped }));
      return Subnets.map(({ AvailableIpAddressCount }) => AvailableIpAddressCount);
    };
    assert.deepEqual(await free(), [10, 10]);
    const subnetIds = stage.ground.subnets.slice(2, 4);
    await move("moving", { subnetIds });
    assert.deepEqual(subnetsOf(await stage.interfaces("moving")), [...subnetIds].sort());
    assert.deepEqual(await free(), [11, 11]);
  });

  test("a subnet without one can be deleted, and then is an issue of the cluster's health until the cluster does without it", async () => {
    const fifth = await stage.subnet("10.0.65.0/28", `${REGION}a`);
    await stage.create("sick", { resourcesVpcConfig: { subnetIds: [...stage.ground.subnets, fifth] } });
    assert.deepEqual((await stage.cluster("sick")).health, { issues: [] });
    await stage.ec2.send(new DeleteSubnetCommand({ SubnetId: fifth }));
    stage.time.step(3 * 60 * MINUTE);
    const [issue] = await eventually("an issue", async () => {
      const issues = (await stage.cluster("sick")).health?.issues ?? [];
      return issues.length > 0 && issues;
    });
    assert.deepEqual([issue?.code, issue?.resourceIds], ["Ec2SubnetNotFound", [fifth]]);
    await move("sick", { subnetIds: [...stage.ground.subnets] });
    await eventually("health", async () => (await stage.cluster("sick")).health?.issues?.length === 0);
  });
});

describe("7 The cluster security group", () => {
  const read = async (GroupId: string): Promise<SecurityGroup> =>
    (await stage.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }))).SecurityGroups![0]!;
  const tagsOf = ({ Tags = [] }: SecurityGroup) => Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
  const selfRules = (rules: SecurityGroup["IpPermissions"], id: string) =>
    (rules ?? []).filter(
      ({ IpProtocol, UserIdGroupPairs = [] }) => IpProtocol === "-1" && UserIdGroupPairs.some(({ GroupId }) => GroupId === id),
    );
  const internet = ({ IpPermissionsEgress = [] }: SecurityGroup) =>
    IpPermissionsEgress.some(({ IpRanges = [] }) => IpRanges.some(({ CidrIp }) => CidrIp === "0.0.0.0/0"));
  let id: string;

  test("has its name, description, three tags, and rules to and from itself and to everywhere", async () => {
    const cluster = await stage.create("seven");
    id = cluster.resourcesVpcConfig!.clusterSecurityGroupId!;
    const made = await read(id);
    assert.match(made.GroupName ?? "", /^eks-cluster-sg-seven-\d{8,10}$/);
    assert.equal(
      made.Description,
      "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any managed workloads.",
    );
    assert.deepEqual(tagsOf(made), { Name: made.GroupName, "kubernetes.io/cluster/seven": "owned", "aws:eks:cluster-name": "seven" });
    assert.deepEqual([selfRules(made.IpPermissions, id).length, made.IpPermissions?.length], [1, 1]);
    assert.deepEqual([selfRules(made.IpPermissionsEgress, id).length, internet(made)], [1, true]);
  });

  test("gets its own rules and tags back at any update; the way to the internet stays closed", async () => {
    const self = [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: id }] }];
    const open = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await stage.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: self }));
    await stage.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: self }));
    await stage.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: open }));
    await stage.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: "kubernetes.io/cluster/seven" }, { Key: "Name" }] }));
    const bare = await read(id);
    assert.deepEqual([bare.IpPermissions, bare.IpPermissionsEgress, Object.keys(tagsOf(bare))], [[], [], ["aws:eks:cluster-name"]]);
    const { update } = await stage.eks.send(new UpdateClusterConfigCommand({ name: "seven", zonalShiftConfig: { enabled: true } }));
    await stage.succeeded("seven", update);
    const after = await read(id);
    assert.deepEqual([selfRules(after.IpPermissions, id).length, selfRules(after.IpPermissionsEgress, id).length], [1, 1]);
    assert.equal(internet(after), false);
    assert.deepEqual(Object.keys(tagsOf(after)).sort(), ["Name", "aws:eks:cluster-name", "kubernetes.io/cluster/seven"]);
  });

  test("keeps rules of the customer's own", async () => {
    const own = [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "203.0.113.0/24" }] }];
    await stage.ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: own }));
    const { update } = await stage.eks.send(new UpdateClusterConfigCommand({ name: "seven", zonalShiftConfig: { enabled: false } }));
    await stage.succeeded("seven", update);
    assert.ok((await read(id)).IpPermissionsEgress?.some(({ FromPort }) => FromPort === 443));
  });
});

describe("10 Moving a cluster", () => {
  test("to other zones than those of its creation is refused, fewer or more", async () => {
    const [a0, b0, a1] = stage.ground.subnets as [string, string, string];
    const c0 = await stage.subnet("10.0.63.0/24", `${REGION}c`);
    await stage.create("ten", { resourcesVpcConfig: { subnetIds: [a0, b0, c0] } });
    const to = (...subnetIds: string[]) =>
      stage.eks.send(new UpdateClusterConfigCommand({ name: "ten", resourcesVpcConfig: { subnetIds } }));
    const wrong = (zones: string) =>
      `Provided subnets belong to the AZs '${zones}'. But they should belong to the exact set of AZs '${REGION}a, ${REGION}b, ${REGION}c' in which subnets were provided during cluster creation`;
    await refused(to(a0, b0), "InvalidParameterException", wrong(`${REGION}a, ${REGION}b`));
    const d0 = await stage.subnet("10.0.64.0/24", `${REGION}d`);
    await refused(to(a0, b0, c0, d0), "InvalidParameterException", wrong(`${REGION}a, ${REGION}b, ${REGION}c, ${REGION}d`));
    await move("ten", { subnetIds: [a1, b0, c0] });
    assert.deepEqual(subnetsOf(await stage.interfaces("ten")), [a1, b0, c0].sort());
  });

  test("an empty list of groups takes them all away", async () => {
    const own = await group("ten");
    await move("ten", { securityGroupIds: [own] });
    assert.ok((await stage.interfaces("ten")).every((each) => groupsOf(each).includes(own)));
    await move("ten", { securityGroupIds: [] });
    const { resourcesVpcConfig } = await stage.cluster("ten");
    assert.deepEqual(resourcesVpcConfig?.securityGroupIds, []);
    for (const each of await stage.interfaces("ten")) assert.deepEqual(groupsOf(each), [resourcesVpcConfig?.clusterSecurityGroupId]);
  });
});
