// Access rules of the operations that make interfaces and instances: every resource they use is asked about apart.
import type { CreateNetworkInterfaceRequest, RunInstancesRequest } from "@aws-sdk/client-ec2";
import type { Call } from "../../aws/operation.ts";
import type { AccessRule, Demand } from "./demand.ts";
import type { Ec2Deps } from "./deps.ts";
import { existing, type GrantContext, grantContext, made, tagging } from "./grants.ts";
import { type LaunchSettings, settingsToAuthorize } from "./launch-settings.ts";

const createNetworkInterface = (input: CreateNetworkInterfaceRequest, call: Call, deps: Ec2Deps): readonly Demand[] => {
  const context = grantContext(call, deps);
  const { scope } = context;
  const subnet = input.SubnetId === undefined ? undefined : scope.get("subnet", input.SubnetId);
  const place = subnet
    ? { "ec2:Subnet": scope.arn("subnet", subnet.id), "ec2:Vpc": scope.arn("vpc", subnet.vpcId), "ec2:AvailabilityZone": subnet.zone }
    : {};
  return [
    made(context, "network-interface", input.TagSpecifications, place),
    existing(context, "subnet", input.SubnetId),
    ...(input.Groups ?? []).map((id) => existing(context, "security-group", id)),
    ...tagging(context, "CreateNetworkInterface", input.TagSpecifications),
  ];
};

/** iam:PassRole on the role of the instance profile. */
function passRole(context: GrantContext, deps: Ec2Deps, settings: LaunchSettings): { readonly arn?: string; readonly demands: Demand[] } {
  const { scope } = context;
  const { profile } = settings;
  if (!profile || (profile.arn === undefined && profile.name === undefined)) return { demands: [] };
  const arn = profile.arn ?? `arn:${scope.partition}:iam::${scope.account}:instance-profile/${profile.name}`;
  const role = deps.profiles?.instanceProfileRole(arn);
  const resource = role?.arn ?? `arn:${scope.partition}:iam::${scope.account}:role/*`;
  return { arn, demands: [{ action: "iam:PassRole", resource, conditions: { "iam:PassedToService": "ec2.amazonaws.com" } }] };
}

const runInstances = (input: RunInstancesRequest, call: Call, deps: Ec2Deps): readonly Demand[] => {
  const context = grantContext(call, deps);
  const { scope } = context;
  // A request that is not even well-formed is reported by the operation itself.
  const settings = settingsToAuthorize(scope, input);
  if (!settings) return [made(context, "instance", input.TagSpecifications)];
  const { subnet, tagSpecifications: wanted, groups, networkInterfaces } = settings;
  const { arn: profileArn, demands } = passRole(context, deps, settings);
  const place = { "ec2:AvailabilityZone": subnet.zone };
  const instance = {
    ...place,
    "ec2:InstanceType": settings.type.name,
    ...(profileArn === undefined ? {} : { "ec2:InstanceProfile": profileArn }),
  };
  const inside = { ...place, "ec2:Subnet": scope.arn("subnet", subnet.id), "ec2:Vpc": scope.arn("vpc", subnet.vpcId) };
  const allGroups = [...new Set([...groups, ...networkInterfaces.flatMap((each) => each.Groups ?? [])])];
  const allSubnets = [...new Set([subnet.id, ...networkInterfaces.flatMap((each) => each.SubnetId ?? [])])];
  const template =
    input.LaunchTemplate?.LaunchTemplateId ??
    scope.list("launch-template").find((each) => each.name === input.LaunchTemplate?.LaunchTemplateName)?.id;
  return [
    made(context, "instance", wanted, instance),
    { resource: `arn:${scope.partition}:ec2:${scope.region}::image/${settings.imageId}` },
    made(context, "volume", wanted, place),
    made(context, "network-interface", wanted, inside),
    ...allSubnets.map((id) => existing(context, "subnet", id)),
    ...allGroups.map((id) => existing(context, "security-group", id)),
    ...(template === undefined ? [] : [existing(context, "launch-template", template)]),
    ...demands,
    ...tagging(context, "RunInstances", wanted),
  ];
};

export const launchAccessRules: Readonly<Record<string, AccessRule>> = {
  CreateNetworkInterface: createNetworkInterface,
  RunInstances: runInstances,
};
