// In whose name the VPC resource controller calls EC2: really assumed sessions of the cluster role, EKS's account for trunks only.
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../src/base/log.ts";
import type { ControllerDeps } from "../../src/controllers/deps.ts";
import { controllerIdentity } from "../../src/controllers/vpc-resource/identity.ts";
import type { ClusterRecord } from "../../src/services/eks/records.ts";
import { ACCOUNT, createWorld, makeGround, REGION, refusal, trust } from "./world.ts";

async function scene() {
  const world = createWorld();
  const ground = await makeGround(world);
  const { clock, iam, sts, state } = world;
  const deps = { clock, directory: iam.directory, sessions: sts.issuer, state, log: silentLog } as unknown as ControllerDeps;
  const arn = `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/dev`;
  const record = { account: ACCOUNT, region: REGION, partition: "aws", arn, roleArn: ground.clusterRole } as ClusterRecord;
  return { world, ground, identity: controllerIdentity(deps, () => record) };
}

const assumed = (world: ReturnType<typeof createWorld>) => world.records.filter(({ operation }) => operation === "AssumeRole").length;
const setTrust = (world: ReturnType<typeof createWorld>, PolicyDocument: string) =>
  world.call("iam", "UpdateAssumeRolePolicy", { RoleName: "cluster", PolicyDocument });

test("sessions of the cluster role are assumed once an hour and decided by its policies", async () => {
  const { world, ground, identity } = await scene();
  const first = await identity.asClusterRole();
  assert.equal(first.caller.kind === "role-session" && first.caller.roleArn, ground.clusterRole);
  assert.equal(await identity.asClusterRole(), first);
  assert.equal(assumed(world), 1);
  const input = { SubnetId: ground.subnets[0] };
  assert.equal((await refusal(world.call("ec2", "CreateNetworkInterface", input, first))).code, "UnauthorizedOperation");
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController";
  await world.call("iam", "AttachRolePolicy", { RoleName: "cluster", PolicyArn });
  const { NetworkInterface } = await world.call("ec2", "CreateNetworkInterface", input, first);
  assert.equal(NetworkInterface?.RequesterManaged, false, "what it makes is the customer's");
  const foreign = { BranchInterfaceId: NetworkInterface?.NetworkInterfaceId, TrunkInterfaceId: NetworkInterface?.NetworkInterfaceId };
  assert.equal((await refusal(world.call("ec2", "AssociateTrunkInterface", foreign, first))).code, "UnauthorizedOperation");
  await world.clock.step(56 * 60_000);
  await identity.asClusterRole();
  assert.equal(assumed(world), 2);
  world.close();
});

test("a role that does not trust EKS any more cannot be used once the session has ended", async () => {
  const { world, identity } = await scene();
  await identity.asClusterRole();
  await setTrust(world, trust("ec2.amazonaws.com"));
  await identity.asClusterRole();
  await world.clock.step(56 * 60_000);
  const { code, message } = await refusal(identity.asClusterRole());
  assert.equal(code, "AccessDenied");
  assert.match(message, /User: eks\.amazonaws\.com is not authorized to perform: sts:AssumeRole on resource: .*role\/cluster/);
  await setTrust(world, trust("eks.amazonaws.com"));
  await identity.asClusterRole();
  world.close();
});

test("EKS's account may associate only what was opened to it", async () => {
  const { world, ground, identity } = await scene();
  const make = async (type?: "trunk") => {
    const input = { SubnetId: ground.subnets[0], ...(type && { InterfaceType: type }) };
    return (await world.ec2("CreateNetworkInterface", input)).NetworkInterface!.NetworkInterfaceId!;
  };
  const [trunk, branch] = [await make("trunk"), await make()];
  const open = (NetworkInterfaceId: string) =>
    world.ec2("CreateNetworkInterfacePermission", { NetworkInterfaceId, Permission: "INSTANCE-ATTACH", AwsAccountId: "602401143452" });
  const associate = () => {
    const input = { BranchInterfaceId: branch, TrunkInterfaceId: trunk, VlanId: 1 };
    return world.call("ec2", "AssociateTrunkInterface", input, identity.asEks());
  };
  assert.equal((await refusal(associate())).code, "OperationNotPermitted");
  await open(branch);
  assert.equal((await refusal(associate())).code, "OperationNotPermitted");
  await open(trunk);
  assert.equal((await associate()).InterfaceAssociation?.VlanId, 1);
  const { InterfaceAssociations } = await world.call("ec2", "DescribeTrunkInterfaceAssociations", {}, identity.asServiceLinkedRole());
  assert.equal(InterfaceAssociations?.length, 1);
  world.close();
});
