// The EC2 instances of a node group: found by their tags and instance profile, launched and terminated like those of its Auto Scaling group.
import type { _InstanceType, Instance, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import { asAutoScaling } from "../../services/autoscaling/service-role.ts";
import { imageId } from "../../services/eks/ami-types.ts";
import { resolveTemplate } from "../../services/eks/launch-template.ts";
import type { NodegroupRecord, NodegroupSettings } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { customersTags } from "./activities.ts";
import type { Group } from "./group.ts";

type Deps = Pick<ControllerDeps, "invoke" | "directory" | "sessions" | "scaling">;

/** Name of the instance profile, and of the launch template EKS would show. */
export const ownedName = (nodegroup: NodegroupRecord) => `eks-${nodegroup.uuid}`;

const profileArn = ({ cluster, nodegroup }: Group) =>
  `arn:${cluster.partition}:iam::${cluster.account}:instance-profile/${ownedName(nodegroup)}`;

/** Live instances of the group, oldest first. Tags alone do not make an instance a member: anybody can write them. */
export async function listInstances(deps: Deps, group: Group): Promise<Instance[]> {
  const { cluster, nodegroup } = group;
  const filters = [
    { Name: "tag:eks:cluster-name", Values: [cluster.name] },
    { Name: "tag:eks:nodegroup-name", Values: [nodegroup.name] },
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
  ];
  const service = asService(deps, cluster, "nodegroup");
  const found: Instance[] = [];
  let token: string | undefined;
  do {
    const output = await deps.invoke("ec2", "DescribeInstances", { Filters: filters, ...(token ? { NextToken: token } : {}) }, service);
    for (const reservation of output.Reservations ?? []) found.push(...(reservation.Instances ?? []));
    token = output.NextToken || undefined;
  } while (token);
  return found
    .filter((instance) => instance.IamInstanceProfile?.Arn === profileArn(group))
    .sort((a, b) => launchTime(a) - launchTime(b) || (a.InstanceId! < b.InstanceId! ? -1 : 1));
}

const launchTime = (instance: Instance) => instance.LaunchTime?.getTime() ?? 0;

/** Image the group's settings call for. */
export const wantedImage = ({ cluster, nodegroup }: Group, settings: NodegroupSettings = nodegroup) =>
  nodegroup.amiType === "CUSTOM"
    ? settings.releaseVersion
    : imageId(cluster.region, nodegroup.amiType, settings.version, settings.releaseVersion);

const TEMPLATE_VERSION = "aws:ec2launchtemplate:version";

/** Whether an instance was launched from other settings than these. */
export function isOutdated(group: Group, instance: Instance, settings: NodegroupSettings): boolean {
  if (instance.ImageId !== wantedImage(group, settings)) return true;
  const template = instance.Tags?.find((tag) => tag.Key === TEMPLATE_VERSION)?.Value;
  return settings.launchTemplate !== undefined && template !== undefined && template !== settings.launchTemplate.version;
}

/** The subnet with the fewest of the group's instances; the first of equals. */
export function emptiestSubnet(subnets: readonly string[], instances: readonly { readonly SubnetId?: string | undefined }[]): string {
  const load = (subnet: string) => instances.filter((instance) => instance.SubnetId === subnet).length;
  return subnets.reduce((best, subnet) => (load(subnet) < load(best) ? subnet : best));
}

function tagsOf({ cluster, nodegroup }: Group, settings: NodegroupSettings) {
  return [
    { Key: "eks:cluster-name", Value: cluster.name },
    { Key: "eks:nodegroup-name", Value: nodegroup.name },
    { Key: `kubernetes.io/cluster/${cluster.name}`, Value: "owned" },
    { Key: "k8s.io/cluster-autoscaler/enabled", Value: "true" },
    { Key: `k8s.io/cluster-autoscaler/${cluster.name}`, Value: "owned" },
    { Key: "aws:autoscaling:groupName", Value: nodegroup.autoScalingGroupName },
    { Key: "aws:eks:cluster-name", Value: cluster.name },
    ...(settings.launchTemplate
      ? [
          { Key: "aws:ec2launchtemplate:id", Value: settings.launchTemplate.id! },
          { Key: TEMPLATE_VERSION, Value: settings.launchTemplate.version! },
        ]
      : []),
  ];
}

/**
 * Launches one instance. Its instance types are tried in order while EC2 has no capacity for one. Throws EC2's error; the instance,
 * its volumes and its interface carry the tags that an Auto Scaling group of EKS passes on.
 */
export async function launchInstance(deps: Deps, group: Group, subnetId: string, settings: NodegroupSettings): Promise<Instance> {
  const { cluster, nodegroup } = group;
  const service = asService(deps, cluster, "nodegroup");
  const tags = [...tagsOf(group, settings), ...customersTags(deps, group)];
  const template = settings.launchTemplate
    ? await resolveTemplate(deps, settings.launchTemplate, service, { clusterName: cluster.name, nodegroupName: nodegroup.name })
    : undefined;
  const ownGroups = template?.data.SecurityGroupIds?.length || template?.data.NetworkInterfaces?.length;
  const request: RunInstancesRequest = {
    MinCount: 1,
    MaxCount: 1,
    ...(nodegroup.amiType === "CUSTOM" ? {} : { ImageId: wantedImage(group, settings) }),
    SubnetId: subnetId,
    ...(ownGroups ? {} : { SecurityGroupIds: [cluster.clusterSecurityGroupId!, ...remoteAccess(nodegroup)] }),
    IamInstanceProfile: { Name: ownedName(nodegroup) },
    ...(nodegroup.remoteAccess?.ec2SshKey ? { KeyName: nodegroup.remoteAccess.ec2SshKey } : {}),
    ...(template ? { LaunchTemplate: { LaunchTemplateId: template.specification.id, Version: template.specification.version } } : {}),
    TagSpecifications: (["instance", "volume", "network-interface"] as const).map((type) => ({ ResourceType: type, Tags: tags })),
    ...(template ? {} : { MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 } }),
    ...(nodegroup.diskSize && !template
      ? { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: nodegroup.diskSize, DeleteOnTermination: true } }] }
      : {}),
  };
  const types = nodegroup.instanceTypes ?? [undefined];
  for (const [index, type] of types.entries()) {
    try {
      const output = await deps.invoke(
        "ec2",
        "RunInstances",
        { ...request, ...(type ? { InstanceType: type as _InstanceType } : {}) },
        service,
      );
      return output.Instances![0]!;
    } catch (error) {
      const scarce = error instanceof AwsError && error.code === "InsufficientInstanceCapacity";
      if (!scarce || index === types.length - 1) throw error;
    }
  }
  throw new Error("a node group has no instance type");
}

function remoteAccess(nodegroup: NodegroupRecord): string[] {
  return nodegroup.remoteAccessSecurityGroup ? [nodegroup.remoteAccessSecurityGroup] : [];
}

/** Terminates an instance; one that is gone already is fine. */
export async function terminateInstance(deps: Deps, { cluster }: Group, instanceId: string): Promise<void> {
  await deps.invoke("ec2", "TerminateInstances", { InstanceIds: [instanceId] }, asAutoScaling(deps, cluster)).catch((error: unknown) => {
    if (!(error instanceof AwsError) || !error.code.startsWith("InvalidInstanceID")) throw error;
  });
}
