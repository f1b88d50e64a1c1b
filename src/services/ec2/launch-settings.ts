// What RunInstances was asked for, once its launch template is merged in and everything is checked.
import type {
  InstanceNetworkInterfaceSpecification,
  RequestLaunchTemplateData,
  RunInstancesRequest,
  TagSpecification,
} from "@aws-sdk/client-ec2";
import { type InstanceType, instanceType } from "../../vpc/instance-types.ts";
import { ec2Error, invalidCombination, invalidValue, missingParameter } from "./errors.ts";
import { templateVersion } from "./launch-template-versions.ts";
import type { InstanceRecord, SubnetRecord } from "./records.ts";
import type { Scope } from "./scope.ts";

/** Settings shared by all instances of a launch. */
export interface LaunchSettings {
  readonly imageId: string;
  readonly type: InstanceType;
  readonly subnet: SubnetRecord;
  readonly groups: readonly string[];
  readonly networkInterfaces: readonly InstanceNetworkInterfaceSpecification[];
  readonly privateIp: string | undefined;
  readonly profile: { readonly arn?: string; readonly name?: string } | undefined;
  readonly tagSpecifications: readonly TagSpecification[];
  readonly data: Partial<RequestLaunchTemplateData>;
}

const mergeable = [
  "ImageId",
  "InstanceType",
  "KeyName",
  "UserData",
  "SecurityGroupIds",
  "SecurityGroups",
  "NetworkInterfaces",
  "IamInstanceProfile",
  "MetadataOptions",
  "Monitoring",
  "Placement",
  "BlockDeviceMappings",
  "DisableApiTermination",
  "InstanceInitiatedShutdownBehavior",
  "EbsOptimized",
  "InstanceMarketOptions",
] as const;

/** The request over its launch template: what the request says wins, member by member. */
function merge(scope: Scope, input: RunInstancesRequest): Partial<RequestLaunchTemplateData> {
  const template = input.LaunchTemplate ? templateVersion(scope, input.LaunchTemplate).data : {};
  const merged: Record<string, unknown> = { ...template };
  for (const member of mergeable) {
    const value = input[member];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) merged[member] = value;
  }
  return merged as Partial<RequestLaunchTemplateData>;
}

/** The subnet of a launch: the request's, its first interface's, or the default one of the zone. */
function subnetFor(scope: Scope, input: RunInstancesRequest, data: Partial<RequestLaunchTemplateData>): SubnetRecord {
  const primary = (data.NetworkInterfaces ?? []).find((each) => (each.DeviceIndex ?? 0) === 0);
  if (input.SubnetId && primary?.SubnetId && input.NetworkInterfaces?.length) {
    throw invalidCombination("Network interfaces and an instance-level subnet ID may not be specified on the same request");
  }
  if (primary?.NetworkInterfaceId) return scope.require("subnet", scope.require("network-interface", primary.NetworkInterfaceId).subnetId);
  const named = input.SubnetId ?? primary?.SubnetId;
  if (named) return scope.require("subnet", named);
  const zone = data.Placement?.AvailabilityZone;
  const subnet = scope.list("subnet").filter((each) => each.defaultForAz && (zone === undefined || each.zone === zone));
  const first = subnet.sort((a, b) => (a.zone < b.zone ? -1 : 1))[0];
  if (first) return first;
  throw zone === undefined
    ? ec2Error("VPCIdNotSpecified", "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.")
    : ec2Error("MissingInput", `No subnets found for the default VPC in availability zone ${zone}. Please specify a subnet.`);
}

/** Security groups by id and, in the subnet's VPC, by name. */
function groupsFor(scope: Scope, subnet: SubnetRecord, data: Partial<RequestLaunchTemplateData>): string[] {
  const named = (data.SecurityGroups ?? []).map((name) => {
    const group = scope.list("security-group").find((each) => each.vpcId === subnet.vpcId && each.name === name);
    if (!group) throw ec2Error("InvalidGroup.NotFound", `The security group '${name}' does not exist in VPC '${subnet.vpcId}'`);
    return group.id;
  });
  return [...(data.SecurityGroupIds ?? []), ...named];
}

type Decision = { readonly settings: LaunchSettings } | { readonly error: unknown };

const decisions = new WeakMap<object, Decision>();

/** What authorization must judge. {@link settingsToRun} then runs exactly this, whatever happens to the launch template meanwhile. */
export function settingsToAuthorize(scope: Scope, input: RunInstancesRequest): LaunchSettings | undefined {
  let decision: Decision;
  try {
    decision = { settings: launchSettings(scope, input) };
  } catch (error) {
    decision = { error };
  }
  decisions.set(input, decision);
  return "settings" in decision ? decision.settings : undefined;
}

/** The settings that were authorized, once; computed afresh for calls that did not pass authorization's rules. */
export function settingsToRun(scope: Scope, input: RunInstancesRequest): LaunchSettings {
  const decision = decisions.get(input);
  decisions.delete(input);
  if (!decision) return launchSettings(scope, input);
  if ("error" in decision) throw decision.error;
  return decision.settings;
}

/** Checks and merges a RunInstances request. */
function launchSettings(scope: Scope, input: RunInstancesRequest): LaunchSettings {
  if (input.MinCount === undefined) throw missingParameter("MinCount");
  if (input.MaxCount === undefined) throw missingParameter("MaxCount");
  if (input.MinCount < 1 || input.MaxCount < input.MinCount) {
    throw invalidValue(`Value (${input.MinCount}) for parameter MinCount is invalid. It must be at least 1 and not more than MaxCount.`);
  }
  const data = merge(scope, input);
  if (!data.ImageId) throw missingParameter("ImageId");
  if (!/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(data.ImageId)) {
    throw ec2Error("InvalidAMIID.Malformed", `Invalid id: "${data.ImageId}" (expecting "ami-...")`);
  }
  const typeName = data.InstanceType ?? "m1.small";
  const type = instanceType(typeName);
  if (!type) throw invalidValue(`Invalid value '${typeName}' for InstanceType.`);
  if (data.NetworkInterfaces?.length && (input.SecurityGroupIds?.length || input.SecurityGroups?.length)) {
    throw invalidCombination("Network interfaces and an instance-level security groups may not be specified on the same request");
  }
  if (data.UserData !== undefined && Buffer.byteLength(data.UserData, "base64") > 16_384) {
    throw invalidValue("User data is limited to 16384 bytes");
  }
  const subnet = subnetFor(scope, input, data);
  const profile = data.IamInstanceProfile;
  return {
    imageId: data.ImageId,
    type,
    subnet,
    groups: groupsFor(scope, subnet, data),
    networkInterfaces: (data.NetworkInterfaces ?? []) as InstanceNetworkInterfaceSpecification[],
    privateIp: input.PrivateIpAddress,
    profile: profile && { ...(profile.Arn ? { arn: profile.Arn } : {}), ...(profile.Name ? { name: profile.Name } : {}) },
    tagSpecifications: [...((data.TagSpecifications ?? []) as TagSpecification[]), ...(input.TagSpecifications ?? [])],
    data,
  };
}

/** Metadata service options of an instance, with today's defaults: IMDSv2 required is up to the image, so optional. */
export function metadataOptions(data: Partial<RequestLaunchTemplateData>): InstanceRecord["metadata"] {
  const options = data.MetadataOptions;
  const hopLimit = options?.HttpPutResponseHopLimit ?? 1;
  if (hopLimit < 1 || hopLimit > 64)
    throw invalidValue(`Value (${hopLimit}) for parameter httpPutResponseHopLimit is invalid. Valid values are 1 to 64.`);
  return {
    tokens: options?.HttpTokens ?? "optional",
    hopLimit,
    endpoint: options?.HttpEndpoint ?? "enabled",
    ipv6: options?.HttpProtocolIpv6 ?? "disabled",
    tags: options?.InstanceMetadataTags ?? "disabled",
  };
}
