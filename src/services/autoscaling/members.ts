// The instances of the groups, as EC2 has them.

import type { Instance } from "@aws-sdk/client-auto-scaling";
import type { Instance as Ec2Instance } from "@aws-sdk/client-ec2";
import type { ServiceCaller } from "../../aws/caller.ts";
import type { Call } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";

const PRINCIPAL = "autoscaling.amazonaws.com";
const GROUP_TAG = "aws:autoscaling:groupName";

/** Nobody but a service can put the tag on an instance, so it says who the members are. */
export async function membersOf(names: readonly string[], call: Call, { invoke }: AutoScalingDeps): Promise<Map<string, Instance[]>> {
  const members = new Map<string, Instance[]>(names.map((name) => [name, []]));
  if (names.length === 0) return members;
  const { partition, account, region } = call;
  const caller: ServiceCaller = { kind: "service", service: PRINCIPAL, partition, accountId: account, arn: PRINCIPAL, userId: PRINCIPAL };
  const Filters = [
    { Name: `tag:${GROUP_TAG}`, Values: [...names] },
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "shutting-down"] },
  ];
  let NextToken: string | undefined;
  do {
    const input = { Filters, ...(NextToken !== undefined && { NextToken }) };
    const output = await invoke("ec2", "DescribeInstances", input, { caller, region, account });
    for (const instance of (output.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      const group = instance.Tags?.find(({ Key }) => Key === GROUP_TAG)?.Value;
      if (group !== undefined) members.get(group)?.push(view(instance));
    }
    NextToken = output.NextToken || undefined;
  } while (NextToken !== undefined);
  for (const instances of members.values()) instances.sort((a, b) => (a.InstanceId! < b.InstanceId! ? -1 : 1));
  return members;
}

const STATES: Readonly<Record<string, Instance["LifecycleState"]>> = { pending: "Pending", running: "InService" };

function view({ InstanceId, InstanceType, Placement, State, Tags = [] }: Ec2Instance): Instance {
  const tag = (name: string) => Tags.find(({ Key }) => Key === name)?.Value;
  const template = tag("aws:ec2launchtemplate:id");
  const version = tag("aws:ec2launchtemplate:version");
  return {
    InstanceId,
    InstanceType,
    AvailabilityZone: Placement?.AvailabilityZone,
    LifecycleState: STATES[State?.Name ?? ""] ?? "Terminating",
    HealthStatus: "Healthy",
    ...(template !== undefined && { LaunchTemplate: { LaunchTemplateId: template, Version: version } }),
    ProtectedFromScaleIn: false,
  };
}
