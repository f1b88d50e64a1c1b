// The EC2 instances of a node group: found by their tags and instance profile, launched and terminated like those of its Auto Scaling group.
import type { _InstanceType, Instance, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import { asAutoScaling } from "../../services/autoscaling/service-role.ts";
import type { NodegroupSettings } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { customersTags } from "./activities.ts";
import type { Group } from "./group.ts";
import { wantedImage } from "./images.ts";
import { ensureTemplate, sourceOf } from "./launch-template.ts";
import { ownedName } from "./profile.ts";

type Deps = Pick<ControllerDeps, "invoke" | "directory" | "sessions">;
type LaunchDeps = Deps & Pick<ControllerDeps, "state" | "scaling">;

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

const TEMPLATE_VERSION = "aws:ec2launchtemplate:version";

/** Whether an instance was launched from another image or template of the customer's than these settings name. */
export function isOutdated(group: Group, instance: Instance, settings: NodegroupSettings): boolean {
  if (instance.ImageId !== wantedImage(group, settings)) return true;
  const version = instance.Tags?.find((tag) => tag.Key === TEMPLATE_VERSION)?.Value;
  const made = group.nodegroup.ownTemplate?.versions.find((each) => String(each.version) === version);
  return settings.launchTemplate !== undefined && made !== undefined && made.source !== sourceOf(settings);
}

/** The subnet with the fewest of the group's instances; the first of equals. */
export function emptiestSubnet(subnets: readonly string[], instances: readonly { readonly SubnetId?: string | undefined }[]): string {
  const load = (subnet: string) => instances.filter((instance) => instance.SubnetId === subnet).length;
  return subnets.reduce((best, subnet) => (load(subnet) < load(best) ? subnet : best));
}

function tagsOf({ cluster, nodegroup }: Group) {
  return [
    { Key: "eks:cluster-name", Value: cluster.name },
    { Key: "eks:nodegroup-name", Value: nodegroup.name },
    { Key: `kubernetes.io/cluster/${cluster.name}`, Value: "owned" },
    { Key: "k8s.io/cluster-autoscaler/enabled", Value: "true" },
    { Key: `k8s.io/cluster-autoscaler/${cluster.name}`, Value: "owned" },
    { Key: "aws:autoscaling:groupName", Value: nodegroup.autoScalingGroupName },
    { Key: "aws:eks:cluster-name", Value: cluster.name },
  ];
}

/**
 * Launches one instance from the group's launch template. Its instance types are tried in order while EC2 has no capacity for one.
 * Throws EC2's error; the instance, its volumes and its interface carry the tags that an Auto Scaling group of EKS passes on.
 */
export async function launchInstance(deps: LaunchDeps, group: Group, subnetId: string, settings: NodegroupSettings): Promise<Instance> {
  const { cluster, nodegroup } = group;
  const service = asService(deps, cluster, "nodegroup");
  const tags = [...tagsOf(group), ...customersTags(deps, group)];
  const template = await ensureTemplate(deps, group, settings);
  const request: RunInstancesRequest = {
    ...{ MinCount: 1, MaxCount: 1, SubnetId: subnetId },
    LaunchTemplate: { LaunchTemplateId: template.id, Version: template.version },
    TagSpecifications: (["instance", "volume", "network-interface"] as const).map((type) => ({ ResourceType: type, Tags: tags })),
  };
  const types = template.hasType ? [undefined] : (nodegroup.instanceTypes ?? [undefined]);
  for (const [index, type] of types.entries()) {
    const input = { ...request, ...(type ? { InstanceType: type as _InstanceType } : {}) };
    try {
      return (await deps.invoke("ec2", "RunInstances", input, service)).Instances![0]!;
    } catch (error) {
      const scarce = error instanceof AwsError && error.code === "InsufficientInstanceCapacity";
      if (!scarce || index === types.length - 1) throw error;
    }
  }
  throw new Error("a node group has no instance type");
}

/** Terminates an instance; one that is gone already is fine. */
export async function terminateInstance(deps: Deps, { cluster }: Group, instanceId: string): Promise<void> {
  await deps.invoke("ec2", "TerminateInstances", { InstanceIds: [instanceId] }, asAutoScaling(deps, cluster)).catch((error: unknown) => {
    if (!(error instanceof AwsError) || !error.code.startsWith("InvalidInstanceID")) throw error;
  });
}
