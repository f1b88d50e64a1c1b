// The cluster security group: made once, its own rules and tags restored at every update (spec eks-control-plane §3.4, §8.6).
import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions, Invoke } from "../../aws/operation.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";

const DESCRIPTION =
  "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any managed workloads.";

interface Ec2 {
  readonly invoke: Invoke;
}

/** The group, by its name in the cluster's VPC. */
async function find({ invoke }: Ec2, cluster: ClusterRecord, service: CallOptions): Promise<SecurityGroup | undefined> {
  const filters = [
    { Name: "group-name", Values: [cluster.securityGroupName] },
    { Name: "vpc-id", Values: [cluster.vpcId] },
  ];
  const output = await invoke("ec2", "DescribeSecurityGroups", { Filters: filters }, service);
  return output.SecurityGroups?.[0];
}

const tagsOf = (cluster: ClusterRecord) => [
  { Key: "Name", Value: cluster.securityGroupName },
  { Key: `kubernetes.io/cluster/${cluster.name}`, Value: "owned" },
  { Key: "aws:eks:cluster-name", Value: cluster.name },
];

const mentions = (permissions: readonly IpPermission[] | undefined, groupId: string) =>
  (permissions ?? []).some(
    (permission) => permission.IpProtocol === "-1" && permission.UserIdGroupPairs?.some((pair) => pair.GroupId === groupId),
  );

const allIpv6 = (permissions: readonly IpPermission[] | undefined) =>
  (permissions ?? []).some((permission) => permission.Ipv6Ranges?.some((range) => range.CidrIpv6 === "::/0"));

/** Makes the group unless it is there; restores its tags and the rules to and from itself. Returns its id. */
export async function ensureSecurityGroup(ec2: Ec2, cluster: ClusterRecord, service: CallOptions): Promise<string> {
  const { invoke } = ec2;
  const found = await find(ec2, cluster, service);
  const tags = tagsOf(cluster);
  let groupId = found?.GroupId;
  if (!groupId) {
    const input = {
      GroupName: cluster.securityGroupName,
      Description: DESCRIPTION,
      VpcId: cluster.vpcId,
      TagSpecifications: [{ ResourceType: "security-group" as const, Tags: tags }],
    };
    groupId = (await invoke("ec2", "CreateSecurityGroup", input, service)).GroupId!;
  } else if (tags.some((tag) => found?.Tags?.find((other) => other.Key === tag.Key)?.Value !== tag.Value)) {
    await invoke("ec2", "CreateTags", { Resources: [groupId], Tags: tags }, service);
  }
  const self: IpPermission[] = [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: groupId }] }];
  if (!mentions(found?.IpPermissions, groupId)) {
    await invoke("ec2", "AuthorizeSecurityGroupIngress", { GroupId: groupId, IpPermissions: self }, service).catch(unlessDuplicate);
  }
  if (!mentions(found?.IpPermissionsEgress, groupId)) {
    await invoke("ec2", "AuthorizeSecurityGroupEgress", { GroupId: groupId, IpPermissions: self }, service).catch(unlessDuplicate);
  }
  // The way to the internet is opened only once: customers may close it for good. EC2 opens that of IPv4 itself.
  if (cluster.status === "CREATING" && cluster.ipFamily === "ipv6" && !allIpv6(found?.IpPermissionsEgress)) {
    const open: IpPermission[] = [{ IpProtocol: "-1", Ipv6Ranges: [{ CidrIpv6: "::/0" }] }];
    await invoke("ec2", "AuthorizeSecurityGroupEgress", { GroupId: groupId, IpPermissions: open }, service).catch(unlessDuplicate);
  }
  return groupId;
}

/** Deletes the group; one that something else still uses is left behind, as EKS does. */
export async function deleteSecurityGroup(ec2: Ec2, cluster: ClusterRecord, service: CallOptions): Promise<void> {
  const group = await find(ec2, cluster, service);
  if (!group?.GroupId) return;
  await ec2.invoke("ec2", "DeleteSecurityGroup", { GroupId: group.GroupId }, service).catch((error: unknown) => {
    if (!(error instanceof AwsError) || !/^DependencyViolation|^InvalidGroup/.test(error.code)) throw error;
  });
}

function unlessDuplicate(error: unknown): void {
  if (!(error instanceof AwsError) || error.code !== "InvalidPermission.Duplicate") throw error;
}
