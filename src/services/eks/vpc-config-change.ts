// Moving a cluster's control-plane interfaces to other subnets or security groups (spec eks-control-plane §8.4).
import { type ChangeKind, noChange, sameList } from "./change-kind.ts";
import { distinct } from "./checks.ts";
import { invalidParameter } from "./errors.ts";
import { checkClusterSubnets, checkFreeAtUpdate, checkSecurityGroups, readSubnets, readZones } from "./network.ts";
import { asService } from "./service-roles.ts";
import { params } from "./updates.ts";

export const vpcConfigChange: ChangeKind = {
  type: "VpcConfigUpdate",
  asks: ({ resourcesVpcConfig: vpc }) => vpc?.subnetIds !== undefined || vpc?.securityGroupIds !== undefined,
  async check({ resourcesVpcConfig: vpc = {} }, cluster, call, deps) {
    const subject = { clusterName: cluster.name };
    const subnetIds = vpc.subnetIds ? distinct(vpc.subnetIds) : cluster.subnetIds;
    const securityGroupIds = vpc.securityGroupIds ? distinct(vpc.securityGroupIds) : cluster.securityGroupIds;
    if (
      sameList([...subnetIds].sort(), [...cluster.subnetIds].sort()) &&
      sameList([...securityGroupIds].sort(), [...cluster.securityGroupIds].sort())
    ) {
      throw noChange("the VPC configuration provided", cluster);
    }
    if (securityGroupIds.length > deps.limits.securityGroupsPerCluster) {
      throw invalidParameter(`The number of security groups must not exceed ${deps.limits.securityGroupsPerCluster}`, subject);
    }
    const service = asService(deps, call);
    const subnets = await readSubnets(deps, subnetIds, service, cluster.name);
    const zones = await readZones(deps, service);
    checkClusterSubnets(subnets, cluster.name, { ipv6: cluster.ipFamily === "ipv6", excludedZoneIds: deps.limits.excludedZoneIds, zones });
    const foreign = subnets.find((subnet) => subnet.vpcId !== cluster.vpcId);
    if (foreign) throw invalidParameter(`Provided subnets must belong to the cluster's VPC ${cluster.vpcId}`, subject);
    const covered = distinct(subnets.map((subnet) => subnet.zone)).sort();
    if (!sameList(covered, [...cluster.availabilityZones].sort())) {
      throw invalidParameter(
        `Provided subnets belong to the AZs '${covered.join(", ")}'. But they should belong to the exact set of AZs '${[...cluster.availabilityZones].sort().join(", ")}' in which subnets were provided during cluster creation`,
        subject,
      );
    }
    await checkSecurityGroups(deps, securityGroupIds, cluster.vpcId, service, cluster.name);
    checkFreeAtUpdate(subnets, cluster.name);
    const change = { ...(vpc.subnetIds ? { subnetIds } : {}), ...(vpc.securityGroupIds ? { securityGroupIds } : {}) };
    return { params: params({ Subnets: change.subnetIds, SecurityGroups: change.securityGroupIds }), change };
  },
};
