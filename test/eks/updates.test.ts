// UpdateClusterConfig and UpdateClusterVersion: one kind at a time, EKS's words, types and parameters, and what remains afterwards.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { UpdateClusterConfigRequest } from "@aws-sdk/client-eks";
import { type Control, control } from "./runtimes.ts";
import { clusterRequest, createWorld, type Ground, makeGround, makeRole, makeSubnet, refusal, trust, type World } from "./world.ts";

type Change = Omit<UpdateClusterConfigRequest, "name">;

let world: World;
let ground: Ground;
let running: Control;
let name: string;
let serial = 0;

before(async () => {
  world = createWorld();
  // Auto Mode tags the sessions of the cluster role.
  const clusterRole = await makeRole(world, "tagging", trust("eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"]));
  ground = { ...(await makeGround(world)), clusterRole };
  running = control(world);
});
after(async () => {
  await running.close();
  world.close();
});
beforeEach(async () => {
  name = `c${++serial}`;
  await world.eks("CreateCluster", { ...clusterRequest(ground, name), version: "1.33" });
  await running.settle();
});

const cluster = async () => (await world.eks("DescribeCluster", { name })).cluster!;
const change = (members: Change) => world.eks("UpdateClusterConfig", { name, ...members });

const kinds: [
  type: string,
  members: () => Change,
  params: (() => Record<string, unknown>) | undefined,
  shows: (c: any) => unknown,
  value: unknown,
][] = [
  [
    "EndpointAccessUpdate",
    () => ({ resourcesVpcConfig: { endpointPrivateAccess: true, publicAccessCidrs: ["203.0.113.5/32"] } }),
    () => ({ EndpointPublicAccess: "true", EndpointPrivateAccess: "true", PublicAccessCidrs: '["203.0.113.5/32"]' }),
    (c) => c.resourcesVpcConfig.publicAccessCidrs,
    ["203.0.113.5/32"],
  ],
  [
    "VpcConfigUpdate",
    () => ({ resourcesVpcConfig: { subnetIds: ground.subnets.slice(2, 4) } }),
    () => ({ Subnets: JSON.stringify(ground.subnets.slice(2, 4)) }),
    (c) => c.resourcesVpcConfig.subnetIds.length,
    2,
  ],
  [
    "LoggingUpdate",
    () => ({ logging: { clusterLogging: [{ types: ["audit", "api"], enabled: true }] } }),
    undefined,
    (c) => c.logging.clusterLogging,
    [
      { types: ["api", "audit"], enabled: true },
      { types: ["authenticator", "controllerManager", "scheduler"], enabled: false },
    ],
  ],
  [
    "AccessConfigUpdate",
    () => ({ accessConfig: { authenticationMode: "API" } }),
    () => ({ AuthenticationMode: "API" }),
    (c) => c.accessConfig.authenticationMode,
    "API",
  ],
  [
    "UpgradePolicyUpdate",
    () => ({ upgradePolicy: { supportType: "STANDARD" } }),
    undefined,
    (c) => c.upgradePolicy.supportType,
    "STANDARD",
  ],
  ["ZonalShiftConfigUpdate", () => ({ zonalShiftConfig: { enabled: true } }), undefined, (c) => c.zonalShiftConfig.enabled, true],
  [
    "DeletionProtectionUpdate",
    () => ({ deletionProtection: true }),
    () => ({ DeletionProtection: "true" }),
    (c) => c.deletionProtection,
    true,
  ],
  [
    "ControlPlaneScalingConfigUpdate",
    () => ({ controlPlaneScalingConfig: { tier: "tier-xl" } }),
    () => ({ UpdatedTier: "tier-xl", PreviousTier: "standard" }),
    (c) => c.controlPlaneScalingConfig.tier,
    "tier-xl",
  ],
  [
    "RemoteNetworkConfigUpdate",
    () => ({ remoteNetworkConfig: { remoteNodeNetworks: [{ cidrs: ["192.168.0.0/24"] }] } }),
    undefined,
    (c) => c.remoteNetworkConfig,
    { remoteNodeNetworks: [{ cidrs: ["192.168.0.0/24"] }] },
  ],
  [
    "AutoModeUpdate",
    () => ({
      computeConfig: { enabled: true },
      storageConfig: { blockStorage: { enabled: true } },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
    }),
    undefined,
    (c) => [c.computeConfig.enabled, c.storageConfig.blockStorage.enabled, c.kubernetesNetworkConfig.elasticLoadBalancing.enabled],
    [true, true, true],
  ],
  [
    "ControlPlaneComponentConfigUpdate",
    () => ({ kubeApiServerConfig: { eventTtl: "30m" } }),
    undefined,
    (c) => c.kubeApiServerConfig,
    { eventTtl: "30m" },
  ],
  [
    "ControlPlaneEgressUpdate",
    () => ({ resourcesVpcConfig: { controlPlaneEgressMode: "CUSTOMER_ROUTED" } }),
    () => ({ ControlPlaneEgressMode: "CUSTOMER_ROUTED" }),
    (c) => c.resourcesVpcConfig.controlPlaneEgressMode,
    "CUSTOMER_ROUTED",
  ],
];

for (const [type, members, params, shows, value] of kinds) {
  test(`${type}: UPDATING, then applied and Successful; the same again is no change`, async () => {
    const { update } = await change(members());
    assert.equal(update?.type, type);
    assert.equal(update.status, "InProgress");
    assert.deepEqual(update.errors, []);
    if (params) assert.deepEqual(Object.fromEntries(update.params!.map((param) => [param.type, param.value])), params());
    assert.equal((await cluster()).status, "UPDATING");
    const second = await refusal(change({ deletionProtection: type !== "DeletionProtectionUpdate" }));
    if (type !== "DeletionProtectionUpdate") {
      assert.equal(second.code, "ResourceInUseException");
      assert.equal(second.message, `Cannot DeletionProtectionUpdate because cluster ${name} currently has update ${update.id} in progress`);
    }
    assert.equal(
      (await refusal(world.eks("DeleteCluster", { name }))).message,
      `Cannot delete because cluster ${name} currently has an update in progress`,
    );
    await running.settle();
    const after = await cluster();
    assert.equal(after.status, "ACTIVE");
    assert.deepEqual(shows(after), value);
    assert.equal((await world.eks("DescribeUpdate", { name, updateId: update.id })).update?.status, "Successful");
    if (type !== "ControlPlaneComponentConfigUpdate") assert.equal((await refusal(change(members()))).code, "InvalidParameterException");
  });
}

const refused: [title: string, members: () => Change, message: string | RegExp][] = [
  ["nothing", () => ({}), "The type for cluster update was not provided."],
  ["two kinds", () => ({ deletionProtection: true, zonalShiftConfig: { enabled: true } }), "Only one type of update can be allowed."],
  [
    "endpoints and subnets",
    () => ({ resourcesVpcConfig: { endpointPrivateAccess: true, subnetIds: ground.subnets.slice(2) } }),
    "Only one type of update can be allowed.",
  ],
  [
    "endpoints as they are",
    () => ({ resourcesVpcConfig: { endpointPublicAccess: true } }),
    "Cluster is already at the desired configuration with endpointPrivateAccess: false , endpointPublicAccess: true, and Public Endpoint Restrictions: [0.0.0.0/0]",
  ],
  [
    "logging as it is",
    () => ({ logging: { clusterLogging: [{ types: ["api"], enabled: false }] } }),
    "No changes needed for the logging config provided",
  ],
  [
    "no endpoint",
    () => ({ resourcesVpcConfig: { endpointPublicAccess: false } }),
    "Both private and public endpoint access cannot be false",
  ],
  [
    "back to CONFIG_MAP",
    () => ({ accessConfig: { authenticationMode: "CONFIG_MAP" } }),
    "Unsupported authentication mode update from API_AND_CONFIG_MAP to CONFIG_MAP",
  ],
  ["half of Auto Mode", () => ({ computeConfig: { enabled: true } }), /^For EKS Auto Mode, please ensure/],
  [
    "another service network",
    () => ({ kubernetesNetworkConfig: { serviceIpv4Cidr: "172.30.0.0/16" } }),
    "serviceIpv4Cidr cannot be changed after a cluster is created",
  ],
  [
    "subnets of one zone",
    () => ({ resourcesVpcConfig: { subnetIds: [ground.subnets[0]!, ground.subnets[2]!] } }),
    "Subnets specified must be in at least two different AZs",
  ],
];

for (const [title, members, message] of refused) {
  test(`refused: ${title}`, async () => {
    const error = await refusal(change(members()));
    assert.equal(error.code, "InvalidParameterException");
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    assert.equal((await cluster()).status, "ACTIVE");
  });
}

test("subnets must cover the zones of the creation, no more and no fewer; groups may be emptied", async () => {
  const third = await makeSubnet(world, ground.vpcId, `10.0.${50 + serial}.0/24`, "us-west-2c");
  const more = await refusal(change({ resourcesVpcConfig: { subnetIds: [...ground.subnets.slice(0, 2), third] } }));
  assert.match(more.message, /exact set of AZs 'us-west-2a, us-west-2b'/);
  const { GroupId } = await world.ec2("CreateSecurityGroup", { GroupName: `mine-${name}`, Description: "mine", VpcId: ground.vpcId });
  await change({ resourcesVpcConfig: { securityGroupIds: [GroupId!] } });
  await running.settle();
  assert.deepEqual((await cluster()).resourcesVpcConfig?.securityGroupIds, [GroupId]);
  await change({ resourcesVpcConfig: { securityGroupIds: [] } });
  await running.settle();
  assert.deepEqual((await cluster()).resourcesVpcConfig?.securityGroupIds, []);
});

test("an update that fails leaves the old settings and says why", async () => {
  const doomed = await makeSubnet(world, ground.vpcId, `10.0.${150 + serial}.0/24`, "us-west-2a");
  const { update } = await change({ resourcesVpcConfig: { subnetIds: [doomed, ground.subnets[3]!] } });
  await world.ec2("DeleteSubnet", { SubnetId: doomed });
  await running.settle();
  const after = await cluster();
  assert.equal(after.status, "ACTIVE");
  assert.deepEqual(after.resourcesVpcConfig?.subnetIds, ground.subnets.slice(0, 2));
  const described = (await world.eks("DescribeUpdate", { name, updateId: update!.id })).update!;
  assert.equal(described.status, "Failed");
  assert.deepEqual(described.errors, [
    { errorCode: "SubnetNotFound", errorMessage: `${doomed} was deleted: could not create network interface`, resourceIds: [doomed] },
  ]);
  const filters = [{ Name: "description", Values: [`Amazon EKS ${name}`] }];
  assert.equal((await world.ec2("DescribeNetworkInterfaces", { Filters: filters })).NetworkInterfaces?.length, 2);
});

test("deletion protection holds an ACTIVE cluster only", async () => {
  await change({ deletionProtection: true });
  await running.settle();
  const error = await refusal(world.eks("DeleteCluster", { name }));
  assert.deepEqual(
    [error.code, error.message],
    ["InvalidRequestException", `Cannot delete cluster ${name} because deletion protection is enabled`],
  );
  await world.eks("CreateCluster", { ...clusterRequest(ground, `${name}-new`), deletionProtection: true });
  assert.equal((await world.eks("DeleteCluster", { name: `${name}-new` })).cluster?.status, "DELETING");
});

test("a version goes up by one, new interfaces included, and back within seven days", async () => {
  const filters = [{ Name: "description", Values: [`Amazon EKS ${name}`] }];
  const ids = async () =>
    (await world.ec2("DescribeNetworkInterfaces", { Filters: filters })).NetworkInterfaces!.map((each) => each.NetworkInterfaceId!);
  const before = await ids();
  const to = (version: string) => world.eks("UpdateClusterVersion", { name, version });
  assert.equal((await refusal(to("1.35"))).message, "Unsupported Kubernetes minor version update from 1.33 to 1.35");
  assert.equal((await refusal(to("1.34.1"))).message, "unsupported Kubernetes version 1.34.1");
  assert.equal((await refusal(to("1.33"))).code, "InvalidParameterException");
  assert.equal((await refusal(to("1.32"))).message, "Unsupported Kubernetes minor version update from 1.33 to 1.32");
  const { update } = await to("1.34");
  assert.equal(update?.type, "VersionUpdate");
  assert.deepEqual(Object.fromEntries(update.params!.map((param) => [param.type, param.value])), {
    Version: "1.34",
    PlatformVersion: "eks.33",
  });
  await running.settle();
  assert.deepEqual([(await cluster()).version, (await cluster()).platformVersion], ["1.34", "eks.19"]);
  assert.ok((await ids()).every((id) => !before.includes(id)));
  assert.equal((await world.eks("UpdateClusterVersion", { name, version: "1.33" })).update?.type, "VersionRollback");
  await running.settle();
  assert.equal((await cluster()).version, "1.33");
  assert.equal((await refusal(to("1.32"))).code, "InvalidParameterException");
});

test("node groups that are behind hold a version update; the window for going back closes", async () => {
  await world.eks("CreateNodegroup", {
    ...{ clusterName: name, nodegroupName: "ng", nodeRole: ground.nodeRole, subnets: [...ground.subnets] },
    scalingConfig: { minSize: 0, maxSize: 1, desiredSize: 0 },
  });
  await running.settle();
  await world.eks("UpdateClusterVersion", { name, version: "1.34" });
  await running.settle();
  const error = await refusal(world.eks("UpdateClusterVersion", { name, version: "1.35" }));
  assert.equal(error.message, "Nodegroups ng must be updated to match cluster version 1.34 before updating cluster version");
  await world.clock.leap(8 * 24 * 3600_000);
  assert.match((await refusal(world.eks("UpdateClusterVersion", { name, version: "1.33" }))).message, /more than 7 days ago/);
});

test("updates are listed newest first, page by page, in their scope", async () => {
  const made: string[] = [];
  for (const wanted of [true, false, true]) {
    made.unshift((await change({ deletionProtection: wanted })).update!.id!);
    await running.settle();
  }
  const first = await world.eks("ListUpdates", { name, maxResults: 2 });
  assert.deepEqual(first.updateIds, made.slice(0, 2));
  const second = await world.eks("ListUpdates", { name, maxResults: 2, nextToken: first.nextToken });
  assert.deepEqual([second.updateIds, second.nextToken], [made.slice(2), undefined]);
  assert.equal((await refusal(world.eks("ListUpdates", { name, nodegroupName: "none" }))).message, "No node group found for name: none.");
  assert.equal((await refusal(world.eks("DescribeUpdate", { name, updateId: "x" }))).message, "No update found for ID: x");
  const both = { name, nodegroupName: "a", addonName: "b" };
  assert.equal((await refusal(world.eks("ListUpdates", both))).code, "InvalidParameterException");
  assert.equal((await refusal(world.eks("CancelUpdate", { name, updateId: made[0] }))).code, "InvalidRequestException");
});

test("the token of an update answers the same update", async () => {
  const request = { zonalShiftConfig: { enabled: true }, clientRequestToken: "t" };
  const first = await change(request);
  await running.settle();
  assert.equal((await change(request)).update?.id, first.update?.id);
  assert.equal((await refusal(change({ ...request, zonalShiftConfig: { enabled: false } }))).code, "InvalidParameterException");
});
