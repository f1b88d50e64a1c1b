// The security group that lets the customer log in to nodes (spec eks-control-plane §3.4, §13.1).
import type { IpPermission } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import { isWindows } from "../../services/eks/ami-types.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import type { Group } from "./group.ts";

type Deps = Pick<ControllerDeps, "invoke" | "directory" | "sessions">;

const groupName = ({ nodegroup }: Group) => `eks-remoteAccess-${nodegroup.uuid}`;

async function find(deps: Deps, group: Group) {
  const filters = [
    { Name: "group-name", Values: [groupName(group)] },
    { Name: "vpc-id", Values: [group.cluster.vpcId] },
  ];
  const output = await deps.invoke("ec2", "DescribeSecurityGroups", { Filters: filters }, asService(deps, group.cluster, "nodegroup"));
  return output.SecurityGroups?.[0];
}

/** Makes the group if remote access is asked for. Without source groups its port is open to the world, as on EKS. Returns its id. */
export async function ensureRemoteAccess(deps: Deps, group: Group): Promise<string | undefined> {
  const { cluster, nodegroup } = group;
  if (!nodegroup.remoteAccess?.ec2SshKey) return undefined;
  const service = asService(deps, cluster, "nodegroup");
  const found = await find(deps, group);
  let groupId = found?.GroupId;
  if (!groupId) {
    const tags = [
      { Key: "eks", Value: groupName(group) },
      { Key: "eks:cluster-name", Value: cluster.name },
      { Key: "eks:nodegroup-name", Value: nodegroup.name },
    ];
    const input = {
      GroupName: groupName(group),
      Description: "Security group for all nodes in the nodeGroup to allow SSH access",
      VpcId: cluster.vpcId,
      TagSpecifications: [{ ResourceType: "security-group" as const, Tags: tags }],
    };
    groupId = (await deps.invoke("ec2", "CreateSecurityGroup", input, service)).GroupId!;
  }
  if (found?.IpPermissions?.length) return groupId;
  const port = isWindows(nodegroup.amiType) ? 3389 : 22;
  const sources = nodegroup.remoteAccess.sourceSecurityGroups ?? [];
  const permission: IpPermission = {
    IpProtocol: "tcp",
    FromPort: port,
    ToPort: port,
    ...(sources.length > 0 ? { UserIdGroupPairs: sources.map((id) => ({ GroupId: id })) } : { IpRanges: [{ CidrIp: "0.0.0.0/0" }] }),
  };
  const input = { GroupId: groupId, IpPermissions: [permission] };
  await deps.invoke("ec2", "AuthorizeSecurityGroupIngress", input, service).catch((error: unknown) => {
    if (!(error instanceof AwsError) || error.code !== "InvalidPermission.Duplicate") throw error;
  });
  return groupId;
}

export async function deleteRemoteAccess(deps: Deps, group: Group): Promise<void> {
  if (!group.nodegroup.remoteAccess?.ec2SshKey) return;
  const found = await find(deps, group);
  if (!found?.GroupId) return;
  const service = asService(deps, group.cluster, "nodegroup");
  await deps.invoke("ec2", "DeleteSecurityGroup", { GroupId: found.GroupId }, service).catch((error: unknown) => {
    if (!(error instanceof AwsError) || !/^DependencyViolation|^InvalidGroup/.test(error.code)) throw error;
  });
}
