// CreateCluster: defaults, idempotency, and every refusal in EKS's order and words (spec eks-control-plane §5, §8.3, §22).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CreateClusterRequest } from "@aws-sdk/client-eks";
import {
  ACCOUNT,
  clusterRequest,
  createWorld,
  type Ground,
  makeGround,
  makeRole,
  makeSubnet,
  refusal,
  trust,
  type World,
} from "./world.ts";

let world: World;
let ground: Ground;

before(async () => {
  world = createWorld();
  ground = await makeGround(world);
});
after(() => world.close());

test("a new cluster shows what EKS shows at once, and nothing of what is yet to be made", async () => {
  const { cluster } = await world.eks("CreateCluster", { ...clusterRequest(ground, "defaults"), tags: { team: "a" } });
  assert.equal(cluster?.status, "CREATING");
  assert.equal(cluster.arn, `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/defaults`);
  assert.equal(cluster.version, "1.34");
  assert.equal(cluster.platformVersion, "eks.19");
  assert.deepEqual(cluster.certificateAuthority, {});
  assert.equal(cluster.endpoint, undefined);
  assert.equal(cluster.identity, undefined);
  assert.deepEqual(cluster.resourcesVpcConfig, {
    subnetIds: ground.subnets.slice(0, 2),
    securityGroupIds: [],
    vpcId: ground.vpcId,
    endpointPublicAccess: true,
    endpointPrivateAccess: false,
    publicAccessCidrs: ["0.0.0.0/0"],
    controlPlaneEgressMode: "AWS_MANAGED",
  });
  assert.deepEqual(cluster.kubernetesNetworkConfig, {
    serviceIpv4Cidr: "172.20.0.0/16",
    ipFamily: "ipv4",
    elasticLoadBalancing: { enabled: false },
  });
  assert.deepEqual(cluster.logging, {
    clusterLogging: [{ types: ["api", "audit", "authenticator", "controllerManager", "scheduler"], enabled: false }],
  });
  assert.deepEqual(cluster.accessConfig, { bootstrapClusterCreatorAdminPermissions: true, authenticationMode: "API_AND_CONFIG_MAP" });
  assert.deepEqual(cluster.upgradePolicy, { supportType: "EXTENDED" });
  for (const unspoken of [cluster.computeConfig, cluster.storageConfig, cluster.zonalShiftConfig]) assert.equal(unspoken, undefined);
  assert.deepEqual(cluster.tags, { team: "a" });
  assert.deepEqual(cluster.health, { issues: [] });
  assert.deepEqual(await world.eks("DescribeCluster", { name: "defaults" }), { cluster });
});

test("the same token and request answer the same cluster; other parameters or another token are refused", async () => {
  const request = { ...clusterRequest(ground, "twice"), clientRequestToken: "token-1" };
  const first = await world.eks("CreateCluster", request);
  const again = await world.eks("CreateCluster", request);
  assert.deepEqual(again.cluster?.createdAt, first.cluster?.createdAt);
  const changed = await refusal(world.eks("CreateCluster", { ...request, version: "1.33" }));
  assert.equal(changed.code, "InvalidParameterException");
  const other = await refusal(world.eks("CreateCluster", { ...request, clientRequestToken: "token-2" }));
  assert.equal(other.code, "ResourceInUseException");
  assert.equal(other.message, "Cluster already exists with name: twice");
});

test("of two simultaneous requests for a name one wins", async () => {
  const outcomes = await Promise.allSettled(
    [1, 2].map((n) => world.eks("CreateCluster", { ...clusterRequest(ground, "race"), clientRequestToken: `${n}` })),
  );
  assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ["fulfilled", "rejected"]);
});

const vpc = (change: object) => (request: CreateClusterRequest) => ({
  ...request,
  resourcesVpcConfig: { ...request.resourcesVpcConfig, ...change },
});

const cases: [name: string, change: (request: CreateClusterRequest) => object, code: string, message: string | RegExp][] = [
  ["patch version", (r) => ({ ...r, version: "1.31.2" }), "InvalidParameterException", "unsupported Kubernetes version 1.31.2"],
  ["version out of support", (r) => ({ ...r, version: "1.29" }), "InvalidParameterException", "unsupported Kubernetes version 1.29"],
  ["version to come", (r) => ({ ...r, version: "1.36" }), "InvalidParameterException", "unsupported Kubernetes version 1.36"],
  [
    "creator without access in CONFIG_MAP mode",
    (r) => ({ ...r, accessConfig: { bootstrapClusterCreatorAdminPermissions: false } }),
    "InvalidParameterException",
    "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP",
  ],
  [
    "half of Auto Mode",
    (r) => ({ ...r, computeConfig: { enabled: true } }),
    "InvalidParameterException",
    "For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.",
  ],
  [
    "no endpoint",
    vpc({ endpointPublicAccess: false, endpointPrivateAccess: false }),
    "InvalidParameterException",
    "Both private and public endpoint access cannot be false",
  ],
  ["reserved public CIDR", vpc({ publicAccessCidrs: ["10.0.0.0/8"] }), "InvalidParameterException", /publicAccessCidrs: 10\.0\.0\.0\/8$/],
  ["CIDR with host bits", vpc({ publicAccessCidrs: ["203.0.113.5/24"] }), "InvalidParameterException", /publicAccessCidrs/],
  ["IPv6 CIDR on an IPv4 cluster", vpc({ publicAccessCidrs: ["2001:db8::/32"] }), "InvalidParameterException", /publicAccessCidrs/],
  [
    "41 public CIDRs",
    vpc({ publicAccessCidrs: Array.from({ length: 41 }, (_, i) => `203.0.113.${i}/32`) }),
    "InvalidParameterException",
    /must not exceed 40/,
  ],
  ...["10.0.0.0/11", "192.168.0.0/25", "100.64.0.0/16", "172.20.0.1/16", "nonsense", "10.0.0.0/16"].map(
    (serviceIpv4Cidr): (typeof cases)[number] => [
      `service CIDR ${serviceIpv4Cidr}`,
      (r) => ({ ...r, kubernetesNetworkConfig: { serviceIpv4Cidr } }),
      "InvalidParameterException",
      /^The serviceIpv4Cidr .* is not valid/,
    ],
  ),
  [
    "service CIDR with ipv6",
    (r) => ({ ...r, kubernetesNetworkConfig: { ipFamily: "ipv6", serviceIpv4Cidr: "172.20.0.0/16" } }),
    "InvalidParameterException",
    "serviceIpv4Cidr cannot be specified if ipFamily is ipv6",
  ],
  [
    "one subnet",
    (r) => vpc({ subnetIds: [ground.subnets[0]] })(r),
    "InvalidParameterException",
    "Subnets specified must be in at least two different AZs",
  ],
  [
    "two subnets of one zone",
    (r) => vpc({ subnetIds: [ground.subnets[0], ground.subnets[2]] })(r),
    "InvalidParameterException",
    "Subnets specified must be in at least two different AZs",
  ],
  [
    "subnet that does not exist",
    (r) => vpc({ subnetIds: [ground.subnets[0], "subnet-0123456789abcdef0"] })(r),
    "InvalidParameterException",
    "The subnet ID 'subnet-0123456789abcdef0' does not exist",
  ],
  [
    "ipv6 without IPv6 subnets",
    (r) => ({ ...r, kubernetesNetworkConfig: { ipFamily: "ipv6" } }),
    "InvalidParameterException",
    /must have an IPv6 CIDR/,
  ],
  [
    "role that does not exist",
    (r) => ({ ...r, roleArn: `arn:aws:iam::${ACCOUNT}:role/nobody` }),
    "InvalidParameterException",
    `Role with arn: arn:aws:iam::${ACCOUNT}:role/nobody, could not be assumed because it does not exist or the trusted entity is not correct`,
  ],
  [
    "role that trusts another service",
    (r) => ({ ...r, roleArn: ground.nodeRole }),
    "InvalidParameterException",
    /^Role with arn: .*role\/node, could not/,
  ],
  [
    "encryption of something else",
    (r) => ({ ...r, encryptionConfig: [{ resources: ["pods"], provider: { keyArn: `arn:aws:kms:us-west-2:${ACCOUNT}:key/1234` } }] }),
    "InvalidParameterException",
    /only \[secrets\]/,
  ],
  ["tag with aws:", (r) => ({ ...r, tags: { "AWS:x": "1" } }), "InvalidParameterException", /aws: prefixed/],
  ["tier settings", (r) => ({ ...r, kubeApiServerConfig: { eventTtl: "5m" } }), "InvalidParameterException", /eventTtl/],
  [
    "remote networks in CONFIG_MAP mode",
    (r) => ({ ...r, accessConfig: {}, remoteNetworkConfig: { remoteNodeNetworks: [{ cidrs: ["192.168.0.0/24"] }] } }),
    "InvalidParameterException",
    /authentication mode must be API/,
  ],
  [
    "remote network over the VPC",
    (r) => ({ ...r, remoteNetworkConfig: { remoteNodeNetworks: [{ cidrs: ["10.0.4.0/24"] }] } }),
    "InvalidParameterException",
    /overlaps with 10\.0\.0\.0\/16/,
  ],
];

for (const [name, change, code, message] of cases) {
  test(`refused: ${name}`, async () => {
    const error = await refusal(world.eks("CreateCluster", change(clusterRequest(ground, "refused")) as CreateClusterRequest));
    assert.equal(error.code, code);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    assert.equal(error.fields.clusterName, "refused");
    assert.equal((await refusal(world.eks("DescribeCluster", { name: "refused" }))).code, "ResourceNotFoundException");
  });
}

test("a taken name is reported before a wrong version, a wrong version before wrong subnets", async () => {
  await world.eks("CreateCluster", clusterRequest(ground, "order"));
  const wrong = { ...clusterRequest(ground, "order"), version: "1.1", resourcesVpcConfig: { subnetIds: ["subnet-00000000"] } };
  assert.equal((await refusal(world.eks("CreateCluster", wrong))).message, "Cluster already exists with name: order");
  assert.equal((await refusal(world.eks("CreateCluster", { ...wrong, name: "order2" }))).message, "unsupported Kubernetes version 1.1");
});

test("too few free addresses, foreign security groups and excluded zones are refused", async () => {
  const small = await makeSubnet(world, ground.vpcId, "10.0.100.0/28", "us-west-2b");
  for (let i = 0; i < 6; i++) await world.ec2("CreateNetworkInterface", { SubnetId: small });
  const short = { ...clusterRequest(ground, "short"), resourcesVpcConfig: { subnetIds: [ground.subnets[0]!, small] } };
  assert.match((await refusal(world.eks("CreateCluster", short))).message, new RegExp(`${small} Free IPs: 5 , need at least 6`));

  const { Vpc } = await world.ec2("CreateVpc", { CidrBlock: "10.9.0.0/16" });
  const { GroupId } = await world.ec2("CreateSecurityGroup", { GroupName: "other", Description: "other", VpcId: Vpc!.VpcId });
  const foreign = vpc({ securityGroupIds: [GroupId] })(clusterRequest(ground, "foreign"));
  assert.equal(
    (await refusal(world.eks("CreateCluster", foreign))).message,
    `Security group(s) [${GroupId}] are not in the same VPC as the subnets. Please specify a security group that is associated with the VPC: ${ground.vpcId}.`,
  );

  const { Subnets } = await world.ec2("DescribeSubnets", { SubnetIds: [ground.subnets[0]!] });
  const strict = createWorld({ limits: { excludedZoneIds: [Subnets![0]!.AvailabilityZoneId!], clusters: 1 } });
  const there = await makeGround(strict);
  const error = await refusal(strict.eks("CreateCluster", clusterRequest(there, "zone")));
  assert.equal(error.code, "UnsupportedAvailabilityZoneException");
  assert.match(error.message, /^Cannot create cluster 'zone' because us-west-2a, the targeted availability zone, does not currently/);
  assert.ok(!(error.fields.validZones as string[]).includes("us-west-2a"));
  strict.close();
});

test("the quota of clusters", async () => {
  const small = createWorld({ limits: { clusters: 1 } });
  const there = await makeGround(small);
  await small.eks("CreateCluster", clusterRequest(there, "one"));
  const error = await refusal(small.eks("CreateCluster", clusterRequest(there, "two")));
  assert.deepEqual([error.code, error.message], ["ResourceLimitExceededException", "Cluster limit exceeded for account."]);
  small.close();
});

test("the default service network keeps away from the VPC", async () => {
  const other = createWorld();
  const there = await makeGround(other, "192.168.0.0/16");
  const { cluster } = await other.eks("CreateCluster", clusterRequest(there, "private"));
  assert.equal(cluster?.kubernetesNetworkConfig?.serviceIpv4Cidr, "10.100.0.0/16");
  other.close();
});

test("a role pinned to another cluster cannot be used (confused deputy); pinned to this one it can", async () => {
  const pinned = (cluster: string, account = ACCOUNT) =>
    trust("eks.amazonaws.com", ["sts:AssumeRole"], {
      ArnLike: { "aws:SourceArn": `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/${cluster}` },
      StringEquals: { "aws:SourceAccount": account },
    });
  const roleArn = await makeRole(world, "pinned", pinned("mine"));
  const elsewhere = await makeRole(world, "elsewhere", pinned("mine", "999999999999"));
  const request = clusterRequest(ground, "theirs");
  assert.match((await refusal(world.eks("CreateCluster", { ...request, roleArn }))).message, /could not be assumed/);
  assert.match(
    (await refusal(world.eks("CreateCluster", { ...request, name: "mine", roleArn: elsewhere }))).message,
    /could not be assumed/,
  );
  const { cluster } = await world.eks("CreateCluster", { ...request, name: "mine", roleArn });
  assert.equal(cluster?.status, "CREATING");
});
