// Launching and terminating instances for a group of a customer's own, with the activities that tell of it.
import type { _InstanceType, Instance, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import { beginActivity, departureOf, endActivity } from "../../services/autoscaling/activities.ts";
import { at } from "../../services/autoscaling/causes.ts";
import { groupArn } from "../../services/autoscaling/find.ts";
import { GROUP_TAG } from "../../services/autoscaling/members.ts";
import { type AutoScalingState, type GroupRecord, propagatedTags } from "../../services/autoscaling/records.ts";
import { asAutoScaling } from "../../services/autoscaling/service-role.ts";
import type { ControllerDeps } from "../deps.ts";

/** What every step is given. */
export interface Ground {
  readonly deps: ControllerDeps;
  readonly state: AutoScalingState;
  /** `<account>/<region>/<group>`. */
  readonly key: string;
  readonly account: string;
  readonly region: string;
}

/** Options of the calls that are made for the group. */
export const asService = ({ deps, account, region }: Ground) => asAutoScaling(deps, { account, region });

const codeOf = (error: unknown) => (error instanceof AwsError ? error.code : undefined);
const SCARCE = /^Insufficient|^Unsupported$/;

/** Writes an activity of the group; `end` ends it. */
function begin(
  { deps, state, key, account, region }: Ground,
  group: GroupRecord,
  text: { description: string; cause: string },
  where: Place,
) {
  const now = deps.clock.now();
  const partition = group.serviceLinkedRoleArn.split(":")[1] ?? "aws";
  const arn = groupArn({ partition, account, region }, group);
  const { id } = beginActivity(state, key, { group: group.name, groupArn: arn, ...text, ...where }, { now, random: deps.random });
  return (failure?: string) => endActivity(state, key, id, deps.clock.now(), failure);
}

interface Place {
  readonly instanceId?: string | undefined;
  readonly subnetId?: string | undefined;
  readonly zone?: string | undefined;
}

/** Whether the next instance is to be a spot one, by the policy's distribution (Amazon EC2 Auto Scaling API Reference, InstancesDistribution). */
function wantsSpot({ mixed }: GroupRecord, present: readonly Instance[]): boolean {
  if (!mixed || mixed.onDemandPercentage === 100) return false;
  const onDemand = present.filter(({ InstanceLifecycle }) => InstanceLifecycle !== "spot").length;
  if (onDemand < mixed.onDemandBase) return false;
  const above = present.length + 1 - mixed.onDemandBase;
  return onDemand - mixed.onDemandBase >= Math.ceil((above * mixed.onDemandPercentage) / 100);
}

/** Subnets from the emptiest on. */
function byLoad(subnets: readonly string[], present: readonly Instance[]): string[] {
  const load = (subnet: string) => present.filter(({ SubnetId }) => SubnetId === subnet).length;
  return [...subnets].sort((a, b) => load(a) - load(b));
}

/**
 * Launches one instance where the group has the fewest: in another subnet or of another type if EC2 has no room. Undefined if EC2
 * refused; a failed activity says why.
 */
export async function launchMember(ground: Ground, group: GroupRecord, present: readonly Instance[]): Promise<Instance | undefined> {
  const { deps, state, key } = ground;
  const started = at(deps.clock.now());
  const request: RunInstancesRequest = {
    ...{ MinCount: 1, MaxCount: 1, LaunchTemplate: { LaunchTemplateId: group.template.id, Version: group.template.version } },
    TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: GROUP_TAG, Value: group.name }, ...propagatedTags(state, key)] }],
    ...(wantsSpot(group, present) && { InstanceMarketOptions: { MarketType: "spot" } }),
  };
  const cause = `${started} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${present.length} to ${present.length + 1}.`;
  const types = group.mixed?.types.length ? group.mixed.types : [undefined];
  let reason = "";
  for (const { SubnetId, type } of byLoad(group.subnetIds, present).flatMap((subnet) =>
    types.map((type) => ({ SubnetId: subnet, type })),
  )) {
    const input = { ...request, SubnetId, ...(type !== undefined && { InstanceType: type as _InstanceType }) };
    try {
      const { Instances } = await deps.invoke("ec2", "RunInstances", input, asService(ground));
      const instance = Instances![0]!;
      const where = { instanceId: instance.InstanceId, subnetId: SubnetId, zone: instance.Placement?.AvailabilityZone };
      begin(ground, group, { description: `Launching a new EC2 instance: ${instance.InstanceId}`, cause }, where)();
      return instance;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      reason = error.message;
      if (!SCARCE.test(error.code)) break;
    }
  }
  begin(ground, group, { description: "Launching a new EC2 instance", cause }, {})(`${reason}. Launching EC2 instance failed.`);
  return undefined;
}

/** Terminates a member, or one that is gone already: the activity under way is ended, or one is written with `why` as its cause. */
export async function terminateMember(ground: Ground, group: GroupRecord, instance: Instance, why: string): Promise<void> {
  const { deps, state, key } = ground;
  const id = instance.InstanceId!;
  const now = deps.clock.now();
  const known = departureOf(state, key, id);
  await deps.invoke("ec2", "TerminateInstances", { InstanceIds: [id] }, asService(ground)).catch((error: unknown) => {
    if (!codeOf(error)?.startsWith("InvalidInstanceID")) throw error;
  });
  if (known) endActivity(state, key, known.id, now);
  else tellOfDeparture(ground, group, id, why, { subnetId: instance.SubnetId, zone: instance.Placement?.AvailabilityZone });
}

/** Writes that an instance left the group. */
export function tellOfDeparture(ground: Ground, group: GroupRecord, instanceId: string, why: string, where: Place = {}): void {
  const cause = `${at(ground.deps.clock.now())} an instance was taken out of service in response to ${why}.`;
  begin(ground, group, { description: `Terminating EC2 instance: ${instanceId}`, cause }, { instanceId, ...where })();
}
