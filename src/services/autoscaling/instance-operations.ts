// Acting on single instances of groups (Amazon EC2 Auto Scaling API Reference).
import { AwsError } from "../../aws/errors.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { activityView, beginActivity, endActivity } from "./activities.ts";
import { at } from "./causes.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { membersOf } from "./describe.ts";
import { inProgress, invalid, noInstance, notMember, unsupported } from "./errors.ts";
import { allGroups, type Group, groupArn, groupConditions, groupResource, onGroup, requireGroup, requireOwn } from "./find.ts";
import { GROUP_TAG } from "./members.ts";
import { type GroupRecord, groupKey } from "./records.ts";
import { asAutoScaling } from "./service-role.ts";

const without = (list: readonly string[], ids: readonly string[]) => list.filter((id) => !ids.includes(id));
const withAll = (list: readonly string[], ids: readonly string[]) => [...without(list, ids), ...ids];

/** A capacity smaller by some. Throws ValidationError below the minimum. */
function less({ desiredCapacity, minSize }: Pick<Group, "desiredCapacity" | "minSize">, count: number): number {
  if (desiredCapacity - count >= minSize) return desiredCapacity - count;
  throw invalid(
    `Currently, desiredSize equals minSize (${minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrement flag to false or lower group's min size.`,
  );
}

/** The members a request names, of a group of the customer's own. Throws ValidationError. */
async function namedMembers(ids: readonly string[], own: GroupRecord, call: Call, deps: AutoScalingDeps) {
  const members = (await membersOf([requireGroup(own.name, call, deps)], call, deps)).get(own.name) ?? [];
  return ids.map((id) => {
    const found = members.find(({ InstanceId }) => InstanceId === id);
    if (!found) throw notMember(id, own.name);
    return found;
  });
}

function begin(call: Call, deps: AutoScalingDeps, group: Group, description: string, cause: string, instanceId: string) {
  const beginning = { group: group.name, groupArn: groupArn(call, group), description, cause: `${at(call.now)} ${cause}`, instanceId };
  return beginActivity(deps.state, groupKey(call, group.name), beginning, { now: call.now, random: deps.random });
}

/** The group of an instance, once IAM has allowed the action on it: whose the instance is, EC2 has to be asked. Throws ValidationError. */
async function authorizedGroup(action: string, id: string, call: Call, deps: AutoScalingDeps): Promise<Group> {
  const members = await membersOf(allGroups(call, deps), call, deps);
  const name = [...members].find(([, instances]) => instances.some(({ InstanceId }) => InstanceId === id))?.[0];
  if (name === undefined) {
    await call.authorize({ action, resources: ["*"] });
    throw noInstance(id);
  }
  const named = { AutoScalingGroupName: name };
  await call.authorize({ action, resources: [groupResource(named, call, deps)], conditions: groupConditions(named, call, deps) });
  return requireGroup(name, call, deps);
}

export const instanceOperations = {
  TerminateInstanceInAutoScalingGroup: {
    action: "none",
    async run({ InstanceId: id = "", ShouldDecrementDesiredCapacity: decrement = false }, call, deps) {
      const group = await authorizedGroup("autoscaling:TerminateInstanceInAutoScalingGroup", id, call, deps);
      const desiredCapacity = decrement ? less(group, 1) : group.desiredCapacity;
      if (group.own) {
        const leaving = withAll(group.own.leaving, [id]);
        deps.state.groups.put(groupKey(call, group.name), { ...group.own, desiredCapacity, leaving });
      } else if (!deps.groups.remove(call.account, call.region, group.name, id, desiredCapacity)) throw inProgress(group.name);
      const cause = `instance ${id} was taken out of service in response to a user request${decrement ? `, shrinking the capacity from ${group.desiredCapacity} to ${desiredCapacity}` : ""}.`;
      return { Activity: activityView(begin(call, deps, group, `Terminating EC2 instance: ${id}`, cause, id)) };
    },
  },

  SetInstanceHealth: {
    action: "none",
    async run({ InstanceId: id = "", HealthStatus = "" }, call, deps) {
      const { own } = await authorizedGroup("autoscaling:SetInstanceHealth", id, call, deps);
      if (!own) throw unsupported("SetInstanceHealth for a group that EKS manages");
      if (HealthStatus !== "Healthy" && HealthStatus !== "Unhealthy") throw invalid(`Invalid instance health status: ${HealthStatus}`);
      const unhealthy = (HealthStatus === "Unhealthy" ? withAll : without)(own.unhealthy, [id]);
      deps.state.groups.put(groupKey(call, own.name), { ...own, unhealthy });
      return {};
    },
  },

  AttachInstances: {
    ...onGroup,
    async run({ AutoScalingGroupName, InstanceIds = [] }, call, deps) {
      const own = requireOwn(AutoScalingGroupName, "AttachInstances", call, deps);
      if (InstanceIds.length === 0) throw invalid("At least one instance ID is required.");
      const options = asAutoScaling(deps, call);
      const { Reservations = [] } = await deps.invoke("ec2", "DescribeInstances", { InstanceIds }, options).catch((error: unknown) => {
        if (!(error instanceof AwsError)) throw error;
        throw invalid(`Invalid Instance ID(s): [${InstanceIds.join(", ")}]`);
      });
      for (const { InstanceId, State, Tags, Placement } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
        if (State?.Name !== "running")
          throw invalid(`The instance ${InstanceId} is not in correct state. Instance(s) must be in running state.`);
        const taken = Tags?.find(({ Key }) => Key === GROUP_TAG)?.Value;
        if (taken !== undefined) throw invalid(`Instance ${InstanceId} is already in Auto Scaling group ${taken}.`);
        if (!own.zones.includes(Placement?.AvailabilityZone ?? ""))
          throw invalid(`The Availability Zone of instance ${InstanceId} is not one of the group's.`);
      }
      const desiredCapacity = own.desiredCapacity + InstanceIds.length;
      if (desiredCapacity > own.maxSize) {
        throw invalid(
          `AutoScalingGroup '${own.name}' has min-size=${own.minSize}, max-size=${own.maxSize}, and desired-size=${own.desiredCapacity}. To attach ${InstanceIds.length} more instance, please update the AutoScalingGroup sizes appropriately.`,
        );
      }
      await deps.invoke("ec2", "CreateTags", { Resources: InstanceIds, Tags: [{ Key: GROUP_TAG, Value: own.name }] }, options);
      const current = requireOwn(AutoScalingGroupName, "AttachInstances", call, deps);
      deps.state.groups.put(groupKey(call, own.name), {
        ...current,
        desiredCapacity: Math.min(current.maxSize, current.desiredCapacity + InstanceIds.length),
        known: withAll(current.known, InstanceIds),
      });
      return {};
    },
  },

  DetachInstances: {
    ...onGroup,
    async run({ AutoScalingGroupName, InstanceIds = [], ShouldDecrementDesiredCapacity: decrement }, call, deps) {
      const own = requireOwn(AutoScalingGroupName, "DetachInstances", call, deps);
      await namedMembers(InstanceIds, own, call, deps);
      const current = requireOwn(AutoScalingGroupName, "DetachInstances", call, deps);
      const group = requireGroup(own.name, call, deps);
      deps.state.groups.put(groupKey(call, own.name), {
        ...current,
        desiredCapacity: decrement ? less(current, InstanceIds.length) : current.desiredCapacity,
        known: without(current.known, InstanceIds),
        standby: without(current.standby, InstanceIds),
        protected: without(current.protected, InstanceIds),
        detaching: withAll(current.detaching ?? [], InstanceIds),
      });
      const cause = (id: string) => `instance ${id} was detached in response to a user request.`;
      const activities = InstanceIds.map((id) => begin(call, deps, group, `Detaching EC2 instance: ${id}`, cause(id), id));
      for (const { id } of activities) endActivity(deps.state, groupKey(call, own.name), id, call.now);
      return { Activities: activities.map(activityView) };
    },
  },

  EnterStandby: {
    ...onGroup,
    async run({ AutoScalingGroupName, InstanceIds = [], ShouldDecrementDesiredCapacity: decrement }, call, deps) {
      const own = requireOwn(AutoScalingGroupName, "EnterStandby", call, deps);
      for (const { InstanceId, LifecycleState } of await namedMembers(InstanceIds, own, call, deps))
        if (LifecycleState !== "InService") throw invalid(`The instance ${InstanceId} is not in InService.`);
      const current = requireOwn(AutoScalingGroupName, "EnterStandby", call, deps);
      deps.state.groups.put(groupKey(call, own.name), {
        ...current,
        desiredCapacity: decrement ? less(current, InstanceIds.length) : current.desiredCapacity,
        standby: withAll(current.standby, InstanceIds),
      });
      return { Activities: [] };
    },
  },

  ExitStandby: {
    ...onGroup,
    async run({ AutoScalingGroupName, InstanceIds = [] }, call, deps) {
      const own = requireOwn(AutoScalingGroupName, "ExitStandby", call, deps);
      for (const { InstanceId, LifecycleState } of await namedMembers(InstanceIds, own, call, deps))
        if (LifecycleState !== "Standby") throw invalid(`The instance ${InstanceId} is not in Standby.`);
      const current = requireOwn(AutoScalingGroupName, "ExitStandby", call, deps);
      const desiredCapacity = current.desiredCapacity + InstanceIds.length;
      if (desiredCapacity > current.maxSize)
        throw invalid(`New desired capacity ${desiredCapacity} is above max value ${current.maxSize} for the AutoScalingGroup.`);
      deps.state.groups.put(groupKey(call, own.name), { ...current, desiredCapacity, standby: without(current.standby, InstanceIds) });
      return { Activities: [] };
    },
  },

  SetInstanceProtection: {
    ...onGroup,
    async run({ AutoScalingGroupName, InstanceIds = [], ProtectedFromScaleIn = false }, call, deps) {
      const own = requireOwn(AutoScalingGroupName, "SetInstanceProtection", call, deps);
      await namedMembers(InstanceIds, own, call, deps);
      const current = requireOwn(AutoScalingGroupName, "SetInstanceProtection", call, deps);
      const kept = (ProtectedFromScaleIn ? withAll : without)(current.protected, InstanceIds);
      deps.state.groups.put(groupKey(call, own.name), { ...current, protected: kept });
      return {};
    },
  },
} satisfies Operations<Sdk["autoscaling"], AutoScalingDeps>;
