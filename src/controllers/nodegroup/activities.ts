// What a node group's Auto Scaling group says of its launches and terminations.
import type { Instance } from "@aws-sdk/client-ec2";
import { type Beginning, beginActivity, departureOf, endActivity, forgetActivities } from "../../services/autoscaling/activities.ts";
import { at } from "../../services/autoscaling/causes.ts";
import { groupArn } from "../../services/autoscaling/find.ts";
import { groupKey, propagatedTags } from "../../services/autoscaling/records.ts";
import type { ControllerDeps } from "../deps.ts";
import type { Group } from "./group.ts";

type Deps = Pick<ControllerDeps, "scaling" | "clock" | "random">;

function record(
  { scaling, clock, random }: Deps,
  { cluster, nodegroup }: Group,
  instance: Instance,
  text: Pick<Beginning, "description" | "cause">,
) {
  if (!scaling) return;
  const group = nodegroup.autoScalingGroupName;
  const key = groupKey(cluster, group);
  const where = { instanceId: instance.InstanceId, subnetId: instance.SubnetId, zone: instance.Placement?.AvailabilityZone };
  const beginning = { group, groupArn: groupArn(cluster, { uuid: nodegroup.uuid, name: group }), ...text, ...where };
  const { id } = beginActivity(scaling, key, beginning, { now: clock.now(), random });
  endActivity(scaling, key, id, clock.now());
}

/** Tells of a launch into a group of `count` instances. */
export function recordLaunch(deps: Deps, group: Group, instance: Instance, count: number): void {
  const cause = `${at(deps.clock.now())} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${count} to ${count + 1}.`;
  record(deps, group, instance, { description: `Launching a new EC2 instance: ${instance.InstanceId}`, cause });
}

/** Tells of a termination, or that the one that was asked for is done. */
export function recordTermination(deps: Deps, group: Group, instance: Instance): void {
  const key = groupKey(group.cluster, group.nodegroup.autoScalingGroupName);
  const known = deps.scaling && departureOf(deps.scaling, key, instance.InstanceId!);
  if (deps.scaling && known) {
    endActivity(deps.scaling, key, known.id, deps.clock.now());
    return;
  }
  const cause = `${at(deps.clock.now())} an instance was taken out of service in response to a difference between desired and actual capacity.`;
  record(deps, group, instance, { description: `Terminating EC2 instance: ${instance.InstanceId}`, cause });
}

/** Erases what Auto Scaling kept of the group: activities and the customer's tags. */
export function forgetScalingGroup({ scaling }: Deps, { cluster, nodegroup }: Group): void {
  if (!scaling) return;
  const key = groupKey(cluster, nodegroup.autoScalingGroupName);
  forgetActivities(scaling, key);
  scaling.tags.delete(key);
}

/** Tags that the customer has the group give to its instances. */
export const customersTags = ({ scaling }: Pick<ControllerDeps, "scaling">, { cluster, nodegroup }: Group) =>
  scaling ? propagatedTags(scaling, groupKey(cluster, nodegroup.autoScalingGroupName)) : [];
