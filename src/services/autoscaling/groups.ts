// The groups behind managed node groups: described, and resized (Amazon EC2 Auto Scaling API Reference; spec eks-control-plane §3.4).
import type { AutoScalingGroup, Filter, Instance } from "@aws-sdk/client-auto-scaling";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { ScalingGroupFacts } from "../ports.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { inProgress, invalid, noGroup, unsupported } from "./errors.ts";
import { membersOf } from "./members.ts";
import { page } from "./paging.ts";
import { tagsOf } from "./tags-of.ts";

export const groupArn = ({ partition, region, account }: Call, { uuid, name }: ScalingGroupFacts) =>
  `arn:${partition}:autoscaling:${region}:${account}:autoScalingGroup:${uuid}:autoScalingGroupName/${name}`;

/** The group of that name. Throws ValidationError. */
export function requireGroup(name: string, call: Call, { groups }: AutoScalingDeps): ScalingGroupFacts {
  const group = groups.list(call.account, call.region).find((each) => each.name === name);
  if (!group) throw noGroup(name);
  return group;
}

/** ARN that IAM is asked about. */
export function groupResource(
  { AutoScalingGroupName = "" }: { AutoScalingGroupName?: string | undefined },
  call: Call,
  { groups }: AutoScalingDeps,
) {
  const group = groups.list(call.account, call.region).find(({ name }) => name === AutoScalingGroupName);
  return groupArn(call, group ?? ({ uuid: "*", name: AutoScalingGroupName } as ScalingGroupFacts));
}

/** Tags of the group a request names, for aws:ResourceTag and its like. */
export function groupConditions(
  { AutoScalingGroupName = "" }: { AutoScalingGroupName?: string | undefined },
  call: Call,
  deps: AutoScalingDeps,
): Record<string, string> {
  const group = deps.groups.list(call.account, call.region).find(({ name }) => name === AutoScalingGroupName);
  const tags = group ? tagsOf(group, call, deps) : [];
  return Object.fromEntries(
    tags.flatMap(({ Key, Value }) => [
      [`aws:ResourceTag/${Key}`, Value ?? ""],
      [`autoscaling:ResourceTag/${Key}`, Value ?? ""],
    ]),
  );
}

export const groups = {
  DescribeAutoScalingGroups: {
    async run(input, call, deps) {
      const { AutoScalingGroupNames = [], Filters = [], IncludeInstances = true } = input;
      const wanted = deps.groups
        .list(call.account, call.region)
        .filter(({ name }) => AutoScalingGroupNames.length === 0 || AutoScalingGroupNames.includes(name))
        .filter((group) => Filters.every((filter) => matches(filter, group, call, deps)));
      const { items, NextToken } = page(wanted, ({ name }) => name, input);
      const members = IncludeInstances
        ? await membersOf(
            items.map(({ name }) => name),
            call,
            deps,
          )
        : new Map<string, Instance[]>();
      return { AutoScalingGroups: items.map((group) => view(group, members.get(group.name) ?? [], call, deps)), NextToken };
    },
  },

  DescribeAutoScalingInstances: {
    async run(input, call, deps) {
      const names = deps.groups.list(call.account, call.region).map(({ name }) => name);
      const all = [...(await membersOf(names, call, deps))].flatMap(([AutoScalingGroupName, instances]) =>
        instances.map(({ HealthStatus, ...instance }) => ({
          ...instance,
          AutoScalingGroupName,
          HealthStatus: HealthStatus?.toUpperCase(),
        })),
      );
      const wanted = all.filter(({ InstanceId }) => !input.InstanceIds?.length || input.InstanceIds.includes(InstanceId!));
      const { items, NextToken } = page(wanted, ({ InstanceId }) => InstanceId!, input);
      return { AutoScalingInstances: items, NextToken };
    },
  },

  SetDesiredCapacity: {
    resource: groupResource,
    conditions: groupConditions,
    run({ AutoScalingGroupName = "", DesiredCapacity = 0 }, call, deps) {
      const group = requireGroup(AutoScalingGroupName, call, deps);
      resize(group, { DesiredCapacity }, call, deps);
      return {};
    },
  },

  UpdateAutoScalingGroup: {
    resource: groupResource,
    conditions: groupConditions,
    run({ AutoScalingGroupName = "", MinSize, MaxSize, DesiredCapacity, ...other }, call, deps) {
      const group = requireGroup(AutoScalingGroupName, call, deps);
      const [stranger] = Object.entries(other).flatMap(([member, value]) => (value === undefined ? [] : [member]));
      if (stranger !== undefined) throw unsupported(`${stranger} of UpdateAutoScalingGroup: EKS manages the group`);
      resize(group, { MinSize, MaxSize, DesiredCapacity }, call, deps);
      return {};
    },
  },

  /** Atoll keeps no history of activities. */
  DescribeScalingActivities: {
    run({ AutoScalingGroupName }, call, deps) {
      if (AutoScalingGroupName !== undefined) requireGroup(AutoScalingGroupName, call, deps);
      return { Activities: [] };
    },
  },
} satisfies Operations<Sdk["autoscaling"], AutoScalingDeps>;

interface Sizes {
  readonly MinSize?: number | undefined;
  readonly MaxSize?: number | undefined;
  readonly DesiredCapacity?: number | undefined;
}

function resize(group: ScalingGroupFacts, sizes: Sizes, call: Call, { groups }: AutoScalingDeps): void {
  const { MinSize: minSize = group.minSize, MaxSize: maxSize = group.maxSize } = sizes;
  if (minSize < 0 || maxSize < 0) throw invalid("Min and max size must not be negative.");
  if (minSize > maxSize) throw invalid(`Max bound, ${maxSize}, must be greater than or equal to min bound, ${minSize}`);
  const clamped = Math.min(Math.max(group.desiredCapacity, minSize), maxSize);
  const { DesiredCapacity: desiredCapacity = clamped } = sizes;
  if (desiredCapacity > maxSize)
    throw invalid(`New SetDesiredCapacity value ${desiredCapacity} is above max value ${maxSize} for the AutoScalingGroup.`);
  if (desiredCapacity < minSize)
    throw invalid(`New SetDesiredCapacity value ${desiredCapacity} is below min value ${minSize} for the AutoScalingGroup.`);
  if (!groups.resize(call.account, call.region, group.name, { minSize, maxSize, desiredCapacity })) throw inProgress(group.name);
}

function matches({ Name = "", Values = [] }: Filter, group: ScalingGroupFacts, call: Call, deps: AutoScalingDeps): boolean {
  const tags = tagsOf(group, call, deps);
  if (Name === "tag-key") return tags.some(({ Key }) => Values.includes(Key!));
  if (Name === "tag-value") return tags.some(({ Value }) => Values.includes(Value!));
  if (Name.startsWith("tag:")) return tags.some(({ Key, Value }) => Key === Name.slice(4) && Values.includes(Value!));
  throw invalid(`Filter type ${Name} is not correct. Allowed Filter types are: tag-key tag-value tag:<key>`);
}

function view(group: ScalingGroupFacts, instances: readonly Instance[], call: Call, deps: AutoScalingDeps): AutoScalingGroup {
  const { name, launchTemplate, instanceTypes, spot } = group;
  const template = launchTemplate && {
    LaunchTemplateId: launchTemplate.id,
    LaunchTemplateName: launchTemplate.name,
    Version: launchTemplate.version,
  };
  return {
    AutoScalingGroupName: name,
    AutoScalingGroupARN: groupArn(call, group),
    ...(template && {
      MixedInstancesPolicy: {
        LaunchTemplate: { LaunchTemplateSpecification: template, Overrides: instanceTypes.map((InstanceType) => ({ InstanceType })) },
        InstancesDistribution: {
          OnDemandAllocationStrategy: "prioritized",
          OnDemandBaseCapacity: 0,
          OnDemandPercentageAboveBaseCapacity: spot ? 0 : 100,
          SpotAllocationStrategy: "price-capacity-optimized",
        },
      },
    }),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desiredCapacity,
    DefaultCooldown: 300,
    AvailabilityZones: [...new Set(instances.flatMap(({ AvailabilityZone }) => AvailabilityZone ?? []))].sort(),
    HealthCheckType: "EC2",
    HealthCheckGracePeriod: 15,
    Instances: [...instances],
    CreatedTime: new Date(group.createdAt),
    SuspendedProcesses: [],
    VPCZoneIdentifier: group.subnetIds.join(","),
    EnabledMetrics: [],
    Tags: tagsOf(group, call, deps),
    TerminationPolicies: ["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"],
    NewInstancesProtectedFromScaleIn: false,
    ServiceLinkedRoleARN: `arn:${call.partition}:iam::${call.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    CapacityRebalance: spot,
    ...(group.deleting && { Status: "Delete in progress" }),
  };
}
