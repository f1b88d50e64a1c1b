// The instances of the groups, as EC2 has them.
import type { Instance, LifecycleState } from "@aws-sdk/client-auto-scaling";
import type { Instance as Ec2Instance } from "@aws-sdk/client-ec2";
import type { CallOptions, Invoke } from "../../aws/operation.ts";
import type { GroupRecord } from "./records.ts";

/** Nobody but a service can put the tag on an instance, so it says who the members are. */
export const GROUP_TAG = "aws:autoscaling:groupName";

/** Instances that exist still of groups, by group name and in order of their ids. */
export async function instancesOf(invoke: Invoke, names: readonly string[], options: CallOptions): Promise<Map<string, Ec2Instance[]>> {
  const members = new Map<string, Ec2Instance[]>(names.map((name) => [name, []]));
  if (names.length === 0) return members;
  const Filters = [
    { Name: `tag:${GROUP_TAG}`, Values: [...names] },
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped", "shutting-down"] },
  ];
  let NextToken: string | undefined;
  do {
    const output = await invoke("ec2", "DescribeInstances", { Filters, ...(NextToken !== undefined && { NextToken }) }, options);
    for (const instance of (output.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      members.get(tagOf(instance, GROUP_TAG) ?? "")?.push(instance);
    }
    NextToken = output.NextToken || undefined;
  } while (NextToken !== undefined);
  for (const instances of members.values()) instances.sort((a, b) => (a.InstanceId! < b.InstanceId! ? -1 : 1));
  return members;
}

export const tagOf = ({ Tags = [] }: Ec2Instance, name: string) => Tags.find(({ Key }) => Key === name)?.Value;

const STATES: Readonly<Record<string, LifecycleState>> = {
  pending: "Pending",
  running: "InService",
  stopping: "InService",
  stopped: "InService",
};

/** An instance as its group shows it. */
export function memberView(instance: Ec2Instance, own: GroupRecord | undefined): Instance {
  const { InstanceId: id = "", InstanceType, Placement, State } = instance;
  const template = tagOf(instance, "aws:ec2launchtemplate:id");
  const unhealthy = own?.unhealthy.includes(id) || State?.Name === "stopping" || State?.Name === "stopped";
  const state = STATES[State?.Name ?? ""] ?? "Terminating";
  return {
    InstanceId: id,
    InstanceType,
    AvailabilityZone: Placement?.AvailabilityZone,
    LifecycleState: own?.leaving.includes(id) ? "Terminating" : own?.standby.includes(id) && state === "InService" ? "Standby" : state,
    HealthStatus: unhealthy ? "Unhealthy" : "Healthy",
    ...(template !== undefined && {
      LaunchTemplate: {
        LaunchTemplateId: template,
        ...(own && { LaunchTemplateName: own.template.name }),
        Version: tagOf(instance, "aws:ec2launchtemplate:version"),
      },
    }),
    ProtectedFromScaleIn: own?.protected.includes(id) ?? false,
  };
}
