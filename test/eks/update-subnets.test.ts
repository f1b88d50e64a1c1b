// Section N, the last case: which subnets a cluster may be moved to.
import assert from "node:assert/strict";
import { conformance } from "../cni/conformance.ts";
import { control } from "./runtimes.ts";
import { clusterRequest, createWorld, makeGround, makeSubnet, REGION, refusal, type World } from "./world.ts";

/** A /28 in zone a with so many free addresses. */
async function narrowSubnet(world: World, vpcId: string, cidr: string, free: number): Promise<string> {
  const id = await makeSubnet(world, vpcId, cidr, `${REGION}a`);
  await world.ec2("CreateNetworkInterface", { SubnetId: id, SecondaryPrivateIpAddressCount: 11 - 1 - free });
  const { Subnets } = await world.ec2("DescribeSubnets", { SubnetIds: [id] });
  assert.equal(Subnets![0]!.AvailableIpAddressCount, free);
  return id;
}

conformance("N", {
  "N15 subnets that do not do": async () => {
    const world = createWorld();
    const ground = await makeGround(world);
    const running = control(world);
    await world.eks("CreateCluster", clusterRequest(ground));
    await running.settle();
    const move = (subnetIds: string[]) => refusal(world.eks("UpdateClusterConfig", { name: "dev", resourcesVpcConfig: { subnetIds } }));
    const [a = "", b = ""] = ground.subnets;

    const missing = await move([a, ground.subnets[2]!]);
    assert.equal(missing.code, "InvalidParameterException");
    const { Vpc } = await world.ec2("CreateVpc", { CidrBlock: "10.9.0.0/16" });
    const foreign = await Promise.all(["a", "b"].map((zone, at) => makeSubnet(world, Vpc!.VpcId!, `10.9.${at}.0/24`, `${REGION}${zone}`)));
    assert.equal((await move(foreign)).code, "InvalidParameterException");
    // EKS's own words ask for five at an update and for six at the creation.
    const four = await narrowSubnet(world, ground.vpcId, "10.0.64.0/28", 4);
    assert.match((await move([four, b])).message, /Free IPs: 4 , need at least 5 IPs in each subnet to be free/);
    const five = await narrowSubnet(world, ground.vpcId, "10.0.65.0/28", 5);
    const created = world.eks("CreateCluster", { ...clusterRequest(ground, "other"), resourcesVpcConfig: { subnetIds: [five, b] } });
    assert.match((await refusal(created)).message, /Free IPs: 5 , need at least 6 IPs/);

    const { cluster } = await world.eks("DescribeCluster", { name: "dev" });
    assert.deepEqual([cluster?.status, cluster?.resourcesVpcConfig?.subnetIds], ["ACTIVE", [a, b]]);
    await running.close();
    world.close();
  },
});
