// A group as DescribeAutoScalingGroups shows it.
import type { AutoScalingGroup, Instance } from "@aws-sdk/client-auto-scaling";
import type { Call } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { type Group, groupArn } from "./find.ts";
import { AUTO_SCALING } from "./service-role.ts";
import { tagsOf } from "./tags-of.ts";

/** What EKS's groups have in place of what customers choose. */
const OF_EKS = {
  DefaultCooldown: 300,
  HealthCheckType: "EC2",
  HealthCheckGracePeriod: 15,
  TerminationPolicies: ["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"],
  NewInstancesProtectedFromScaleIn: false,
};

/** The API's shape of a group and its instances. */
export function groupView(group: Group, instances: readonly Instance[], call: Call, deps: AutoScalingDeps): AutoScalingGroup {
  const { own } = group;
  const role = `arn:${call.partition}:iam::${call.account}:role/aws-service-role/${AUTO_SCALING}/AWSServiceRoleForAutoScaling`;
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: groupArn(call, group),
    ...launchView(group),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desiredCapacity,
    AvailabilityZones: own ? [...own.zones] : [...new Set(instances.flatMap(({ AvailabilityZone }) => AvailabilityZone ?? []))].sort(),
    AvailabilityZoneDistribution: { CapacityDistributionStrategy: "balanced-best-effort" },
    LoadBalancerNames: [],
    TargetGroupARNs: [],
    TrafficSources: [],
    Instances: [...instances],
    CreatedTime: new Date(group.createdAt),
    SuspendedProcesses: (own?.suspended ?? []).map((ProcessName) => ({ ProcessName, SuspensionReason: "User suspended" })),
    VPCZoneIdentifier: group.subnetIds.join(","),
    EnabledMetrics: [],
    Tags: tagsOf(group, call, deps),
    ...(own
      ? {
          DefaultCooldown: own.cooldown,
          HealthCheckType: own.healthCheckType,
          HealthCheckGracePeriod: own.healthCheckGracePeriod,
          TerminationPolicies: [...own.terminationPolicies],
          NewInstancesProtectedFromScaleIn: own.protectNew,
          ...(own.maxInstanceLifetime !== undefined && { MaxInstanceLifetime: own.maxInstanceLifetime }),
          ...(own.warmup !== undefined && { DefaultInstanceWarmup: own.warmup }),
          ...(own.context !== undefined && { Context: own.context }),
        }
      : OF_EKS),
    ServiceLinkedRoleARN: own?.serviceLinkedRoleArn ?? role,
    CapacityRebalance: own?.capacityRebalance ?? group.spot,
    ...(group.deleting && { Status: "Delete in progress" }),
  };
}

function launchView({ launchTemplate, own, instanceTypes, spot }: Group): Partial<AutoScalingGroup> {
  if (!launchTemplate) return {};
  const { id: LaunchTemplateId, name: LaunchTemplateName, version: Version } = launchTemplate;
  const template = { LaunchTemplateId, LaunchTemplateName, Version };
  if (own && !own.mixed) return { LaunchTemplate: template };
  const { onDemandStrategy = "prioritized", onDemandBase = 0, onDemandPercentage = spot ? 0 : 100, spotStrategy } = own?.mixed ?? {};
  return {
    MixedInstancesPolicy: {
      LaunchTemplate: { LaunchTemplateSpecification: template, Overrides: instanceTypes.map((InstanceType) => ({ InstanceType })) },
      InstancesDistribution: {
        OnDemandAllocationStrategy: onDemandStrategy,
        OnDemandBaseCapacity: onDemandBase,
        OnDemandPercentageAboveBaseCapacity: onDemandPercentage,
        SpotAllocationStrategy: spotStrategy ?? "price-capacity-optimized",
        ...(spotStrategy === "lowest-price" && { SpotInstancePools: 2 }),
      },
    },
  };
}
