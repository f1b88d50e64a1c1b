// Groups of customers' own: made, changed, deleted (Amazon EC2 Auto Scaling API Reference). A controller brings their instances about.
import type {
  AvailabilityZoneDistribution,
  AvailabilityZoneImpairmentPolicy,
  CapacityReservationSpecification,
  CreateAutoScalingGroupType,
  InstanceMaintenancePolicy,
  UpdateAutoScalingGroupType,
} from "@aws-sdk/client-auto-scaling";
import { AwsError } from "../../aws/errors.ts";
import { uuid } from "../../aws/ids.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { membersOf } from "./describe.ts";
import { alreadyExists, inProgress, inUse, invalid, unsupported } from "./errors.ts";
import { allGroups, groupArn, onGroup, requireGroup, requireOwn } from "./find.ts";
import { launchSettings } from "./launch-settings.ts";
import { type GroupRecord, groupKey } from "./records.ts";
import { AUTO_SCALING, asAutoScaling } from "./service-role.ts";
import { newSizes, resize } from "./sizes.ts";
import { checkCount, withTag } from "./tags.ts";

/** Members that are acted upon; whatever else a request has is refused by name. */
const CREATE = new Set([
  ...["AutoScalingGroupName", "LaunchTemplate", "MixedInstancesPolicy", "MinSize", "MaxSize", "DesiredCapacity", "DefaultCooldown"],
  ...["AvailabilityZones", "HealthCheckType", "HealthCheckGracePeriod", "VPCZoneIdentifier", "TerminationPolicies"],
  ...["NewInstancesProtectedFromScaleIn", "CapacityRebalance", "Tags", "ServiceLinkedRoleARN", "MaxInstanceLifetime", "Context"],
  "DefaultInstanceWarmup",
]);

const POLICIES = [
  ...["Default", "OldestInstance", "NewestInstance", "OldestLaunchTemplate", "OldestLaunchConfiguration"],
  ...["ClosestToNextInstanceHour", "AllocationStrategy"],
];

type Input = Partial<CreateAutoScalingGroupType & UpdateAutoScalingGroupType>;

export const ownGroups = {
  CreateAutoScalingGroup: {
    resource: ({ AutoScalingGroupName: name = "" }, call) => groupArn(call, { uuid: "*", name }),
    conditions: ({ Tags = [] }) => ({
      "aws:TagKeys": Tags.map(({ Key = "" }) => Key),
      ...Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    }),
    requires: (_, call, { directory }) =>
      directory.roleByName(call.account, "AWSServiceRoleForAutoScaling")
        ? []
        : [
            {
              action: "iam:CreateServiceLinkedRole",
              resources: [`arn:${call.partition}:iam::${call.account}:role/aws-service-role/${AUTO_SCALING}/AWSServiceRoleForAutoScaling`],
              conditions: { "iam:AWSServiceName": AUTO_SCALING },
            },
          ],
    async run(input, call, deps) {
      const { AutoScalingGroupName: name = "", MinSize: minSize = 0, MaxSize: maxSize = 0, DesiredCapacity } = input;
      refuseStrangers(input, "CreateAutoScalingGroup");
      if (/[:\r\n\t]/.test(name) || name.trim() === "") throw invalid(`${name} is not a valid Auto Scaling group name.`);
      const free = () => {
        if (allGroups(call, deps).some((each) => each.name === name)) throw alreadyExists();
      };
      free();
      const sizes = newSizes({ minSize, maxSize, desiredCapacity: minSize }, { DesiredCapacity });
      const tags = checkCount((input.Tags ?? []).reduce(withTag, { tags: {} }));
      const subnets = await findSubnets(input, call, deps);
      const launch = await launchSettings(input, subnets.subnetIds[0]!, call, deps);
      if (!launch)
        throw invalid(
          "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
        );
      free();
      const { template, mixed } = launch;
      const role = deps.directory.ensureServiceLinkedRole(call.account, AUTO_SCALING);
      const key = groupKey(call, name);
      const record: GroupRecord = {
        ...{ name, uuid: uuid(deps.random), createdAt: call.now, ...sizes, ...subnets, template },
        ...(mixed && { mixed }),
        ...{ terminationPolicies: ["Default"], protectNew: false, capacityRebalance: false, cooldown: 300 },
        ...{ healthCheckType: "EC2", healthCheckGracePeriod: 0, suspended: [], serviceLinkedRoleArn: role.arn },
        ...{ standby: [], protected: [], unhealthy: [], leaving: [], known: [], refreshes: [] },
        ...settings(input, role.arn),
      };
      deps.state.store.transact(() => {
        deps.state.groups.put(key, record);
        deps.state.tags.put(key, tags);
      });
      return {};
    },
  },

  UpdateAutoScalingGroup: {
    ...onGroup,
    async run(input, call, deps) {
      const { AutoScalingGroupName, MinSize, MaxSize, DesiredCapacity, ...other } = input;
      const group = requireGroup(AutoScalingGroupName, call, deps);
      const sizes = { MinSize, MaxSize, DesiredCapacity };
      const [first] = Object.entries(other).flatMap(([member, value]) => (value === undefined ? [] : [member]));
      if (!group.own) {
        if (first !== undefined) throw unsupported(`${first} of UpdateAutoScalingGroup: EKS manages the group`);
        resize(group, sizes, call, deps);
        return {};
      }
      refuseStrangers(input, "UpdateAutoScalingGroup");
      const moved = input.VPCZoneIdentifier !== undefined || input.AvailabilityZones !== undefined;
      const subnets = moved ? await findSubnets(input, call, deps) : {};
      const launch = await launchSettings(input, group.subnetIds[0]!, call, deps);
      const { mixed: _, ...present } = requireOwn(AutoScalingGroupName, "UpdateAutoScalingGroup", call, deps);
      const mixed = launch ? launch.mixed : group.own.mixed;
      deps.state.groups.put(groupKey(call, group.name), {
        ...present,
        ...subnets,
        ...newSizes(present, sizes),
        ...settings(input, present.serviceLinkedRoleArn),
        ...(launch && { template: launch.template }),
        ...(mixed && { mixed }),
      });
      return {};
    },
  },

  DeleteAutoScalingGroup: {
    ...onGroup,
    async run({ AutoScalingGroupName, ForceDelete = false }, call, deps) {
      const own = requireOwn(AutoScalingGroupName, "DeleteAutoScalingGroup", call, deps);
      const members = (await membersOf([requireGroup(own.name, call, deps)], call, deps)).get(own.name) ?? [];
      const current = requireOwn(AutoScalingGroupName, "DeleteAutoScalingGroup", call, deps);
      if (!ForceDelete && members.some(({ LifecycleState }) => LifecycleState === "Terminating")) throw inProgress(own.name);
      if (!ForceDelete && (members.length > 0 || current.desiredCapacity > 0)) throw inUse();
      const key = groupKey(call, own.name);
      deps.state.groups.put(key, { ...current, deleting: true, minSize: 0, desiredCapacity: 0 });
      return {};
    },
  },
} satisfies Operations<Sdk["autoscaling"], AutoScalingDeps>;

/** What clients send of members that are not acted upon to say that all stays as it is. */
const HARMLESS: Readonly<Record<string, (value: never) => boolean>> = {
  AvailabilityZoneDistribution: (value: AvailabilityZoneDistribution) => value.CapacityDistributionStrategy !== "balanced-only",
  AvailabilityZoneImpairmentPolicy: (value: AvailabilityZoneImpairmentPolicy) => !value.ZonalShiftEnabled,
  CapacityReservationSpecification: (value: CapacityReservationSpecification) => value.CapacityReservationPreference === "default",
  InstanceMaintenancePolicy: (value: InstanceMaintenancePolicy) => value.MaxHealthyPercentage === -1,
  DeletionProtection: (value: string) => value === "none",
};

function refuseStrangers(input: Input, operation: string): void {
  for (const [member, value] of Object.entries(input)) {
    if (value === undefined || CREATE.has(member) || (Array.isArray(value) && value.length === 0)) continue;
    if (HARMLESS[member]?.(value as never)) continue;
    throw unsupported(`${member} of ${operation}`);
  }
}

/** Members of the record that a request sets directly. Throws ValidationError. */
function settings(input: Input, roleArn: string): Partial<GroupRecord> {
  const { HealthCheckType: check, TerminationPolicies: policies, MaxInstanceLifetime: lifetime, DefaultInstanceWarmup: warmup } = input;
  if (check !== undefined && check !== "EC2") {
    if (check !== "ELB") throw invalid(`${check} is not a valid health check type.`);
    throw unsupported("health checks of type ELB");
  }
  for (const policy of policies ?? []) {
    if (policy.startsWith("arn:")) throw unsupported("termination policies of Lambda functions");
    if (!POLICIES.includes(policy)) throw invalid(`${policy} is not a valid termination policy.`);
  }
  if (input.ServiceLinkedRoleARN !== undefined && input.ServiceLinkedRoleARN !== roleArn)
    throw invalid(`The service-linked role ${input.ServiceLinkedRoleARN} is not one of Auto Scaling.`);
  if (lifetime) throw unsupported("MaxInstanceLifetime");
  return {
    ...(policies?.length && { terminationPolicies: policies }),
    ...(input.NewInstancesProtectedFromScaleIn !== undefined && { protectNew: input.NewInstancesProtectedFromScaleIn }),
    ...(input.CapacityRebalance !== undefined && { capacityRebalance: input.CapacityRebalance }),
    ...(input.DefaultCooldown !== undefined && { cooldown: input.DefaultCooldown }),
    ...(input.HealthCheckGracePeriod !== undefined && { healthCheckGracePeriod: input.HealthCheckGracePeriod }),
    ...(warmup !== undefined && warmup >= 0 && { warmup }),
    ...(input.Context !== undefined && { context: input.Context }),
  };
}

/** The subnets a request names, or the default ones of the zones it names, with their zones. Throws ValidationError. */
async function findSubnets({ VPCZoneIdentifier: list, AvailabilityZones: named = [] }: Input, call: Call, deps: AutoScalingDeps) {
  const ids = (list ?? "").split(",").flatMap((id) => id.trim() || []);
  if (ids.length === 0 && named.length === 0) throw invalid("At least one Availability Zone or VPC Subnet is required.");
  const query =
    ids.length > 0
      ? { SubnetIds: ids }
      : {
          Filters: [
            { Name: "default-for-az", Values: ["true"] },
            { Name: "availability-zone", Values: named },
          ],
        };
  const { Subnets = [] } = await deps.invoke("ec2", "DescribeSubnets", query, asAutoScaling(deps, call)).catch((error: unknown) => {
    if (!(error instanceof AwsError)) throw error;
    throw invalid(error.message);
  });
  const zones = [...new Set(Subnets.flatMap(({ AvailabilityZone }) => AvailabilityZone ?? []))].sort();
  const missing = named.find((zone) => !zones.includes(zone));
  if (missing !== undefined) throw invalid(`The availability zones of the specified subnets and the Auto Scaling group do not match`);
  return { subnetIds: ids.length > 0 ? ids : Subnets.map(({ SubnetId }) => SubnetId!), zones };
}
