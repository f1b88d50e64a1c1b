// What a cluster's subnets, groups and address blocks must satisfy (acceptance items 4, 5, 18).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  AssociateSubnetCidrBlockCommand,
  AssociateVpcCidrBlockCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  type CreateClusterRequest,
  DescribeClusterCommand,
  type RemoteNetworkConfigRequest,
  UpdateClusterConfigCommand,
  type VpcConfigRequest,
} from "@aws-sdk/client-eks";
import { checkClusterSubnets } from "../../../src/services/eks/network.ts";
import { clientsIn, layGround, REGION, refused, type Stage, startStage } from "./stage.ts";

const TWO_ZONES = "Subnets specified must be in at least two different AZs";

let stage: Stage;
before(async () => {
  stage = await startStage();
});
after(() => stage?.close());

const create = (name: string, more: Partial<CreateClusterRequest>) => stage.eks.send(new CreateClusterCommand(stage.request(name, more)));
const withVpc = (resourcesVpcConfig: VpcConfigRequest) => create("refused", { resourcesVpcConfig });

describe("4 Subnets and groups", () => {
  test("a single subnet, and two of one zone", async () => {
    const [a0, , a1] = stage.ground.subnets;
    await refused(withVpc({ subnetIds: [a0!] }), "InvalidParameterException", TWO_ZONES);
    await refused(withVpc({ subnetIds: [a0!, a1!] }), "InvalidParameterException", TWO_ZONES);
    await refused(withVpc({ subnetIds: [a0!, a0!] }), "InvalidParameterException", TWO_ZONES);
    await refused(withVpc({ subnetIds: [] }), "InvalidParameterException", /subnetIds/);
  });

  test("a subnet nobody has", async () => {
    const subnetIds = [stage.ground.subnets[0]!, "subnet-0123456789abcdef0"];
    await refused(withVpc({ subnetIds }), "InvalidParameterException", "The subnet ID 'subnet-0123456789abcdef0' does not exist");
  });

  test("subnets of two VPCs", async () => {
    const { Vpc } = await stage.ec2.send(new CreateVpcCommand({ CidrBlock: "10.7.0.0/16" }));
    const elsewhere = await stage.subnet("10.7.0.0/24", `${REGION}b`, Vpc!.VpcId!);
    const subnetIds = [stage.ground.subnets[0]!, elsewhere];
    await refused(withVpc({ subnetIds }), "InvalidParameterException", "Subnets specified must belong to the same VPC");
  });

  test("five free addresses are too few at creation, six are enough; an update asks for five", async () => {
    const small = await stage.subnet("10.0.50.0/28", `${REGION}b`);
    const take = () => stage.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: small }));
    for (let i = 0; i < 6; i++) await take();
    const subnetIds = [stage.ground.subnets[0]!, small];
    await refused(
      withVpc({ subnetIds }),
      "InvalidParameterException",
      `Provided subnets ${small} Free IPs: 5 , need at least 6 IPs in each subnet to be free for this operation`,
    );
    await stage.create("short");
    await take();
    const moved = stage.eks.send(new UpdateClusterConfigCommand({ name: "short", resourcesVpcConfig: { subnetIds } }));
    await refused(
      moved,
      "InvalidRequestException",
      `Provided subnets ${small} Free IPs: 4 , need at least 5 IPs in each subnet to be free for this operation`,
    );
  });

  test("Local and Wavelength Zones have no control planes", async () => {
    // Atoll's account has neither; what the rule sees is the zone's type.
    const facts = { vpcId: "vpc-1", freeAddresses: 9, ipv6: false, mapsPublicIp: false, assignsIpv6: false };
    const subnet = (id: string, zoneId: string, onOutpost = false) => ({ ...facts, id, zone: zoneId, zoneId, onOutpost });
    const zones = [
      { name: "a", id: "a", type: "availability-zone" },
      { name: "lax", id: "lax", type: "local-zone" },
      { name: "wl", id: "wl", type: "wavelength-zone" },
    ];
    const judge = (other: ReturnType<typeof subnet>) => () =>
      checkClusterSubnets([subnet("subnet-a", "a"), other], "c", { ipv6: false, excludedZoneIds: [], zones });
    assert.throws(judge(subnet("subnet-l", "lax")), /subnet-l is in a local-zone/);
    assert.throws(judge(subnet("subnet-w", "wl")), /subnet-w is in a wavelength-zone/);
    assert.throws(judge(subnet("subnet-o", "b", true)), /subnet-o is on an Outpost/);
  });

  test("an excluded zone names the zones to choose from", async () => {
    const there = clientsIn(stage, "us-east-1");
    const { subnets, vpcId } = await layGround(there.ec2, "us-east-1");
    const { Subnets = [] } = await there.ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] }));
    const zoneIds = new Set(Subnets.map(({ AvailabilityZoneId }) => AvailabilityZoneId));
    assert.ok(!zoneIds.has("use1-az3"));
    const third = { VpcId: vpcId, CidrBlock: "10.0.9.0/24", AvailabilityZoneId: "use1-az3" };
    const { Subnet } = await there.ec2.send(new CreateSubnetCommand(third));
    const request = stage.request("excluded", { resourcesVpcConfig: { subnetIds: [subnets[0]!, Subnet!.SubnetId!] } });
    const error = await refused(
      there.eks.send(new CreateClusterCommand(request)),
      "UnsupportedAvailabilityZoneException",
      `Cannot create cluster 'excluded' because ${Subnet!.AvailabilityZone}, the targeted availability zone, does not currently have sufficient capacity to support the cluster. Retry and choose from these availability zones: us-east-1a, us-east-1b, us-east-1d, us-east-1e, us-east-1f`,
    );
    assert.deepEqual(error.validZones, ["us-east-1a", "us-east-1b", "us-east-1d", "us-east-1e", "us-east-1f"]);
    assert.equal(error.clusterName, "excluded");
  });

  test("groups of another VPC, and more than four", async () => {
    const group = async (VpcId: string, GroupName: string) =>
      (await stage.ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName, Description: GroupName }))).GroupId!;
    const { Vpc } = await stage.ec2.send(new CreateVpcCommand({ CidrBlock: "10.8.0.0/16" }));
    const foreign = await group(Vpc!.VpcId!, "foreign");
    await refused(
      withVpc({ securityGroupIds: [foreign] }),
      "InvalidParameterException",
      `Security group(s) [${foreign}] are not in the same VPC as the subnets. Please specify a security group that is associated with the VPC: ${stage.ground.vpcId}.`,
    );
    const nobodys = "sg-0123456789abcdef0";
    await refused(withVpc({ securityGroupIds: [nobodys] }), "InvalidParameterException", new RegExp(`'${nobodys}' does not exist`));
    const own: string[] = [];
    for (let i = 0; i < 5; i++) own.push(await group(stage.ground.vpcId, `own-${i}`));
    await refused(withVpc({ securityGroupIds: own }), "InvalidParameterException", /must not exceed 4/);
    assert.deepEqual(
      (await stage.create("grouped", { resourcesVpcConfig: { securityGroupIds: own.slice(0, 4) } })).resourcesVpcConfig?.securityGroupIds,
      own.slice(0, 4),
    );
  });

  test("ids given twice count once", async () => {
    const [a, b] = stage.ground.subnets;
    const cluster = await stage.create("twice", { resourcesVpcConfig: { subnetIds: [a!, b!, a!] } });
    assert.deepEqual(cluster.resourcesVpcConfig?.subnetIds, [a, b]);
  });

  test("a cluster of IP family ipv6 needs IPv6 blocks in its subnets", async () => {
    const [a, b] = stage.ground.subnets;
    const kubernetesNetworkConfig = { ipFamily: "ipv6" as const };
    await refused(
      create("six", { kubernetesNetworkConfig }),
      "InvalidParameterException",
      `Subnet ${a} must have an IPv6 CIDR block for a cluster of IP family ipv6`,
    );
    await stage.ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: stage.ground.vpcId, AmazonProvidedIpv6CidrBlock: true }));
    const { Vpcs } = await stage.ec2.send(new DescribeVpcsCommand({ VpcIds: [stage.ground.vpcId] }));
    const block = Vpcs![0]!.Ipv6CidrBlockAssociationSet![0]!.Ipv6CidrBlock!;
    for (const [index, SubnetId] of [a!, b!].entries()) {
      const Ipv6CidrBlock = block.replace(/00::\/56$/, `0${index}::/64`);
      await stage.ec2.send(new AssociateSubnetCidrBlockCommand({ SubnetId, Ipv6CidrBlock }));
    }
    const cluster = await stage.create("six", { kubernetesNetworkConfig });
    assert.match(cluster.kubernetesNetworkConfig?.serviceIpv6Cidr ?? "", /^fd[0-9a-f:]+\/108$/);
    assert.deepEqual([cluster.kubernetesNetworkConfig?.ipFamily, cluster.kubernetesNetworkConfig?.serviceIpv4Cidr], ["ipv6", undefined]);
    const interfaces = await stage.interfaces("six");
    assert.ok(interfaces.every((each) => each.Ipv6Addresses?.length === 1 && each.PrivateIpAddress));
  });

  test("nothing refused has left a record", async () => {
    await refused(
      stage.eks.send(new DescribeClusterCommand({ name: "refused" })),
      "ResourceNotFoundException",
      "No cluster found for name: refused.",
    );
  });
});

describe("5 Service networks", () => {
  const service = (serviceIpv4Cidr: string, ipFamily?: "ipv6") =>
    create("refused", { kubernetesNetworkConfig: { serviceIpv4Cidr, ...(ipFamily && { ipFamily }) } });
  const rule = (cidr: string, vpc: string) =>
    `The serviceIpv4Cidr ${cidr} is not valid: it must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 with a prefix length between /12 and /24 and must not overlap with the CIDR blocks of ${vpc}`;

  for (const cidr of [
    "10.0.0.0/11",
    "172.20.0.0/25",
    "100.64.0.0/16",
    "8.8.0.0/16",
    "172.20.1.0/16",
    "172.20.0.0",
    "fd00::/108",
    "10.0.0.0/8/8",
  ]) {
    test(`${cidr} is refused`, async () => {
      await refused(service(cidr), "InvalidParameterException", rule(cidr, "the cluster's VPC"));
    });
  }

  test("what overlaps the VPC is refused, its secondary blocks included", async () => {
    const inVpc = `VPC ${stage.ground.vpcId}`;
    await refused(service("10.0.0.0/16"), "InvalidParameterException", rule("10.0.0.0/16", inVpc));
    await stage.ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: stage.ground.vpcId, CidrBlock: "10.77.0.0/16" }));
    await refused(service("10.77.0.0/20"), "InvalidParameterException", rule("10.77.0.0/20", inVpc));
    await refused(service("10.64.0.0/12"), "InvalidParameterException", rule("10.64.0.0/12", inVpc));
  });

  test("one given together with ipv6 is refused", async () => {
    await refused(service("172.20.0.0/16", "ipv6"), "InvalidParameterException", "serviceIpv4Cidr cannot be specified if ipFamily is ipv6");
  });

  test("/12 and /24 pass", async () => {
    for (const [name, serviceIpv4Cidr] of [
      ["wide", "172.16.0.0/12"],
      ["narrow", "192.168.44.0/24"],
    ] as const) {
      const { cluster } = await create(name, { kubernetesNetworkConfig: { serviceIpv4Cidr } });
      assert.equal(cluster?.kubernetesNetworkConfig?.serviceIpv4Cidr, serviceIpv4Cidr);
    }
  });

  test("by default 172.20.0.0/16 beside a 10.x VPC, 10.100.0.0/16 beside another; cluster DNS is its tenth address", async () => {
    for (const [cidr, expected, dns] of [
      [undefined, "172.20.0.0/16", "172.20.0.10"],
      ["192.168", "10.100.0.0/16", "10.100.0.10"],
      ["172.20", "10.100.0.0/16", "10.100.0.10"],
    ] as const) {
      const ground = cidr ? await layGround(stage.ec2, REGION, cidr) : stage.ground;
      const name = `default-${cidr?.replace(".", "-") ?? "10"}`;
      const cluster = await stage.create(name, { resourcesVpcConfig: { subnetIds: ground.subnets.slice(0, 2) } });
      assert.equal(cluster.kubernetesNetworkConfig?.serviceIpv4Cidr, expected, name);
      const kube = stage.test.atoll.clusters.kube(`111122223333/${REGION}/${name}`)!;
      assert.equal(kube.get("services", "kube-system", "kube-dns")?.spec.clusterIP, dns);
      assert.equal(kube.get("services", "default", "kubernetes")?.spec.clusterIP, dns.replace(/\.10$/, ".1"));
    }
  });

  test("where the preferred default is taken the other one serves, and where both are the request must choose", async () => {
    const ground = await layGround(stage.ec2, REGION, "10.100");
    const resourcesVpcConfig = { subnetIds: ground.subnets.slice(0, 2) };
    const remoteNetworkConfig = { remoteNodeNetworks: [{ cidrs: ["172.20.0.0/16"] }] };
    const other = (await create("other", { remoteNetworkConfig })).cluster!;
    assert.equal(other.kubernetesNetworkConfig?.serviceIpv4Cidr, "10.100.0.0/16");
    const both = create("refused", { resourcesVpcConfig, remoteNetworkConfig });
    await refused(both, "InvalidParameterException", rule("172.20.0.0/16", `VPC ${ground.vpcId}`));
  });
});

describe("18 Hybrid networks", () => {
  const hybrid = (remoteNetworkConfig: RemoteNetworkConfigRequest, more: Partial<CreateClusterRequest> = {}) =>
    create("hybrid-refused", { remoteNetworkConfig, ...more });
  const nodes = (...cidrs: string[]): RemoteNetworkConfigRequest => ({ remoteNodeNetworks: [{ cidrs }] });
  const refuse = (call: Promise<unknown>, reason: RegExp | string) =>
    refused(call, "InvalidParameterException", typeof reason === "string" ? `The remoteNetworkConfig is not valid: ${reason}` : reason);

  test("blocks keep away from VPC, service network and each other", async () => {
    await refuse(hybrid(nodes("10.0.4.0/24")), "10.0.4.0/24 overlaps with 10.0.0.0/16");
    await refuse(
      hybrid(nodes("172.20.4.0/24"), { kubernetesNetworkConfig: { serviceIpv4Cidr: "172.20.0.0/16" } }),
      /^The (serviceIpv4Cidr|remoteNetworkConfig)/,
    );
    await refuse(
      hybrid({ ...nodes("192.168.0.0/16"), remotePodNetworks: [{ cidrs: ["192.168.4.0/24"] }] }),
      "192.168.4.0/24 overlaps with 192.168.0.0/16",
    );
  });

  test("fifteen blocks, not sixteen; private ones only", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `192.168.${i}.0/24`);
    await refuse(hybrid(nodes(...many(16))), "at most 15 CIDR blocks are allowed");
    await refuse(hybrid({ ...nodes("172.16.0.0/24"), remotePodNetworks: [{ cidrs: many(16) }] }), "at most 15 CIDR blocks are allowed");
    await refuse(hybrid(nodes("100.64.0.0/16")), /is not a block within/);
    await refuse(hybrid(nodes("8.8.8.0/24")), /is not a block within/);
    await refuse(hybrid({ remotePodNetworks: [{ cidrs: ["192.168.0.0/24"] }] }), "remotePodNetworks need remoteNodeNetworks");
    const cluster = await stage.create("fifteen", { remoteNetworkConfig: nodes(...many(15)) });
    assert.equal(cluster.remoteNetworkConfig?.remoteNodeNetworks?.[0]?.cidrs?.length, 15);
  });

  test("neither CONFIG_MAP nor ipv6", async () => {
    await refuse(
      hybrid(nodes("192.168.0.0/24"), { accessConfig: { authenticationMode: "CONFIG_MAP" } }),
      "the authentication mode must be API or API_AND_CONFIG_MAP",
    );
    await refuse(
      hybrid(nodes("192.168.0.0/24"), { kubernetesNetworkConfig: { ipFamily: "ipv6" } }),
      "hybrid nodes need a cluster of IP family ipv4",
    );
  });

  test("an update replaces everything, and empty lists remove it", async () => {
    await stage.create("hybrid", { remoteNetworkConfig: nodes("192.168.0.0/24") });
    const update = async (remoteNetworkConfig: RemoteNetworkConfigRequest) => {
      const { update } = await stage.eks.send(new UpdateClusterConfigCommand({ name: "hybrid", remoteNetworkConfig }));
      assert.equal(update?.type, "RemoteNetworkConfigUpdate");
      await stage.succeeded("hybrid", update);
      return (await stage.active("hybrid")).remoteNetworkConfig;
    };
    const both = { ...nodes("192.168.1.0/24"), remotePodNetworks: [{ cidrs: ["192.168.128.0/17"] }] };
    assert.deepEqual(await update(both), both);
    const removed = await update({ remoteNodeNetworks: [], remotePodNetworks: [] });
    assert.deepEqual([removed?.remoteNodeNetworks, removed?.remotePodNetworks], [undefined, undefined]);
    await refused(
      update({ remoteNodeNetworks: [], remotePodNetworks: [] }),
      "InvalidParameterException",
      /^Cluster is already at the desired configuration/,
    );
  });
});
